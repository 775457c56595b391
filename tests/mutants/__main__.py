"""The command: every mutant in turn, a table of what killed it; exit code 1 unless all were killed."""

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from pathlib import Path
from queue import SimpleQueue

from rich.console import Console
from rich.table import Table

from tests.mutants.catalogue import MUTANTS
from tests.mutants.mutation import Mutant
from tests.mutants.running import Copy, Fate, Result

FILE_WIDTH = 200
"""Of the table where nobody looks at a terminal, in characters."""
COLOURS = {Fate.KILLED: "green", Fate.SURVIVED: "red", Fate.BROKEN: "yellow"}


def main() -> int:
    """Run what the command line names."""
    asked = _asked()
    chosen = [mutant for mutant in MUTANTS if not asked.only or mutant.name in asked.only]
    if unknown := set(asked.only) - {mutant.name for mutant in MUTANTS}:
        Console(stderr=True).print(f"no such mutant: {', '.join(sorted(unknown))}", style="red")
        return 2
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        copies = [Copy(Path(folder) / str(n)) for n in range(asked.workers)]
        results = copies[0].confirm(list(_told(_run(chosen, copies))))
    results.sort(key=lambda result: chosen.index(result.mutant))
    _print(results, asked.json)
    return 0 if all(result.fate is Fate.KILLED for result in results) else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="this one; may be repeated")
    parser.add_argument("--workers", type=int, default=2, help="how many at a time (2)")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of the table")
    return parser.parse_args()


def _run(mutants: Sequence[Mutant], copies: Sequence[Copy]) -> Iterator[Result]:
    free: SimpleQueue[Copy] = SimpleQueue()
    for one in copies:
        free.put(one)

    def run(mutant: Mutant) -> Result:
        mine = free.get()
        try:
            return mine.run(mutant)
        finally:
            free.put(mine)

    with ThreadPoolExecutor(len(copies)) as pool:
        for done in as_completed([pool.submit(run, mutant) for mutant in mutants]):
            yield done.result()


def _told(results: Iterator[Result]) -> Iterator[Result]:
    """Each one as it comes, for whoever waits."""
    waiting = Console(stderr=True)
    for result in results:
        waiting.print(f"{result.seconds:5.1f} s  {result.fate}  {result.mutant.name}", style=COLOURS[result.fate])
        yield result


def _print(results: Sequence[Result], as_json: bool) -> None:
    killed = sum(result.fate is Fate.KILLED for result in results)
    if as_json:
        print(json.dumps([_row(result) for result in results], indent=1))  # noqa: T201 - plain, for a pipe
        return
    table = Table(title=f"{killed} of {len(results)} mutants killed")
    for name in ("name", "rule removed", "file", "fate", "by", "s"):
        table.add_column(name, no_wrap=name in ("name", "fate", "s"))
    for result in results:
        mutant, fate = result.mutant, f"[{COLOURS[result.fate]}]{result.fate}[/]"
        told = result.told.replace("[", r"\[")
        table.add_row(mutant.name, mutant.rule, mutant.file, fate, told, f"{result.seconds:.1f}")
    Console(width=None if sys.stdout.isatty() else FILE_WIDTH).print(table)


def _row(result: Result) -> dict[str, object]:
    mutant = result.mutant
    return {
        "name": mutant.name,
        "rule": mutant.rule,
        "source": mutant.source,
        "file": mutant.file,
        "fate": result.fate,
        "by": result.told,
        "seconds": round(result.seconds, 1),
    }


if __name__ == "__main__":
    sys.exit(main())
