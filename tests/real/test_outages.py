"""The registry away, all brokers frozen, a ledger taken away: what the connector says and does meanwhile, and after.

The simulator is a process of its own that counts texts; the events are read by somebody else's client.
"""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from confluent_kafka import TopicPartition
from confluent_kafka.admin import AdminClient

from connector.core.tokens import Ring, sign
from tests.real.site import HANG_S, Site, until
from tests.real.stack.brokers import Brokers
from tests.real.stack.registry import RealRegistry
from tests.real.upstream import Downstream, Upstream

FROZEN_S = 15.0
LEASE_S = 5.0


@pytest.fixture
def site(tmp_path: Path, bootstrap: str, registry_url: str) -> Iterator[Site]:
    """Five lines, topics applied, the simulator running."""
    one = Site(tmp_path, bootstrap, registry_url, lines=5, gap_s=0.2)
    applied = one.command("topics", "apply")
    assert applied.returncode == 0, applied.stderr
    one.start_simulator()
    until(lambda: "simulator on" in one.log("simulator"), 30)
    try:
        yield one
    finally:
        one.close()


def number(n: int) -> str:
    return f"+1{202 + n % 3}55501{n % 90:02d}"


def settle(site: Site, requests: int, within_s: float) -> Downstream:
    """Read the events until every request has its end."""
    downstream = Downstream(site)

    def done() -> bool:
        downstream.read(0.5)
        return len(downstream.finals.keys() | downstream.parked) == requests

    try:
        until(done, within_s)
    finally:
        downstream.close()
    return downstream


def test_a_registry_that_is_away_holds_requests_and_loses_none(site: Site, registry: RealRegistry) -> None:
    """Requests of a schema not read yet wait, readiness says why, nothing is dead-lettered; then they go out."""
    upstream = Upstream(site, ahead=True)
    connector = site.start_watched()
    until(lambda: "connector.ready" in site.log("connector"), 60, [connector])
    values = [upstream.encode(f"r{n}", number(n)) for n in range(20)]  # asks the registry itself
    registry.freeze()
    try:
        for n, value in enumerate(values):
            upstream.produce(value, number(n))
        upstream.flush()
        until(lambda: "schema registry" in site.readyz()[1], 30, [connector])
        held = site.record()["texts"]
        until(lambda: site.metric('sendblue_lag_records{topic="requests"}') == 20, 30, [connector])
    finally:
        registry.thaw()
    downstream = settle(site, 20, 60)
    until(lambda: site.readyz()[0] == 200, 30, [connector])

    assert held == 0
    assert (site.record()["texts"], site.record()["duplicate_texts"]) == (20, 0)
    assert {"SUBMITTED"} == {kind for ends in downstream.finals.values() for kind, _ in ends}


def test_all_brokers_frozen(site: Site, brokers: Brokers) -> None:
    """No POST without a grant, callbacks are refused for later, and everything goes on by itself, once."""
    upstream = Upstream(site)
    connector = site.start_watched()
    until(lambda: "connector.ready" in site.log("connector"), 60, [connector])
    for n in range(300):
        upstream.send(f"r{n}", number(n))
    until(lambda: site.record()["posts"] > 20, 60, [connector])
    for node in (1, 2, 3):
        brokers.freeze(node)
    began = time.monotonic()
    try:
        until(lambda: time.monotonic() > began + LEASE_S + 1, 60, [connector])
        posts = site.record()["posts"]
        answers = [callback(site) for _ in range(3)]
        until(lambda: time.monotonic() > began + FROZEN_S, 60, [connector])
        posts_after = site.record()["posts"]
    finally:
        for node in (1, 2, 3):
            brokers.thaw(node)
    upstream.flush()
    downstream = settle(site, 300, 120)
    truth = site.record()

    assert answers == [503] * 3
    assert posts == posts_after
    assert truth["duplicate_texts"] == 0
    assert {1} == {len(ends) for ends in downstream.finals.values()}
    assert truth["requests"] >= len(downstream.finals)
    until(lambda: site.readyz()[0] == 200 and callback(site) == 200, 60, [connector])


def test_lag_and_then_a_ledger_taken_away(site: Site) -> None:
    """The lag of a slow line is seen and goes; a start after the ledger was emptied is refused with exit code 4."""
    upstream = Upstream(site)
    connector = site.start_watched()
    until(lambda: "connector.ready" in site.log("connector"), 60, [connector])
    for n in range(100):
        upstream.send(f"r{n}", number(n))
    upstream.flush()
    series = 'sendblue_lag_records{topic="dispatch"}'
    until(lambda: site.metric(series) > 10, 30, [connector])
    aged = site.metric('sendblue_lag_seconds{topic="dispatch"}')
    until(lambda: site.metric(series) == 0, 60, [connector])
    young = site.metric('sendblue_lag_seconds{topic="dispatch"}')
    connector.terminate()
    ended = connector.wait(HANG_S)
    kafka = site.base["kafka"]
    ledger = f"{kafka['topic_prefix']}.ledger"
    admin = AdminClient({"bootstrap.servers": kafka["bootstrap_servers"], "log_level": 0})
    for done in admin.delete_records([TopicPartition(ledger, 0, -1)]).values():
        done.result(HANG_S)
    refused = site.start_connector("again")

    assert refused.wait(HANG_S) == 4
    assert "texted again" in " ".join(site.log("again").split())
    assert ended == 0
    assert aged > 0
    assert young == 0


def test_a_member_that_is_fenced_ends_and_its_successor_goes_on(site: Site) -> None:
    """A second process with the same group.instance.id: the first one says so and exits; nothing is texted twice."""
    upstream = Upstream(site)
    client = {**site.base["kafka"]["client"], "group.instance.id": "sender-0"}
    fenced = site.start_connector("fenced", kafka={"client": client})
    until(lambda: "connector.ready" in site.log("fenced"), 60, [fenced])
    for n in range(150):
        upstream.send(f"r{n}", number(n))
    upstream.flush()
    until(lambda: site.record()["posts"] > 20, 60, [fenced])
    port = site.metrics_port
    here = {"port": port, "public_url": f"http://127.0.0.1:{port}"}
    site.start_connector("successor", kafka={"client": client}, callbacks=here)
    code = fenced.wait(HANG_S)
    downstream = settle(site, 150, 180)

    assert code == 4
    assert "group.instance.id" in site.log("fenced").splitlines()[-1]
    assert site.record()["duplicate_texts"] == 0
    assert {1} == {len(ends) for ends in downstream.finals.values()}


def callback(site: Site) -> int:
    """The status of one honest callback's answer."""
    keys = {name: secret.encode() for name, secret in site.base["callbacks"]["keys"].items()}
    token = sign(Ring(keys, "k1"), "outage", "0123456789abcdef", int(time.time()) // 3600)
    body = {"message_handle": "handle-1", "status": "SENT", "is_outbound": True}
    answer = httpx2.post(
        f"http://127.0.0.1:{site.public_port}/v1/callbacks/{token}", json=body, trust_env=False, timeout=HANG_S
    )
    return answer.status_code
