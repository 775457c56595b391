"""The commands for what waits for a person."""

import sys
import time
from typing import Annotated

import typer

from connector.commands import parked_commands
from connector.commands.cli_frame import AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import fail, moment, out, print_rows, tell
from connector.commands.parked_commands import Said
from connector.core.resolving import OPERATOR, Word, bad_handle
from connector.core.waiting import Waiting

parked_cli = typer.Typer(help="Requests of which nobody can prove whether they went out.")
COLUMNS = ("request_id", "since", "age", "line", "attempt", "reason", "proved_unsent", "dropped_at", "note")
Yes = Annotated[bool, typer.Option("--yes", help="do not ask")]
Operator = Annotated[str, typer.Option(help="who says it, kept in the ledger; a name, no number")]
AcceptRisk = Annotated[
    bool, typer.Option("--accept-duplicate-risk", help="although somebody may be texted twice by it")
]


@parked_cli.command("list")
def parked_list(config: Config = None, as_json: AsJson = False) -> None:
    """Show what is parked, why, and when it is dropped if nobody says anything. No number, no text."""
    rows = on_kafka(parked_commands.parked(settings_of(config)))
    if not rows and not as_json:
        return out.print("nothing is parked")
    return print_rows(COLUMNS, [_row(row, time.time_ns() // 1_000_000) for row in rows], as_json)


@parked_cli.command("resolve")
def parked_resolve(
    wanted: Annotated[str, typer.Argument(help="the request's id, or the attempt", metavar="REQUEST_ID|ATTEMPT")],
    sent: Annotated[str | None, typer.Option(help="it went out: the message handle that proves it")] = None,
    not_sent: Annotated[bool, typer.Option("--not-sent", help="it did not go out: it is sent again")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="neither; its end is DROPPED")] = False,
    accept_risk: AcceptRisk = False,
    operator: Operator = "operator",
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say what became of a parked request. On a terminal it asks first; elsewhere the flags must say it all.

    Exit code 6 when the ledger says otherwise (it is settled already), 7 when somebody may be texted twice and that is
    not accepted. Example: kafka-sendblue parked resolve order-17 --sent 5A1B0E7C-...
    """
    words = [word for word, given in zip(Word, (sent is not None, not_sent, drop), strict=True) if given]
    if len(words) != 1:
        fail("say exactly one of --sent HANDLE, --not-sent and --drop", 2)
    if sent is not None and (why := bad_handle(sent)):
        fail(why, 2)
    check_operator(operator)
    said = Said(wanted, words[0], sent or "", operator, accept_risk)
    ask = typer.confirm if sys.stdin.isatty() and not yes else None
    tell(on_kafka(parked_commands.resolve(settings_of(config), said, ask)), as_json)


def check_operator(name: str) -> None:
    """End the command when this is no name."""
    if not OPERATOR.fullmatch(name):
        fail("--operator is a name: a letter, then up to 31 letters, digits, dots, dashes and underscores", 2)


def age(since_ms: int, now_ms: int) -> str:
    """Hours and minutes."""
    minutes = max(now_ms - since_ms, 0) // 60_000
    return f"{minutes // 60} h {minutes % 60:02d} min" if since_ms else ""


def _row(row: Waiting, now_ms: int) -> tuple[object, ...]:
    since, dropped = moment(row.since_ms), moment(row.dropped_at_ms)
    about = age(row.since_ms, now_ms), row.line, row.attempt, row.reason, row.proved_unsent
    return row.request_id, since, *about, dropped, row.note
