"""The commands about lines: how they stand, and which of them texts whom."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from connector.commands import contact_files, line_facts_command, moving_commands
from connector.commands.cli_frame import FAULTS, OTHERWISE, AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import err, fail, out, print_json, print_rows, tell
from connector.commands.cli_parked import Operator, Yes, check_operator
from connector.commands.moving_commands import Moved, Moving, Show
from connector.core.moving import Entry, Listing
from connector.settings import Settings

lines_cli = typer.Typer(help="Our lines: how they stand, and which of them texts whom.")
MOST_DAYS = 90
SHOWN = 20  # contacts of a list that stay as they are, told by their rows

To = Annotated[str, typer.Option(help="alias of the line that texts them from now on")]
ParkedToo = Annotated[bool, typer.Option("--parked-too", help="contacts with a parked text too, without asking")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="only say what would be done")]
Wait = Annotated[float, typer.Option(help="seconds that texts in flight are waited for")]


@lines_cli.command("list")
def lines_list(config: Config = None, as_json: AsJson = False) -> None:
    """Show how each line stands: paused until when, by whom and why; what Sendblue says of its state and new contacts.

    Example: kafka-sendblue lines list --json | jq '.[] | select(.day_left == 0) | .line'
    """
    rows = on_kafka(line_facts_command.lines(settings_of(config)))
    if as_json or not rows:
        return print_json(rows)
    columns = tuple(name for name in rows[0] if name != "age_s")
    return print_rows(columns, [tuple(shown(row[name]) for name in columns) for row in rows], as_json)


@lines_cli.command("move")
def lines_move(
    line: Annotated[str, typer.Argument(help="alias of the line that its contacts leave")],
    to: To,
    parked_too: ParkedToo = False,
    dry_run: DryRun = False,
    wait: Wait = 60.0,
    operator: Operator = "operator",
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Move every contact of a line to another one, and with them what waits for them. Broken off, run it again.

    Contacts with a text in flight or in doubt stay until it has its end (exit code 6 while there are any).

    Example: kafka-sendblue lines move line-1 --to line-2 --dry-run
    """
    _move(Moving(line, to, False, parked_too, dry_run, operator, wait), config, yes, as_json)


@lines_cli.command("retire")
def lines_retire(
    line: Annotated[str, typer.Argument(help="alias of the line")],
    to: Annotated[str | None, typer.Option(help="alias of the line that texts its contacts from now on")] = None,
    undo: Annotated[bool, typer.Option("--undo", help="the line takes new contacts again; nobody moves")] = False,
    parked_too: ParkedToo = False,
    dry_run: DryRun = False,
    wait: Wait = 60.0,
    operator: Operator = "operator",
    yes: Yes = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Give a line no new contacts any more, and move those it has to another one.

    Example: kafka-sendblue lines retire line-1 --to line-2 --operator ann
    """
    if undo == (to is not None):
        fail("give --to, or --undo", 2)
    if to is not None:
        return _move(Moving(line, to, True, parked_too, dry_run, operator, wait), config, yes, as_json)
    check_operator(operator)
    on_kafka(moving_commands.use_again(settings_of(config), line, operator))
    return tell(f"{line} takes new contacts again; its former contacts stay where they are", as_json, line=line)


@lines_cli.command("import")
def lines_import(
    file: Annotated[Path | None, typer.Argument(help="CSV or JSON lines: number and line of each contact")] = None,
    from_sendblue: Annotated[
        bool, typer.Option("--from-sendblue", help="instead: whom each line talked to, by Sendblue's message list")
    ] = False,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="with --from-sendblue: how far back")] = 30,
    dry_run: DryRun = False,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Say which line each contact is texted from, before the connector texts them the first time.

    Nobody is moved: what contradicts the ledger stays and is told, by its row (exit code 3). Numbers are hashed at
    once. Example: kafka-sendblue lines import contacts.csv --dry-run
    """
    if from_sendblue == (file is not None):
        fail("give a file, or --from-sendblue", 2)
    settings = settings_of(config)
    entries = _entries(settings, file, days)
    with _progress(as_json) as show:
        found = on_kafka(moving_commands.give(settings, entries, show, dry_run=dry_run))
    tell_listing(found, dry_run, as_json)


def _move(wanted: Moving, config: Path | None, yes: bool, as_json: bool) -> None:
    check_operator(wanted.operator)
    ask = typer.confirm if sys.stdin.isatty() and not yes else None
    with _progress(as_json) as show:
        done = on_kafka(moving_commands.move(settings_of(config), wanted, ask, show))
    tell_moved(done, wanted, as_json)


def tell_moved(done: Moved, wanted: Moving, as_json: bool) -> None:
    """What came of a move; exit code 6 while somebody stays."""
    verb = "would move" if wanted.dry_run else "moved"
    stay = f"; {done.in_flight} stay with a text in flight or in doubt, {done.parked} with a parked one"
    told = {"moved": done.moved, "in_flight": done.in_flight, "parked": done.parked, "dry_run": wanted.dry_run}
    waits = f"; {wanted.to} is {done.stopped}: they wait there" if done.stopped else ""
    sentence = f"{done.moved} contacts {verb} from {wanted.line} to {wanted.to}{stay}{waits}"
    tell(sentence, as_json, **told, stopped=done.stopped)
    if (done.in_flight or done.parked) and not wanted.dry_run:
        raise typer.Exit(OTHERWISE)


def tell_listing(found: Listing, dry_run: bool, as_json: bool) -> None:
    """What came of a list; exit code 3 when somebody stays as they are."""
    verb = "would be bound" if dry_run else "are bound"
    refused = [{"where": place, "why": why} for place, why in found.refused]
    told = {"new": len(found.new), "same": found.same, "refused": refused, "dry_run": dry_run}
    tell(f"{len(found.new)} contacts {verb}, {found.same} were already, {len(refused)} stay", as_json, **told)
    if not as_json:
        for place, why in found.refused[:SHOWN]:
            out.print(f"{place}: {why}", soft_wrap=True)
    if refused:
        raise typer.Exit(FAULTS)


def _entries(settings: Settings, file: Path | None, days: int) -> list[Entry]:
    if file is None:
        return on_kafka(line_facts_command.talked_to(settings, days))
    try:
        return contact_files.entries(settings, file)
    except (OSError, ValueError) as error:
        fail(str(error), 2)


@contextmanager
def _progress(as_json: bool) -> Iterator[Show]:
    """A bar on a terminal, on the side of errors; else nothing."""
    if as_json or not err.is_terminal:
        yield lambda *_: None
        return
    columns = TextColumn("contacts"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=err, transient=True) as bar:
        task = bar.add_task("contacts", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def shown(value: object) -> object:
    """A value in the table; ``value``: of a row of ``line_facts_command.lines``, its pauses by what they pause."""
    if value is None:
        return ""
    if isinstance(value, dict):
        return "; ".join(f"{what}, until {p['until']}, by {p['operator']}: {p['reason']}" for what, p in value.items())
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
