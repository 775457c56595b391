"""``python -m tests.simulation.run --seeds 20000``: many worlds, what they showed, and which one failed.

Exit code 1 when a seed has a violation, or when a path that should be rare was never reached: such a run has proved
nothing about it.
"""

import argparse
import json
import sys

from rich.console import Console
from rich.progress import MofNCompleteColumn, Progress, TimeRemainingColumn
from rich.table import Table

from tests.simulation.tally import Tally, in_batches, simulate
from tests.simulation.world import World

SHOWN = 5  # failing seeds told in full
LAST = 40  # lines of a failing seed's history


def main() -> int:
    """Run, show, and say by the exit code whether all is well."""
    asked = _arguments().parse_args()
    console = Console(stderr=asked.json)
    if asked.show is not None:
        return _show(console, asked.show)
    tally = Tally()
    with Progress(
        *Progress.get_default_columns()[:2], MofNCompleteColumn(), TimeRemainingColumn(), console=console
    ) as bar:
        task = bar.add_task("seeds", total=asked.seeds)
        for batch in in_batches(asked.first, asked.seeds, asked.workers):
            tally.merge(batch)
            bar.update(task, advance=batch.seeds, description=f"{len(tally.failed)} failed")
    if asked.json:
        sys.stdout.write(json.dumps({**vars(tally), "never": tally.never}) + "\n")
    else:
        _table(console, tally)
    _failures(console, tally)
    return 1 if tally.failed or tally.never else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.simulation.run", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="how many worlds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--workers", type=int, default=2, help="processes at work")
    parser.add_argument("--show", type=int, metavar="SEED", help="run one seed and print its history")
    parser.add_argument("--json", action="store_true", help="print the result as one JSON object")
    return parser


def _show(console: Console, seed: int) -> int:
    world = World(seed).run()
    for at, who, what, detail in world.history:
        console.print(f"{at:12.4f} {who:8} {what:12} {detail}", highlight=False, markup=False)
    for violation in world.oracle.violations:
        console.print(violation, style="red", markup=False)
    return 1 if world.oracle.violations else 0


def _table(console: Console, tally: Tally) -> None:
    table = Table("what", "how often", box=None)
    totals = {name: getattr(tally, name) for name in ("seeds", "requests", "posts", "accepted", "processes", "events")}
    for what, n in {**totals, "hours of the world's time": round(tally.hours)}.items():
        table.add_row(what, f"{n:,}")
    table.add_section()
    for what, n in tally.rare.most_common():
        table.add_row(what, f"{n:,}")
    table.add_section()
    for what, n in tally.notes.most_common():
        table.add_row(f"named residual: {what}", f"{n:,}")
    console.print(table)
    console.print(f"seeds with a violation: {len(tally.failed)}", style="red" if tally.failed else "green")


def _failures(console: Console, tally: Tally) -> None:
    for path in tally.never:
        console.print(f"never reached: {path}", style="red")
    for seed, violations in sorted(tally.failed.items())[:SHOWN]:
        console.print(f"\npython -m tests.simulation.run --show {seed}", style="bold red", markup=False)
        for violation in violations[:3]:
            console.print(f"  {violation}", markup=False, highlight=False)
        for at, who, what, detail in _history(seed)[-LAST:]:
            console.print(f"  {at:12.4f} {who:8} {what:12} {detail}", markup=False, highlight=False)


def _history(seed: int) -> list[tuple[float, str, str, str]]:
    world = World(seed)
    try:
        world.run()
    except Exception:  # noqa: BLE001 - told already, as that seed's violation
        return world.history
    return world.history


__all__ = ["main", "simulate"]

if __name__ == "__main__":
    sys.exit(main())
