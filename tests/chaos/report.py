"""Results of runs: a JSON line each, and a table that adds them up."""

import json
import subprocess
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from tests.chaos.oracle import Judgement, percentile

SUMS = (
    "requests", "repeats", "kills", "posts", "texts", "doubled", "explained", "lost", "in_doubt", "callback", "list",
    "absence", "parked", "parked_text_out", "two_lines", "too_close", "events", "callbacks", "pauses", "moves",
    "both_lines", "opt_outs", "turned_away", "given_back", "appended_again",
    "other_line",
)  # fmt: skip
NAMES = {
    "repeats": "records appended twice by the upstream",
    "doubled": "requests texted twice",
    "explained": "of them explained by the limit of RESEND",
    "lost": "records without an end",
    "in_doubt": "attempts in doubt",
    "callback": "settled by a callback",
    "list": "settled by the message list",
    "absence": "settled by proved absence",
    "parked": "parked",
    "parked_text_out": "of them with a text that went out",
    "two_lines": "contacts on two lines without a REBIND",
    "too_close": "calls closer than the gap of their line",
    "callbacks": "callbacks answered 2xx",
    "moves": "contacts moved to another line",
    "both_lines": "contacts who heard from both",
    "opt_outs": "contacts who opted out",
    "turned_away": "requests refused for it",
    "appended_again": "sent after a later one, as they came to their line",
    "other_line": "of them given to another line than that one",
    "given_back": "grants given back: paused, opted out, moved",
}
Run = dict[str, Any]


def line_of(form: str, seed: int, seconds: float, judgement: Judgement, **more: Any) -> Run:
    """One run as the report has it."""
    return {
        "form": form,
        "seed": seed,
        "seconds": round(seconds),
        "commit": commit(),
        **more,
        **judgement.figures.plain(),
        "settle_s": [round(span, 2) for span in judgement.settle_s],
        "complaints": list(judgement.complaints),
    }


def left_out(form: str, why: str) -> Run:
    """An act that this machine cannot play."""
    return {"form": form, "left_out": why}


def commit() -> str:
    """The commit of the sources, with a plus when they differ from it; nothing where there is no git."""
    told = subprocess.run(
        ["git", "describe", "--always", "--exclude=*", "--dirty=+"],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parent,
    )  # fmt: skip
    return told.stdout.strip()


def append(path: Path, run: Run) -> None:
    """One more line."""
    with path.open("a") as report:
        report.write(json.dumps(run) + "\n")


def read(path: Path) -> list[Run]:
    """All runs of a report, and what was left out; a report may have lines of another kind."""
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    return [row for row in rows if "settle_s" in row or "left_out" in row]


def show(runs: list[Run], console: Console) -> None:
    """Add the runs up, and say what was left out."""
    for row in runs:
        if "left_out" in row:
            console.print(f"{row['form']}: LEFT OUT: {row['left_out']}", markup=False)
    runs = [row for row in runs if "left_out" not in row]
    table = Table("what", "in all", title=f"{len(runs)} runs, {sum(run['seconds'] for run in runs)} s")
    for name in SUMS:
        table.add_row(NAMES.get(name, name), f"{sum(run.get(name, 0) for run in runs):,}")
    settle = sorted(span for run in runs for span in run["settle_s"])
    gaps = [run["smallest_gap_s"] for run in runs if run["smallest_gap_s"] is not None]
    table.add_row("time to settle, p50 / p95", f"{percentile(settle, 0.5)} / {percentile(settle, 0.95)} s")
    table.add_row(
        "smallest gap on a line", f"{min(gaps, default=None)} s, asked for {sorted({r['gap_s'] for r in runs})}"
    )
    table.add_row("broken promises", str(sum(len(run["complaints"]) for run in runs)))
    table.add_row("seeds", " ".join(str(run["seed"]) for run in runs))
    console.print(table)
    for run in runs:
        for complaint in run["complaints"]:
            console.print(f"seed {run['seed']}: {complaint}", markup=False)
