"""Every query of every dashboard, asked of a real Prometheus that scrapes a connector at work."""

import json
import re
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import NamedTuple

import pytest

from connector.demo_plan import DemoPlan
from tests.ops.dashboards import files
from tests.ops.dashboards.linter import Json, panels
from tests.ops.dashboards.prometheus import Prometheus, scraping
from tests.ops.dashboards.troubles import suffered
from tests.ops.live import live

MADE = {name: json.loads(text) for name, text in files().items()}


class Asked(NamedTuple):
    """One query and how many series it gave."""

    dashboard: str
    panel: str
    expr: str
    series: int


async def test_no_query_fails_and_no_panel_is_empty(tmp_path: Path) -> None:
    """While everything goes wrong once. Variables find something too, a new version is marked as a deploy, and a query
    that is none would fail.
    """
    (deploys,) = MADE["overview.json"]["annotations"]["list"]
    async with (
        live(DemoPlan(seconds=300, seed=3), settled=100) as demo,
        scraping(demo.addresses["metrics"], tmp_path) as prometheus,
    ):
        began = time.time()
        await suffered(demo, prometheus)
        asked = [one for name, d in MADE.items() async for one in _panels(prometheus, name, d, began)]
        offered = await _offered(prometheus, MADE["overview.json"])
        with pytest.raises(AssertionError, match="parse error"):
            await prometheus.ask("query", query="sum(sendblue_ready")
        marks = await prometheus.ask("query", query=deploys["target"]["expr"])

    assert len(asked) > 100
    assert [one for one in asked if not one.series] == []
    assert len(marks["result"]) == 1
    assert {name: bool(values) for name, values in offered.items()} == {
        "namespace": False,
        "job": True,
        "instance": True,
    }


async def _panels(prometheus: Prometheus, name: str, dashboard: Json, began: float) -> AsyncIterator[Asked]:
    for panel in panels(dashboard):
        for target in panel["targets"]:
            found = await _found(prometheus, target, began)
            yield Asked(name, panel["title"], target["expr"], found)


async def _found(prometheus: Prometheus, target: Json, began: float) -> int:
    """``began``: as far back as a panel shows."""
    if target["instant"]:
        return len((await prometheus.ask("query", query=target["expr"]))["result"])
    data = await prometheus.ask("query_range", query=target["expr"], start=began, end=time.time(), step=1)
    return len(data["result"])


async def _offered(prometheus: Prometheus, dashboard: Json) -> dict[str, list[str]]:
    offered = {}
    for one in dashboard["templating"]["list"][1:]:
        among, label = re.fullmatch(r"label_values\((.+), (\w+)\)", one["query"]).groups()  # type: ignore[union-attr]  # the linter's
        offered[one["name"]] = await prometheus.ask(f"label/{label}/values", **{"match[]": among})
    return offered
