"""Running a command of the proof: what it prints for people goes to a log, its results become lines of the report."""

import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from tests.prove.rows import Row, append, read
from tests.prove.stages import Command

SHOWN = 90
"""Characters of what a command says."""
BROKEN = 1
"""Of a command that ended well and brought no result."""
ROOT = Path(__file__).parents[2]


def run(command: Command, report: Path, log: Path, say: Callable[[int, str], None]) -> int:
    """Run one command to its end; 0 if all its lines came. Whether they are good is for those who read them.

    ``say`` hears how many lines have come, and the command's last word.
    """
    before = len(read(report))
    with tempfile.TemporaryFile("w+") as results, log.open("a") as words:
        process = subprocess.Popen(
            [sys.executable, "-m", *command.parts],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE if command.to_rows is None else results,
            stderr=subprocess.STDOUT if command.to_rows is None else subprocess.PIPE,
            text=True,
            start_new_session=True,  # so that it is told to end once, from here, and can clean up
        )
        try:
            for line in process.stdout or process.stderr or ():
                words.write(line)
                words.flush()
                say(len(read(report)) - before, line.strip()[:SHOWN])
            code = process.wait()
        finally:
            if process.poll() is None:
                process.terminate()
                process.wait()
        if command.to_rows is not None:
            results.seek(0)
            append(report, _rows(command, results.read()))
    return 0 if len(read(report)) - before >= command.lines else code or BROKEN


def _rows(command: Command, output: str) -> list[Row]:
    """A command that broke down has printed no result, or half of one."""
    try:
        return command.to_rows(output) if command.to_rows else []
    except (ValueError, KeyError):
        return []
