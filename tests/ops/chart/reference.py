"""What of the chart is made: the settings in values.yaml, values.schema.json, README.md's table, the guards' suite.

``python -m tests.ops.chart.reference`` writes them; a test fails when they differ.
"""

import json
import re

from connector.settings import Settings
from tests.ops.chart.settings_schema import with_config
from tests.ops.chart.unit_suites import guard_suite
from tests.ops.chart.values_file import CHART, chart_schema, table


def values_yaml() -> str:
    """values.yaml with the settings as they are."""
    return with_config((CHART / "values.yaml").read_text(), Settings)


def schema_json() -> str:
    """values.schema.json."""
    return json.dumps(chart_schema(), indent=2) + "\n"


def readme() -> str:
    """README.md with the table as it must be."""
    block = f"<!-- values -->\n{table()}\n<!-- /values -->".replace("\\", "\\\\")
    return re.sub(r"<!-- values -->.*<!-- /values -->", block, (CHART / "README.md").read_text(), flags=re.DOTALL)


def main() -> None:
    """Write them; values.yaml first, since the others are made from it."""
    (CHART / "values.yaml").write_text(values_yaml())
    (CHART / "values.schema.json").write_text(schema_json())
    (CHART / "README.md").write_text(readme())
    (CHART / "tests" / "guards_test.yaml").write_text(guard_suite())


if __name__ == "__main__":
    main()
