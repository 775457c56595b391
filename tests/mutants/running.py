"""Running one mutant: a copy of the project, one text replaced in it, the tests that should miss the rule.

A mutant is *killed* when a test fails. It *survives* when all pass, and it is *broken* when no test could tell: its
text is not found, the tests cannot be collected, or the time is over. Only killed is good. What is ugly: a copy is used
again for the next mutant, since compiling all tests anew would take most of the time; so the compiled form of the
replaced file is thrown away by hand, its time stamp being too coarse to tell.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import cache_from_source
from pathlib import Path

from tests.mutants.mutation import Drifted, Mutant

ROOT = Path(__file__).parents[2]
COPIED = ("connector", "tests", "schemas", "docs")
TIME_LIMIT_S = 240.0
"""For one mutant; the slowest selection takes less than a quarter of it on two slow cores."""
TESTS_FAILED = 1
"""pytest's exit code; any other but 0 means that it could not run the tests."""
FAILED = re.compile(r"^FAILED tests/(\S+?)(?: - .*)?$", re.MULTILINE)
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

    def passes(self, tests: Sequence[str]) -> str | None:
        """What is wrong with the untouched copy, None when all tests pass: else a kill would tell nothing."""
        fate, told = self._judged(tests)
        return None if fate is Fate.SURVIVED else told

    def _judged(self, tests: Sequence[str]) -> tuple[Fate, str]:
        try:
            done = self._pytest(tests)
        except subprocess.TimeoutExpired:
            return Fate.BROKEN, f"not done after {TIME_LIMIT_S:.0f} s"
        if done.returncode == 0:
            return Fate.SURVIVED, "all tests pass"
        failed = FAILED.search(done.stdout)
        if done.returncode == TESTS_FAILED and failed is not None:
            return Fate.KILLED, failed[1]
        why = WHY.search(done.stdout)
        return Fate.BROKEN, why[0] if why else (done.stdout + done.stderr)[-300:]

    def _pytest(self, tests: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [
                sys.executable,
                "-m",
                "pytest",
                "-x",
                "-q",
                "-p",
                "no:cacheprovider",
                *(f"tests/{name}" for name in tests),
            ],
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
