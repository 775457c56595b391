"""How the commands print: tables for people, JSON for machines, one red sentence for what is wrong."""

import json
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NoReturn

import typer
from rich.console import Console
from rich.table import Table

from connector.core import moments
from connector.core.preflight import Finding

out, err = (Console(markup=False, emoji=False, stderr=stderr) for stderr in (False, True))
"""What is shown is somebody's words, as they are: a bracket in a reason is a bracket."""
SPAN = re.compile(r"(\d{1,4})([mhd])", re.ASCII)
NARROW = 7  # characters, with its edge: a column of less is read letter by letter
SPANS_MS = {"m": 60_000, "h": 3_600_000, "d": 24 * 3_600_000}


def fail(sentence: str, code: int) -> NoReturn:
    """Say what is wrong and end with this exit code."""
    err.print(sentence, style="red", soft_wrap=True)
    raise typer.Exit(code)


def tell(sentence: str, as_json: bool, **values: object) -> None:
    """What was done: a sentence for people; with its values for machines."""
    if as_json:
        return print_json({"done": sentence, **values})
    return out.print(sentence, soft_wrap=True)


def print_json(value: object) -> None:
    """One JSON document."""
    print(json.dumps(value))  # noqa: T201 - plain, for a pipe


def in_words(value: object) -> str:
    """A value in a table."""
    return ", ".join(f"{name} {part}" for name, part in value.items()) if isinstance(value, dict) else str(value)


def print_pairs(title: str, pairs: dict[str, Any]) -> None:
    """Names and values as a table."""
    table = Table("", "", title=title, show_header=False)
    for name, value in pairs.items():
        table.add_row(name.replace("_", " "), in_words(value))
    out.print(table)


def print_rows(columns: tuple[str, ...], rows: list[tuple[Any, ...]], as_json: bool) -> None:
    """A table, or a list of objects."""
    if as_json:
        return print_json([dict(zip(columns, row, strict=True)) for row in rows])
    if len(columns) * NARROW > out.width:
        return _print_one_by_one(columns, rows)
    table = Table()
    for column in columns:
        table.add_column(column, overflow="fold")  # never cut: it may be an address
    for row in rows:
        table.add_row(*map(str, row))
    return out.print(table)


def _print_one_by_one(columns: tuple[str, ...], rows: list[tuple[Any, ...]]) -> None:
    """Where a column would be a few characters wide: each row as names and values, without what it has none for."""
    for row in rows:
        table = Table.grid(padding=(0, 2))
        for name, value in zip(columns, map(str, row), strict=True):
            if value:
                table.add_row(name, value)
        out.print(table, "")


def print_findings(findings: Sequence[Finding], as_json: bool) -> None:
    """What was looked at: the faults say what to do."""
    if as_json:
        told = [{"ok": f.ok, "what": f.name, "found": f.sentence, "what_to_do": f.what_to_do} for f in findings]
        return print_json(told)
    rows = [("ok" if f.ok else "FAULT", f.name, f.sentence, f.what_to_do) for f in findings]
    return print_rows(("", "what", "found", "what to do"), rows, as_json)


def print_changes(changes: list[tuple[str, str, str]], as_json: bool) -> None:
    """What `topics` did or would do."""
    if not changes and not as_json:
        return out.print("nothing to do: topics and partitions are as they should be")
    return print_rows(("change", "topic", "detail"), changes, as_json)


def print_event(row: dict[str, Any], as_json: bool) -> None:
    """One event: a line for people, or a JSON object."""
    if as_json:
        return print(json.dumps(row, default=str), flush=True)  # noqa: T201 - plain, for a pipe
    words = [row["type"], row["status"] or "", row["code"] or row["error_code"] or "", row["message_handle"] or ""]
    marks = [name for name in ("final", "terminal", "out_of_order") if row[name]]
    time = moments.moment(row["occurred_at"], "milliseconds")
    line = " ".join((time, row["request_id"] or "-", *filter(None, words), *marks))
    return out.print(line, highlight=False, soft_wrap=True)


def moment(time_ms: int) -> str:
    """A time for people and machines; empty for none."""
    return moments.moment(time_ms) if time_ms else ""


def time_ms(text: str, option: str) -> int:
    """A time the user gave: ISO 8601; one without a zone is UTC. Ends the command when it is none."""
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        fail(f"{option} is no time; it reads like 2026-03-01T12:00:00Z", 2)
    return int((time if time.tzinfo else time.replace(tzinfo=UTC)).timestamp() * 1000)


def later_ms(text: str, option: str, now_ms: int) -> int:
    """A time the user gave: a span from now on, as 90m, or as ``time_ms`` reads it."""
    span = SPAN.fullmatch(text)
    return now_ms + int(span[1]) * SPANS_MS[span[2]] if span else time_ms(text, option)
