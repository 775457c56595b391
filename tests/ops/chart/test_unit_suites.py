"""The chart's own suites, by helm-unittest: each template has one, all pass, and what is taken away is missed."""

import subprocess
from pathlib import Path

import pytest
import yaml

from tests.ops.chart.charts import copied
from tests.ops.chart.mutants import GUARDS, all_mutants, applied
from tests.ops.chart.values_file import CHART
from tests.ops.go_tools import built, go_needed

pytestmark = go_needed


@pytest.fixture(scope="module")
def judge() -> Path:
    """The program."""
    return built("helm_unittest")


def run(judge: Path, chart: Path, suites: str = "*_test.yaml") -> "subprocess.CompletedProcess[str]":
    """Run the suites of a chart."""
    command = [str(judge), "--failfast", "--file", f"tests/{suites}", str(chart)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_every_template_has_a_suite() -> None:
    """The guards among them; what begins with an underscore is part of the others."""
    suites = [yaml.safe_load(path.read_text()) for path in (CHART / "tests").glob("*_test.yaml")]
    templates = {
        str(path.relative_to(CHART / "templates"))
        for path in (CHART / "templates").rglob("*.*")
        if not path.name.startswith("_")
    }

    assert templates == {one for suite in suites for one in suite["templates"]}


def test_all_suites_pass(judge: Path, tmp_path: Path) -> None:
    """As they are for whoever has the plugin: `helm unittest helm/kafka-sendblue`."""
    done = run(judge, copied(tmp_path))
    suites = len(list((CHART / "tests").glob("*_test.yaml")))

    assert done.returncode == 0, done.stdout
    assert f"{suites} passed, {suites} total" in done.stdout


def test_what_is_taken_away_is_missed(judge: Path, tmp_path: Path) -> None:
    """Every line that keeps something safe, as the mutants of the other tests name them."""
    survived = []
    for number, mutant in enumerate(all_mutants()):
        chart = applied(mutant, tmp_path / str(number))
        suites = "guards_test.yaml" if mutant.file == GUARDS else "*_test.yaml"
        if run(judge, chart, suites).returncode == 0:
            survived.append(mutant)

    assert survived == []
