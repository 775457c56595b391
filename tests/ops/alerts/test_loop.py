"""The whole way of an alert: a fault, Prometheus, Alertmanager, whoever is on call; and back when the fault is over."""

import json
from pathlib import Path

from connector.demo_plan import DemoPlan
from connector.simulator.faults import Outage
from tests.ops.alerts.alertmanager import on_call
from tests.ops.alerts.promises import PROMISES
from tests.ops.dashboards.prometheus import scraping
from tests.ops.live import live

ALERT = "SendblueCredentialsRefused"


async def test_refused_keys_call_somebody_until_they_are_good_again(tmp_path: Path) -> None:
    """Nobody is called before, nor for a promise, which none is broken; what is told leads to the runbook."""
    async with (
        live(DemoPlan(seconds=300, seed=3), settled=50) as demo,
        on_call(tmp_path) as (receiver, asked),
        scraping(demo.addresses["metrics"], tmp_path, **asked) as prometheus,
    ):
        await prometheus.scraped(3)
        early = [one["labels"]["alertname"] for one in receiver.told]
        demo.simulator.faults.outage = Outage.REFUSED
        firing = await receiver.alert(ALERT, "firing")
        demo.simulator.faults.outage = Outage.NONE
        resolved = await receiver.alert(ALERT, "resolved")
        duplicates = demo.report()["duplicate_texts"]
    names = {one["labels"]["alertname"] for one in receiver.told}
    said = json.dumps([[one["labels"], one["annotations"]] for one in receiver.told])

    assert ALERT not in early
    assert firing["labels"]["severity"] == "page"
    assert firing["annotations"]["runbook_url"] == f"docs/runbooks.md#{ALERT.lower()}"
    assert firing["startsAt"] == resolved["startsAt"]
    assert names & {one.name for one in PROMISES[:3]} == set()
    assert "+1" not in said
    assert duplicates == 0
