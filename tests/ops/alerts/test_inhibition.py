"""What is configured for Alertmanager in ``deploy``: of one cause people hear once, and of each installation."""

import re
from pathlib import Path

import httpx2
import yaml

from tests.ops.alerts.alertmanager import CONFIG, on_call
from tests.ops.alerts.files import ALERTS
from tests.ops.live import WITHIN_S, ran, tool

CAUSE, BURN = "SendblueCredentialsRefused", "SendblueAcceptedBudgetBurn"


def raised(name: str, release: str, severity: str = "page") -> dict[str, dict[str, str]]:
    """An alert of an installation, as Prometheus would tell Alertmanager."""
    place = {"job": "kafka-sendblue", "namespace": "texts", "app_kubernetes_io_instance": release}
    return {"labels": {"alertname": name, "severity": severity, **place}}


def test_it_speaks_of_alerts_that_there_are() -> None:
    """By name; no cause stops itself, and nothing stops the alerts of a promise or of opt-outs."""
    names, told = {alert.name for alert in ALERTS}, yaml.safe_load(CONFIG.read_text())["inhibit_rules"]
    matchers = [" ".join(rule[side]) for rule in told for side in ("source_matchers", "target_matchers")]
    named = [set(re.findall(r"Sendblue\w+", one)) for one in matchers]

    assert set().union(*named) <= names
    assert all(not source & target for source, target in zip(named[::2], named[1::2], strict=True))
    assert not any(re.search(r"Twice|Digests|AfterItsEnd|OptOuts|Replies", name) for name in set().union(*named[1::2]))


async def test_alertmanager_takes_it() -> None:
    """By its own checker."""
    code, out, errors = await ran(tool("amtool", "prometheus-alertmanager"), "check-config", str(CONFIG))

    assert code == 0, (out + errors).decode()
    assert b"4 inhibit rules" in out


async def test_of_one_cause_people_hear_once(tmp_path: Path) -> None:
    """One installation's keys are refused: its budget burns unheard, another one's is told; of two severities one."""
    alerts = [
        raised(CAUSE, "one"),
        raised(BURN, "one"),
        raised(BURN, "two"),
        raised(BURN, "two", "ticket"),
        raised("SendblueOptOutsNotHeard", "one", "ticket"),
    ]
    starting = httpx2.AsyncHTTPTransport(retries=8)  # until it listens
    patient = httpx2.AsyncClient(transport=starting, timeout=WITHIN_S)
    async with on_call(tmp_path) as (receiver, asked), patient as client:
        address = asked["alerting"]["alertmanagers"][0]["static_configs"][0]["targets"][0]  # type: ignore[index]  # JSON
        (await client.post(f"http://{address}/api/v2/alerts", json=alerts)).raise_for_status()
        for name in (CAUSE, BURN, "SendblueOptOutsNotHeard"):
            await receiver.alert(name, "firing")
        labels = [one["labels"] for one in receiver.told]
    heard = {(one["alertname"], one["app_kubernetes_io_instance"], one["severity"]) for one in labels}

    assert heard == {
        (CAUSE, "one", "page"),
        (BURN, "two", "page"),
        ("SendblueOptOutsNotHeard", "one", "ticket"),
    }
