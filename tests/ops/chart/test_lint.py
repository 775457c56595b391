"""Helm's own lint, strictly."""

import pytest

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.rendering import ci_values  # noqa: E402 - after what it needs
from tests.ops.chart.values_file import CHART  # noqa: E402 - after what it needs

WARNING = 2


@pytest.mark.parametrize("name", ci_values())
def test_helm_has_nothing_against_it(name: str) -> None:
    """No error and no warning under any of the ci values."""
    import helm_python as helm  # noqa: PLC0415 - after what it needs

    told = helm.lint(CHART, ci_values()[name], strict=True)

    assert told["errors"] == []
    assert [one for one in told["messages"] if one["severity"] >= WARNING] == []
