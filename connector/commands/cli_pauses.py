"""Pause and resume: a line, a tag, everything. Who says so, and why, is kept; and an end, so that nobody forgets it."""

import re
import time
from typing import Annotated

import typer

from connector.commands import pause_commands
from connector.commands.cli_frame import AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import fail, later_ms, moment, out, print_rows, tell
from connector.commands.cli_parked import check_operator
from connector.commands.pause_commands import Row
from connector.core.pauses import OfAll, OfLine, OfTag, Pause, Said, Scope, name_of

orders_cli = typer.Typer(help="What operators have ordered: cancellations and pauses.")
EFFECT = "within two seconds in every replica; what waits goes on expiring"
HOLDING = 7  # columns that tell of what holds; the others of who ended it
MOST_REASON = 200
NUMBER_DIGITS = 10  # so many in a row, whatever stands between them, may be a phone number

Tag = Annotated[str | None, typer.Option(help="all requests with this tag, NAME=VALUE")]
Everything = Annotated[bool, typer.Option("--all", help="everything: the kill switch")]
Reason = Annotated[str, typer.Option(help="why, for whoever looks at it tomorrow; no number, no text of a message")]
Operator = Annotated[str, typer.Option(help="who says it, kept in the control topic; a name, no number")]
Until = Annotated[
    str | None, typer.Option(help="when it ends by itself: ISO 8601 with its zone, or from now on: 90m, 4h, 2d")
]
Forever = Annotated[bool, typer.Option("--forever", help="instead: it has no end, somebody must resume")]


def pause(
    reason: Reason,
    tag: Tag = None,
    everything: Everything = False,
    until: Until = None,
    forever: Forever = False,
    operator: Operator = "operator",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Send nothing that has this tag, or nothing at all, until the pause ends. Nothing is dropped by it.

    What is granted already and not yet written is given back; what is written goes on.

    Example: kafka-sendblue pause --tag campaign=spring --reason "wrong price" --until 4h
    """
    _pause(config, as_json, _scope(tag, everything), _said(operator, reason), (until, forever))


def resume(
    reason: Reason,
    tag: Tag = None,
    everything: Everything = False,
    operator: Operator = "operator",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """End a pause: what waited goes on, within a minute if it went through a delay topic meanwhile.

    Example: kafka-sendblue resume --all --reason "the price is right again"
    """
    _resume(config, as_json, _scope(tag, everything), _said(operator, reason))


def pause_line(
    line: Annotated[str, typer.Argument(help="the line's alias")],
    reason: Reason,
    until: Until = None,
    forever: Forever = False,
    operator: Operator = "operator",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Send nothing from a line until the pause ends. Its contacts wait for it; nobody hears from another line.

    Example: kafka-sendblue lines pause line-2 --reason "number under review" --until 2026-03-01T12:00:00Z
    """
    _pause(config, as_json, OfLine(line), _said(operator, reason), (until, forever))


def resume_line(
    line: Annotated[str, typer.Argument(help="the line's alias")],
    reason: Reason,
    operator: Operator = "operator",
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """End the pause of a line.

    Example: kafka-sendblue lines resume line-2 --reason "review is over"
    """
    _resume(config, as_json, OfLine(line), _said(operator, reason))


@orders_cli.command("list")
def orders_list(
    ended: Annotated[bool, typer.Option("--ended", help="also what holds no more, for a month: the audit")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show what is cancelled and what is paused: since when, until when, by whom and why.

    Example: kafka-sendblue orders list --ended --json
    """
    rows = on_kafka(pause_commands.orders(settings_of(config), ended=ended))
    if not rows and not as_json:
        return out.print("nothing is ordered")
    columns = Row._fields if ended or as_json else Row._fields[:HOLDING]
    return print_rows(columns, [tuple(row)[: len(columns)] for row in rows], as_json)


def _pause(config: Config, as_json: bool, scope: Scope, said: Said, end: tuple[str | None, bool]) -> None:
    until_ms = end_of(*end, said.at_ms)
    on_kafka(pause_commands.pause(settings_of(config), Pause(scope, said, until_ms)))
    until = "somebody resumes" if until_ms is None else moment(until_ms)
    tell(f"{name_of(scope)} is paused until {until}, {EFFECT}", as_json, paused=name_of(scope), until=until_ms)


def _resume(config: Config, as_json: bool, scope: Scope, said: Said) -> None:
    was = on_kafka(pause_commands.resume(settings_of(config), scope, said)).paused
    sentence = f"{name_of(scope)} goes on; it was paused by {was.operator} at {moment(was.at_ms)}: {was.reason}"
    tell(sentence, as_json, resumed=name_of(scope))


def _scope(tag: str | None, everything: bool) -> Scope:
    if (tag is not None) == everything:
        fail("give --tag NAME=VALUE, or --all; a line is paused by `lines pause`", 2)
    if tag is None:
        return OfAll()
    name, found, value = tag.partition("=")
    if not (name and found):
        fail("--tag is NAME=VALUE", 2)
    return OfTag(name, value)


def _said(operator: str, reason: str) -> Said:
    check_operator(operator)
    if not 0 < len(words := reason.strip()) <= MOST_REASON or not words.isprintable():
        fail(f"--reason is one line of 1 to {MOST_REASON} characters", 2)
    if len(max(re.findall(r"\d+", re.sub(r"(?<=\d)[ ().-]+(?=\d)", "", words)), key=len, default="")) >= NUMBER_DIGITS:
        fail("--reason holds what may be a phone number; everybody who looks at the connector sees it", 2)
    return Said(operator, words, time.time_ns() // 1_000_000)


def end_of(until: str | None, forever: bool, now_ms: int) -> int | None:
    """When a pause ends, as the command line says it; ends with exit code 2 where it does not say one thing."""
    if (until is None) != forever:
        fail("say when it ends with --until, or --forever", 2)
    if until is None:
        return None
    until_ms = later_ms(until, "--until", now_ms)
    if until_ms <= now_ms:
        fail("--until is over already", 2)
    return until_ms
