"""The rules by pint, which knows what promtool does not: joins that cannot match, labels that are gone, and our own."""

from pathlib import Path

import pytest

from tests.ops.alerts.files import FOLDER, files
from tests.ops.go_tools import built, go_needed
from tests.ops.live import ran

SETTINGS = Path(__file__).with_name("pint.hcl")

pytestmark = go_needed


@pytest.fixture(scope="module")
def pint() -> str:
    """The program."""
    return str(built("pint"))


async def judged(pint: str, folder: Path) -> tuple[int, str]:
    """Its exit code and what it said; a warning counts."""
    command = ("--offline", "--no-color", "--config", str(SETTINGS), "lint", "--fail-on", "warning", str(folder))
    code, out, errors = await ran(pint, *command)
    return code, (out + errors).decode()


async def test_pint_finds_nothing(pint: str) -> None:
    """Neither a bug nor a warning."""
    code, told = await judged(pint, FOLDER)

    assert code == 0, told


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("sending.yaml", "runbook_url: docs/runbooks.md#sendbluecredentialsrefused", "runbook_url: docs/elsewhere.md"),
        ("kafka.yaml", "severity: page", "severity: soon"),
        ("promises.yaml", "> 0", ">< 0"),
        ("sending.yaml", "{{ $labels.line }}", "{{ $labels.instance }}"),
    ],
)
async def test_it_would_find_something(pint: str, tmp_path: Path, file: str, old: str, new: str) -> None:
    """A runbook that is none, a severity that is none, no expression, a label that the expression took away."""
    whole = files()[file]
    (tmp_path / file).write_text(whole.replace(old, new))
    code, told = await judged(pint, tmp_path)

    assert old in whole
    assert code != 0, told
