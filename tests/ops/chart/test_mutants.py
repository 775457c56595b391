"""Each safe line of the chart is missed when it is gone."""

import pytest

from tests.ops.tools_needed import need

need("helm_python")

from tests.ops.chart.mutants import GUARDS, POD, Mutant, all_mutants, run  # noqa: E402 - after what it needs
from tests.ops.chart.rendering import Refused  # noqa: E402 - after what it needs
from tests.ops.chart.values_file import CHART  # noqa: E402 - after what it needs


@pytest.mark.parametrize("mutant", all_mutants(), ids=lambda one: one.file)
def test_what_is_taken_away_is_missed(mutant: Mutant) -> None:
    """By a rule, or a guard."""
    caught = run(mutant)

    assert caught is not None


def test_a_mutant_that_changes_nothing_is_an_error() -> None:
    """Else it would count as one that was caught, or as one that was not."""
    with pytest.raises(ValueError, match="is found 0 times"):
        run(Mutant("values.yaml", "no such line"))


@pytest.mark.parametrize("file", [POD, GUARDS])
def test_a_mutant_that_is_not_rendered_is_an_error(file: str) -> None:
    """Else it would count as one that a rule, or a case of the guards, has caught."""
    broken = Mutant(file, '{{- define "', '{{- defne "', (CHART / file).read_text().count('{{- define "'))

    with pytest.raises(Refused):
        run(broken)
