"""``python -m tests.ops.cluster``: the chart on a real Kubernetes API server. Exit code 1 when a step fails."""

import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console

from tests.ops.cluster.building import built, version
from tests.ops.cluster.control_plane import control_plane
from tests.ops.cluster.scenario import Scenario

out = Console(width=120, highlight=False)


def main() -> int:
    """Build, start, do each step, stop."""
    out.print(f"Kubernetes {version()}: built once into .cache, which takes its time")
    built()
    with tempfile.TemporaryDirectory(prefix="cluster-") as folder, control_plane(Path(folder)) as plane:
        scenario = Scenario(plane, Path(folder))
        try:
            return _run(scenario)
        finally:
            scenario.close()


def _run(scenario: Scenario) -> int:
    for step in scenario.steps():
        began = time.monotonic()
        name = step.__name__.replace("_", " ")
        try:
            found = step()
        except Exception as error:  # noqa: BLE001 - a step that fails is told, and ends the run
            out.print(f"FAILED  {name}: {type(error).__name__}: {error}", markup=False)
            return 1
        out.print(f"{time.monotonic() - began:6.1f} s  {name}: {found}", markup=False)
    return 0


if __name__ == "__main__":
    sys.exit(main())
