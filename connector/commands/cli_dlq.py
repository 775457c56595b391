"""The commands for dead letters."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from connector.commands import dlq_commands
from connector.commands.cli_frame import AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import err, fail, moment, out, print_json, print_rows, time_ms
from connector.commands.cli_parked import AcceptRisk
from connector.commands.dlq_commands import Asked, Done, Shown, ShownLetter
from connector.kafka.wire_requests import request_row

dlq_cli = typer.Typer(help="Dead letters: requests that were refused, expired or dropped, with their untouched bytes.")
Reasons = Annotated[list[str] | None, typer.Option("--reason", help="a code; repeat it; default all")]


@dlq_cli.command("list")
def dlq_list(config: Config = None, as_json: AsJson = False) -> None:
    """Show how many letters of each reason there are; the times are those of the requests."""
    rows = [
        (t.code, t.stage, t.letters, moment(t.oldest_ms), moment(t.newest_ms))
        for t in on_kafka(dlq_commands.listed(settings_of(config)))
    ]
    print_rows(("reason", "stage", "count", "oldest", "newest"), rows, as_json)


@dlq_cli.command("show")
def dlq_show(
    reason: Reasons = None,
    limit: Annotated[int, typer.Option(min=1, help="how many")] = 20,
    payload: Annotated[bool, typer.Option("--payload", help="the requests too: they hold numbers and texts")] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Show single letters: origin, code, headers. Headers may hold what the producer wrote there."""
    codes = tuple(reason or ())
    found = on_kafka(dlq_commands.shown(settings_of(config), codes, limit, payload=payload))
    if as_json:
        return print_json([_letter(letter, payload) for letter in found])
    for letter in found:
        for name, value in _letter(letter, payload).items():
            out.print(f"{name}: {value}", highlight=False, soft_wrap=True)
        out.print()
    return None


@dlq_cli.command("redrive")
def dlq_redrive(
    since: Annotated[str, typer.Option(help="time (ISO 8601): letters whose request is not older")],
    reason: Annotated[list[str], typer.Option("--reason", help="a code; repeat it")],
    until: Annotated[str | None, typer.Option(help="time (ISO 8601): and older than this")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be done, and do nothing")] = False,
    rate: Annotated[float, typer.Option(min=0.01, max=1000, help="letters a second")] = 1.0,
    most: Annotated[int, typer.Option("--max", min=0, help="stop after so many; 0: all")] = 0,
    renew: Annotated[bool, typer.Option("--renew", help="their age counts from now: late is still right")] = False,
    accept_risk: AcceptRisk = False,
    from_beginning: Annotated[
        bool, typer.Option("--from-beginning", help="not from where the same command stopped last")
    ] = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Put letters back on the requests topic. What went out, or is on its way, stays where it is.

    What may have gone out needs --accept-duplicate-risk. The same command again goes on where it stopped.
    Example: kafka-sendblue dlq redrive --reason 4002 --since 2026-03-01 --dry-run
    """
    since_ms = time_ms(since, "--since")
    until_ms = time_ms(until, "--until") if until else None
    if until_ms is not None and until_ms <= since_ms:
        fail("--until lies before --since", 2)
    asked = Asked(tuple(reason), since_ms, until_ms, rate, most, renew, accept_risk, dry_run, from_beginning)
    settings = settings_of(config)
    with _progress(sys.stderr.isatty() and not as_json) as show:
        done = on_kafka(dlq_commands.redrive(settings, asked, show))
    _tell(done, dry_run, as_json)


def _tell(done: Done, dry_run: bool, as_json: bool) -> None:
    word = "would be redriven" if dry_run else "redriven"
    rows = [(code, word, count) for code, count in sorted(done.redriven.items())]
    rows += [(code, f"left: {why}", count) for (code, why), count in sorted(done.left.items())]
    if as_json:
        left = [{"reason": code, "why": why, "count": count} for (code, why), count in sorted(done.left.items())]
        return print_json({"dry_run": dry_run, "redriven": dict(done.redriven), "left": left})
    return print_rows(("reason", "what", "count"), rows, as_json)


def _letter(letter: ShownLetter, payload: bool) -> dict[str, object]:
    record = letter.record
    place = {"partition": record.partition, "offset": record.offset, **letter.told}
    if not payload:
        return place
    bytes_ = None if record.value is None else record.value.hex()
    return {**place, "request": request_row(letter.request) if letter.request else None, "value": bytes_}


@contextmanager
def _progress(shown: bool) -> Iterator[Shown]:
    if not shown:
        yield lambda *_: None
        return
    with Progress(TextColumn("letters"), BarColumn(), MofNCompleteColumn(), console=err, transient=True) as progress:
        task = progress.add_task("", total=None)
        yield lambda passed, of: progress.update(task, completed=passed, total=max(of, passed))
