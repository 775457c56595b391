"""Each safe line of the chart is missed when it is gone."""

import pytest

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.mutants import Mutant, all_mutants, run  # noqa: E402 - after what it needs


@pytest.mark.parametrize("mutant", all_mutants(), ids=lambda one: one.file)
def test_what_is_taken_away_is_missed(mutant: Mutant) -> None:
    """By a rule, a guard, or Helm itself."""
    caught = run(mutant)

    assert caught is not None


def test_a_mutant_that_changes_nothing_is_an_error() -> None:
    """Else it would count as one that was caught, or as one that was not."""
    with pytest.raises(ValueError, match="is found 0 times"):
        run(Mutant("values.yaml", "no such line"))
