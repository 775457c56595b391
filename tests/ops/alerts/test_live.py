"""The rules, and what the runbooks ask, asked of a real Prometheus that scrapes a connector while replies get lost."""

import re
from pathlib import Path

from connector.demo_plan import DemoPlan
from tests.ops.alerts.asking import asked, uncompared
from tests.ops.alerts.files import ALERTS, ROOT, RUNBOOKS
from tests.ops.alerts.objectives import OBJECTIVES, recorded
from tests.ops.alerts.promises import PROMISES
from tests.ops.dashboards.prometheus import scraping
from tests.ops.live import live

PAGE = (ROOT / RUNBOOKS).read_text()
SELECTOR = re.compile(r"\b(?:sendblue|process|up)\w*(?:\{[^}]*\})?(?![\w:({])")


async def test_every_series_that_a_rule_or_a_runbook_asks_for_is_there(tmp_path: Path) -> None:
    """No alert is silent because of a name or a value that does not exist, no runbook asks in vain; and no promise is
    broken.
    """
    exprs = [alert.expr for alert in ALERTS] + [expr for one in OBJECTIVES for _, expr in recorded(one)]
    wanted = {name for expr in exprs for name in SELECTOR.findall(expr) if not name.startswith("sendblue:")}
    async with (
        live(DemoPlan(seconds=300, seed=3), settled=50) as demo,
        scraping(demo.addresses["metrics"], tmp_path) as prometheus,
    ):
        await prometheus.scraped(6)
        absent = await prometheus.silent(f"count({name})" for name in sorted(wanted))
        told = list(dict.fromkeys(asked(PAGE)))
        vain = await prometheus.silent(map(uncompared, told))
        for one in told:
            await prometheus.ask("query", query=one)
        never = {one.name: (await prometheus.ask("query", query=one.expr))["result"] for one in PROMISES[:3]}

    assert len(wanted) > 40
    assert absent == []
    assert len(told) > 60
    assert vain == []
    assert {name: [] for name in never} == never
