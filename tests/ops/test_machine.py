"""What a machine refuses is told; what it lacks is not taken for a refusal."""

import json
import os
import subprocess
from pathlib import Path

from tests.ops import machine
from tests.ops.live import tool


def test_a_machine_without_namespaces_cannot_run_containers() -> None:
    """As inside a container that was given nothing."""
    assert "namespaces" in str(machine.refusal(lambda *_: False))


def test_control_groups_that_cannot_be_written_are_told_to_root_alone() -> None:
    """Others are not bounded by them anyway."""

    def tried(*command: str) -> bool:
        return command[0] == "unshare"

    assert "control groups" in str(machine.refusal(tried, root=True))
    assert machine.refusal(tried, root=False) is None


def test_whether_layers_can_be_laid_over_each_other_is_tried(tmp_path: Path) -> None:
    """By root alone, who may mount."""
    assert not machine.layered(lambda *_: False, tmp_path, root=True)
    assert machine.layered(lambda *_: True, tmp_path, root=True)
    assert machine.layered(lambda *_: False, tmp_path, root=False)


def test_where_they_cannot_they_are_copied(tmp_path: Path) -> None:
    """Buildah does as it is told, in a folder of its own."""
    environment = {**os.environ, **machine.copying(tmp_path / "store")}
    done = subprocess.run(
        [tool("buildah", "buildah"), "info"], env=environment, capture_output=True, text=True, check=True
    )
    store = json.loads(done.stdout)["store"]

    assert (store["GraphDriverName"], store["GraphRoot"]) == ("vfs", str(tmp_path / "store" / "layers"))


def test_what_cannot_be_started_does_not_work() -> None:
    """Rather than being an error of its own."""
    assert not machine.works("no-such-program")
    assert machine.works("true")
