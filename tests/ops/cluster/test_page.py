"""What docs/operations.md says of the stage on a real API server is what that stage has to do."""

import re

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.rendering import ci_values, of_ci, pods  # noqa: E402 - after what it needs
from tests.ops.cluster.building import ROOT  # noqa: E402 - after what it needs
from tests.ops.cluster.scenario import Scenario  # noqa: E402 - after what it needs

PAGE = (ROOT / "docs" / "operations.md").read_text()


def told(pattern: str) -> set[int]:
    """Every number that the page gives for it."""
    return {int(number) for number in re.findall(pattern, PAGE)}


def test_objects_and_pods_are_counted() -> None:
    """Those of all values in ci/."""
    given = [of_ci(name) for name in ci_values()]

    assert {sum(map(len, given))} == told(r"(\d+) objects")
    assert {sum(len(list(pods(one))) for one in given)} == told(r"\| (\d+) pods \|")


def test_steps_are_counted() -> None:
    """The first one, which prepares, is among them, and has no row in the table."""
    table = PAGE.partition("| step | found |")[2].partition("\n\n")[0]
    steps = len(Scenario.steps(Scenario.__new__(Scenario)))

    assert {steps} == told(r"(?:all|of) (\d+)\s+steps")
    assert table.count("\n| ") == steps - 1
