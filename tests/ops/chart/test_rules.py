"""Every rule holds under every one of the ci values."""

import pytest

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.rendering import ci_values, of_ci  # noqa: E402 - after what it needs
from tests.ops.chart.rules import RULES, Rule  # noqa: E402 - after what it needs


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_rules_hold(rule: Rule) -> None:
    """No fault under any of the ci values."""
    faults = {name: list(rule(of_ci(name))) for name in ci_values()}

    assert {name: [] for name in faults} == faults
