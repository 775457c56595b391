"""The report of a proof: a file of JSON lines, one for each result, appended as it comes.

``form`` says what a line is: ``simulation`` (some thousand seeds), ``mutants``, ``model`` (one world explored),
``fuzz``, ``stage`` (how a stage of the proof ended, and how noisy the machine was), ``kills`` (one run), or the name of
an act of chaos; `tests/chaos/report.py` writes the last two. What is there already is not done again: that is how a
proof that was interrupted goes on.
"""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from tests.chaos.scenarios import ACTS

Row = dict[str, Any]


def read(path: Path) -> list[Row]:
    """All lines; none of a file that is not there. A last line cut short by a crash is left alone."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


def append(path: Path, rows: Iterable[Row]) -> None:
    """Some more lines."""
    with path.open("a") as report:
        report.writelines(json.dumps(row) + "\n" for row in rows)


def of_form(rows: Sequence[Row], form: str) -> list[Row]:
    """The lines of one form."""
    return [row for row in rows if row["form"] == form]


def of_acts(rows: Sequence[Row]) -> list[Row]:
    """Acts of chaos that were played."""
    return [row for row in rows if row["form"] in ACTS and "left_out" not in row]


def of_kills(rows: Sequence[Row], policy: str) -> list[Row]:
    """Runs of kills under this policy."""
    return [row for row in of_form(rows, "kills") if row.get("policy", "park") == policy]


def never_taken(rows: Sequence[Row]) -> list[str]:
    """Rare paths that none of the simulated worlds has taken."""
    chunks = [set(row["never"]) for row in of_form(rows, "simulation")]
    return sorted(set.intersection(*chunks)) if chunks else []


def is_bad(row: Row) -> bool:
    """Whether a line tells of a broken promise, a surviving mutant, a violation."""
    return bool(row.get("complaints") or row.get("failed") or row.get("not_killed") or row.get("violation"))
