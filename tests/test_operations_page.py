"""The counts that docs/operations.md gives are those of this tree: whoever adds one is told where it is written."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from connector.observability.metrics import Metrics
from tests.observability.test_metrics import series
from tests.ops.alerts.cases import CASES
from tests.ops.alerts.files import ALERTS
from tests.ops.chart.mutants import all_mutants
from tests.ops.chart.rendering import ci_values
from tests.ops.chart.values_file import CHART
from tests.ops.cluster.mistakes import MISTAKES

PAGES = Path(__file__).parents[1] / "docs"
PAGE = (PAGES / "operations.md").read_text()
WORDS = {"nine": 9, "ten": 10, "eleven": 11, "twelve": 12}
SUITES = [yaml.safe_load(path.read_text())["tests"] for path in sorted((CHART / "tests").glob("*_test.yaml"))]


def told(pattern: str, page: str = PAGE) -> set[tuple[int, ...]]:
    """Every place where the page says it, as numbers."""
    found = [match.groups() for match in re.finditer(pattern, page)]
    return {tuple(WORDS.get(one) or int(one.replace(",", "")) for one in groups) for groups in found}


def played() -> int:
    """How many stories promtool plays; the same one of two cases is played once."""
    both = [(one, told) for one in CASES for told in ((True, *one.fires.items()), (False, *one.silent.items()))]
    return len({(one.alert, one.severity, one.at, *told) for one, told in both})


COUNTED: tuple[tuple[str, Callable[[], tuple[int, ...]]], ...] = (
    (r"\| (\d+) under (\d+) names", lambda: (len(ALERTS), len({alert.name for alert in ALERTS}))),
    (r"(\d+) stories", lambda: (played(),)),
    (r"(\d+) suites with (\d+) tests", lambda: (len(SUITES), sum(map(len, SUITES)))),
    (r"(\d+) in (\d+) suites", lambda: (sum(map(len, SUITES)), len(SUITES))),
    (r"\*\*kafka-sendblue\*\*(?: \|[^|]*){4} \| (\d+) \|", lambda: (len(SUITES),)),
    (r"(\d+) lines that keep", lambda: (len(all_mutants()),)),
    (r"(?:all |\d+ of )(\d+)(?: are)? missed", lambda: (len(all_mutants()),)),
    (r"(nine|ten|eleven|twelve|\d+) sets of values", lambda: (len(ci_values()),)),
    (r"(\d+) mistakes", lambda: (len(MISTAKES),)),
    (r"(\d+) of (\d+) (?:mistakes|\|)", lambda: (len(MISTAKES), len(MISTAKES))),
)


@pytest.mark.parametrize(("pattern", "count"), COUNTED, ids=[pattern for pattern, _ in COUNTED])
def test_a_count_on_the_page_is_the_count(pattern: str, count: Callable[[], tuple[int, ...]]) -> None:
    """Wherever the page says it."""
    assert {count()} == told(pattern)


@pytest.mark.parametrize("page", ["operations.md", "watching.md"])
def test_the_number_of_series_is_about_what_is_said(page: str) -> None:
    """Within two in a hundred, with 5 lines and with 50."""
    text = (PAGES / page).read_text()
    ((few,), (many,)) = sorted(
        told(r"about ([\d,]+)(?: series)?(?:,| with)", text) | told(r"([\d,]+) (?:at|with) 50", text)
    )
    found = [len(series(Metrics(f"line-{n}" for n in range(lines)))) for lines in (5, 50)]

    assert found == [pytest.approx(few, rel=0.02), pytest.approx(many, rel=0.02)]
