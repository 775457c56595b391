"""Running one mutant: a copy of the project, one text replaced in it, the tests that should miss the rule.

A mutant is *killed* when a test fails that passes on the untouched copy. It *survives* when all pass. It is *broken*
when no test could tell: its text is not found, the tests cannot be collected, the one that failed fails anyway, or the
time is over. Only killed is good.

What is ugly: a copy is used again for the next mutant, since compiling all tests anew would take most of the time. So
the compiled form of the replaced file is thrown away by hand, its time stamp being too coarse to tell.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutants.mutation import Drifted, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("connector", "tests", "schemas", "docs")
TIME_LIMIT_S = 300.0
"""Far more than the slowest selection takes, on a busy machine too."""
TESTS_FAILED = 1
"""pytest's exit code; any other but 0 means that it could not run the tests."""
FAILED = re.compile(r"^FAILED tests/(.+?)(?: - .*)?$", re.MULTILINE)
WHY = re.compile(r"^(?:E|ERROR)\s+.*$", re.MULTILINE)


class Fate(StrEnum):
    """What came of a mutant."""

    KILLED = "killed"
    SURVIVED = "survived"
    BROKEN = "broken"


@dataclass(frozen=True)
class Result:
    """``told``: the test that failed, or why none could. Seconds are for people."""

    mutant: Mutant
    fate: Fate
    told: str
    seconds: float


class Copy:
    """A copy of the project in a folder of its own, on which one mutant at a time is run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        ignored = shutil.ignore_patterns("__pycache__", "node_modules", "target")
        for name in COPIED:
            shutil.copytree(ROOT / name, folder / name, ignore=ignored)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def run(self, mutant: Mutant) -> Result:
        """Run the mutant's tests against the copy without its rule."""
        began = time.monotonic()
        try:
            with self._without(mutant):
                fate, told = self._judged(mutant.tests)
        except Drifted as drifted:
            fate, told = Fate.BROKEN, str(drifted)
        return Result(mutant, fate, told, time.monotonic() - began)

    def confirm(self, results: Sequence[Result]) -> list[Result]:
        """The same results, but for kills by tests that fail on the untouched copy too: those tell nothing."""
        killers = sorted({result.told for result in results if result.fate is Fate.KILLED})
        done = self._pytest(killers, "--maxfail=0") if killers else None
        failed = set(FAILED.findall(done.stdout)) if done else set()
        if done is not None and done.returncode not in (0, TESTS_FAILED):
            failed = set(killers)
        return [_disbelieved(one) if one.told in failed else one for one in results]

    def _judged(self, tests: Sequence[str]) -> tuple[Fate, str]:
        try:
            done = self._pytest(tests, "--maxfail=1")
        except subprocess.TimeoutExpired:
            return Fate.BROKEN, f"not done after {TIME_LIMIT_S:.0f} s"
        if done.returncode == 0:
            return Fate.SURVIVED, "all tests pass"
        failed = FAILED.search(done.stdout)
        if done.returncode == TESTS_FAILED and failed is not None:
            return Fate.KILLED, failed[1]
        why = WHY.search(done.stdout)
        return Fate.BROKEN, why[0] if why else (done.stdout + done.stderr)[-300:]

    def _pytest(self, tests: Sequence[str], how: str) -> "subprocess.CompletedProcess[str]":
        names = [f"tests/{name}" for name in tests]
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", how, *names],
            cwd=self.folder,
            env={**os.environ, "PYTHONPATH": str(self.folder), "COLUMNS": "300"},
            capture_output=True,
            text=True,
            timeout=TIME_LIMIT_S,
            check=False,
        )

    @contextmanager
    def _without(self, mutant: Mutant) -> Iterator[None]:
        path = self.folder / "connector" / mutant.file
        whole = path.read_text()
        self._write(path, mutant.of(whole))
        try:
            yield
        finally:
            self._write(path, whole)

    def _write(self, path: Path, text: str) -> None:
        path.write_text(text)
        Path(cache_from_source(path)).unlink(missing_ok=True)


def _disbelieved(result: Result) -> Result:
    return replace(result, fate=Fate.BROKEN, told=f"{result.told} fails without the mutant too")
