"""The stories as promtool's own tests: how many alerts fire is asked, never with which value."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml

from tests.ops.alerts.case import COARSE, Case
from tests.ops.alerts.files import ALERTS

Test = dict[str, Any]


def stories(rules: Path, cases: Sequence[Case]) -> str:
    """A file for ``promtool test rules``: stories, seen by the rules of one file.

    All have the same step.
    """
    (step,) = {case.step for case in cases}
    return yaml.safe_dump(
        {
            "rule_files": [str(rules)],
            "evaluation_interval": f"{step}m",
            "tests": _once(one for case in cases for one in _both(case)),
        },
        sort_keys=False,
    )


def _both(case: Case) -> Iterator[Test]:
    severity = f',severity="{case.severity}"' if case.severity else ""
    firing = f'count(ALERTS{{alertname="{case.alert}",alertstate="firing"{severity}}})'
    for series, fires in ((case.fires, True), (case.silent, False)):
        samples = [{"labels": "{}", "value": _named(case)}] if fires else []
        yield {
            "interval": f"{case.step}m" if case.step > COARSE else "1m",
            "name": f"{case.alert} {case.severity} {'fires' if fires else 'is silent'}",
            "input_series": [{"series": placed(name), "values": values} for name, values in series.items()],
            "promql_expr_test": [{"expr": firing, "eval_time": case.at, "exp_samples": samples}],
        }


def _named(case: Case) -> int:
    """How many alerts the case speaks of: a name may have two severities."""
    return sum(alert.name == case.alert and case.severity in ("", alert.severity) for alert in ALERTS)


def _once(told: Iterable[Test]) -> list[Test]:
    """The same story in two cases is told once."""
    found: list[Test] = []
    for one in told:
        if one not in found:
            found.append(one)
    return found


def placed(name: str) -> str:
    """The series with a job, and an instance where it names none."""
    metric, _, labels = name.rstrip("}").partition("{")
    where = 'job="kafka-sendblue"' + ("" if "instance=" in labels.replace("io_instance", "") else ',instance="a"')
    return f"{metric}{{{where}{',' if labels else ''}{labels}}}"
