"""The stories as promtool's own tests: how many alerts fire is asked, never with which value."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.ops.alerts.cases import Case, Series
from tests.ops.alerts.files import FOLDER


def tests_of(cases: Sequence[Case], folder: Path = FOLDER) -> str:
    """A file for ``promtool test rules``."""
    return yaml.safe_dump(
        {
            "rule_files": [str(path) for path in sorted(folder.glob("*.yaml"))],
            "evaluation_interval": "1m",
            "tests": [one for case in cases for one in _both(case)],
        },
        sort_keys=False,
    )


def _both(case: Case) -> Iterator[dict[str, Any]]:
    severity = f',severity="{case.severity}"' if case.severity else ""
    firing = f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"{severity}}})'
    for series, fires in ((case.fires, True), (case.silent, False)):
        samples = [{"labels": "{}", "value": 1}] if fires else []
        yield {
            "interval": "1m",
            "name": f"{case.alert} {case.severity} {'fires' if fires else 'is silent'}",
            "input_series": [{"series": placed(name), "values": values} for name, values in _all(series)],
            "promql_expr_test": [{"expr": firing, "eval_time": case.at, "exp_samples": samples}],
        }


def _all(series: Series) -> Iterator[tuple[str, str]]:
    yield from series.items()


def placed(name: str) -> str:
    """The series with a job, and an instance where it names none."""
    metric, _, labels = name.rstrip("}").partition("{")
    where = 'job="kafka-sendblue"' + ("" if "instance=" in labels.replace("io_instance", "") else ',instance="a"')
    return f"{metric}{{{where}{',' if labels else ''}{labels}}}"
