"""The tables as rules files of Prometheus, one a subject; the chart makes PrometheusRules of them."""

from collections.abc import Iterable
from pathlib import Path

import yaml

from tests.ops.alerts.hearing import HEARING
from tests.ops.alerts.objectives import OBJECTIVES, burning, recorded
from tests.ops.alerts.promises import PROMISES
from tests.ops.alerts.rows import Alert
from tests.ops.alerts.running import CERTIFICATES, KAFKA, PROCESSES
from tests.ops.alerts.sending import SENDING

ROOT = Path(__file__).parents[3]
FOLDER = ROOT / "helm" / "kafka-sendblue" / "rules"
NOTE = "# made by `python -m tests.ops.alerts`; do not edit\n"
RUNBOOKS = "docs/runbooks.md"

BURNING = tuple(alert for one in OBJECTIVES for alert in burning(one))
TABLES = {
    "promises": PROMISES,
    "sending": (*SENDING, *HEARING),
    "processes": (*PROCESSES, *CERTIFICATES),
    "kafka": KAFKA,
    "objectives": BURNING,
}
ALERTS = tuple(alert for table in TABLES.values() for alert in table)
Rule = dict[str, object]


def files() -> dict[str, str]:
    """The text of each file by its name. A recorded series comes before the alerts that ask for it."""
    series = [{"record": name, "expr": expr} for one in OBJECTIVES for name, expr in recorded(one)]
    return {
        f"{name}.yaml": _file(name, [*(series if name == "objectives" else ()), *map(_rule, table)])
        for name, table in TABLES.items()
    }


def _rule(alert: Alert) -> Rule:
    waits = {} if alert.lasts == "0s" else {"for": alert.lasts}
    annotations = {
        "summary": alert.summary,
        "description": alert.description,
        "runbook_url": f"{RUNBOOKS}#{alert.name.lower()}",
    }
    labels = {"severity": str(alert.severity)}
    return {"alert": alert.name, "expr": alert.expr, **waits, "labels": labels, "annotations": annotations}


def _file(name: str, rules: Iterable[Rule]) -> str:
    group = {"name": f"kafka-sendblue-{name}", "rules": list(rules)}
    return NOTE + yaml.safe_dump({"groups": [group]}, sort_keys=False, width=118)
