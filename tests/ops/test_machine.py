"""What a machine refuses is told; what it lacks is not taken for a refusal."""

from pathlib import Path

from tests.ops import machine


def test_a_machine_without_namespaces_cannot_run_containers() -> None:
    """As inside a container that was given nothing."""
    assert "namespaces" in str(machine.refusal(lambda *_: False))


def test_control_groups_that_cannot_be_written_are_told_to_root_alone() -> None:
    """Others are not bounded by them anyway."""

    def tried(*command: str) -> bool:
        return command[0] == "unshare"

    assert "control groups" in str(machine.refusal(tried, root=True))
    assert machine.refusal(tried, root=False) is None


def test_layers_that_cannot_be_laid_over_each_other_are_copied(tmp_path: Path) -> None:
    """Then each has all that is below it."""
    assert machine.driver(lambda *_: False, tmp_path, root=True) == "vfs"
    assert machine.driver(lambda *_: True, tmp_path, root=True) is None
    assert machine.driver(lambda *_: False, tmp_path, root=False) is None


def test_what_cannot_be_started_does_not_work() -> None:
    """Rather than being an error of its own."""
    assert not machine.works("no-such-program")
    assert machine.works("true")
