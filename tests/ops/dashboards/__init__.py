"""Grafana's dashboards, made by this program and committed as JSON where the chart and compose.yaml find them.

``python -m tests.ops.dashboards`` writes them; a test fails when they differ. ``queries`` spells PromQL, ``panels``
says what a panel is, ``frame`` what stands around the panels; ``overview``, ``outbound``, ``inbound`` and ``runtime``
say what is on each. They are judged by the rules of Grafana's linter (``linter``), by Grafana's types and by a live
Prometheus; and each metric of the catalogue is on a panel.
"""

import json
from pathlib import Path

from tests.ops.dashboards import inbound, outbound, overview, runtime
from tests.ops.dashboards.frame import model

FOLDER = Path(__file__).parents[3] / "helm" / "kafka-sendblue" / "dashboards"
DASHBOARDS = (overview.DASHBOARD, outbound.DASHBOARD, inbound.DASHBOARD, runtime.DASHBOARD)


def files() -> dict[str, str]:
    """Every dashboard by its file name."""
    return {f"{one.name}.json": json.dumps(model(one, DASHBOARDS), indent=1) + "\n" for one in DASHBOARDS}
