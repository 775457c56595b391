"""What is made of the chart is as it would be made now."""

import pytest

from connector import __version__
from tests.ops.chart import reference
from tests.ops.chart.unit_suites import guard_suite
from tests.ops.chart.values_file import CHART

MADE = {
    "values.yaml": reference.values_yaml,
    "values.schema.json": reference.schema_json,
    "README.md": reference.readme,
    "tests/guards_test.yaml": guard_suite,
}


@pytest.mark.parametrize("name", MADE)
def test_what_is_made_has_not_drifted(name: str) -> None:
    """Run `python -m tests.ops.chart.reference` after a change of settings or of values.yaml."""
    assert (CHART / name).read_text() == MADE[name]()


def test_the_chart_installs_this_version() -> None:
    """The chart's appVersion is the connector's version: the image of another may not know these settings."""
    lines = (CHART / "Chart.yaml").read_text().splitlines()

    assert f'appVersion: "{__version__}"' in lines
