"""The mistakes of the stage on a real API server still are mistakes of this chart; that it refuses them, it shows."""

from pathlib import Path

import pytest

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.rendering import ci_values, objects, of_ci  # noqa: E402 - after what it needs
from tests.ops.cluster.mistakes import MISTAKES, Mistake  # noqa: E402 - after what it needs


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda one: one.mutant.file)
def test_each_is_rendered_and_differs(mistake: Mistake, tmp_path: Path) -> None:
    """Helm itself lets it pass, so that only the API server is left to refuse it."""
    given = objects(ci_values()[mistake.values], mistake.chart(tmp_path))

    assert given != of_ci(mistake.values)
