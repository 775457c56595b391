"""What refuses a start on a real Kafka: topics of somebody else, a compacted ledger, a lost one, a foreign line."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.admin._config import AlterConfigOpType, ConfigEntry, ConfigResource

from connector.app import Connector, StartRefused
from connector.commands import operations
from connector.settings import Settings, load
from tests.real.site import HANG_S, LINES, Site, until

HOUR_S = 3600


@pytest.fixture
def site(tmp_path: Path, bootstrap: str, registry_url: str) -> Iterator[Site]:
    """Topics not yet applied; the simulator has both lines."""
    one = Site(tmp_path, bootstrap, registry_url)
    one.start_simulator()
    until(lambda: "simulator on" in one.log("simulator"), 30)
    try:
        yield one
    finally:
        one.close()


async def applied(site: Site) -> Settings:
    """The topics as ``topics apply`` makes them."""
    settings = site.settings()
    await operations.topics(settings, apply=True)
    return settings


async def start(settings: Settings) -> None:
    """Start, and stop as soon as it is ready."""
    connector, stop = Connector(settings), asyncio.Event()
    running = asyncio.create_task(connector.run(stop))
    ready = asyncio.create_task(connector.ready.wait())
    await asyncio.wait([running, ready], return_when=asyncio.FIRST_COMPLETED, timeout=HANG_S)
    stop.set()
    await running
    assert ready.done()


async def refusal(settings: Settings) -> str:
    """Why it does not start."""
    with pytest.raises(StartRefused) as refused:
        await start(settings)
    return str(refused.value)


@pytest.mark.parametrize(
    ("part", "change", "told"),
    [
        ("ledger", {"hash_key": "another sixteen bytes"}, "another hash key"),
        ("sendblue", {"api_key_id": "somebody-else"}, "another account"),
    ],
)
async def test_topics_made_for_somebody_else(site: Site, part: str, change: dict[str, Any], told: str) -> None:
    """Genesis names connector, account and hash key; with other ones, neither start nor apply."""
    await applied(site)
    other = load(site.config("other", **{part: change}))

    assert told in await refusal(other)
    with pytest.raises(ValueError, match=told):
        await operations.topics(other, apply=True)


async def test_nothing_applied_and_then_everything(site: Site) -> None:
    """Every missing topic is named with the command; afterwards it starts."""
    told = await refusal(site.settings())

    assert told.count("topics apply") >= 8
    await start(await applied(site))


async def test_a_compacted_ledger(site: Site) -> None:
    """A losing INTENT could survive the winner."""
    settings = await applied(site)
    entry = ConfigEntry("cleanup.policy", "compact", incremental_operation=AlterConfigOpType.SET)
    topic = f"{settings.kafka.topic_prefix}.ledger"
    resource = ConfigResource(ConfigResource.Type.TOPIC, topic, incremental_configs=[entry])
    client = admin(site)  # kept: its answers end with it
    for done in client.incremental_alter_configs([resource]).values():
        await asyncio.to_thread(done.result, 20)

    assert "cleanup.policy is compact" in await refusal(settings)


async def test_an_emptied_ledger_and_requests_that_were_done(site: Site) -> None:
    """With nothing remembered each replay would be a text again; done work of last week is no danger."""
    settings = await applied(site)
    prefix = settings.kafka.topic_prefix
    await asyncio.to_thread(produce, site, f"{prefix}.ledger", time.time())
    places = [TopicPartition(f"{prefix}.ledger", 0, 1)]
    client = admin(site)  # kept: its answers end with it
    for done in client.delete_records(places).values():
        await asyncio.to_thread(done.result, 20)
    await asyncio.to_thread(do, site, f"{prefix}.requests", "router", time.time() - 80 * HOUR_S)
    old = [finding.ok for finding in await operations.check(settings) if finding.name == f"{prefix}.ledger"]
    await asyncio.to_thread(do, site, f"{prefix}.requests", "router", time.time() - HOUR_S)
    told = await refusal(settings)

    assert old == [True, True]
    assert f"{prefix}.requests" in told
    assert "texted again" in told
    assert "put back the ledger" in told


@pytest.mark.parametrize(("role", "faults"), [("router", []), ("ingress", ["callbacks"]), ("reconciler", ["sendblue"])])
async def test_a_check_in_a_pod_asks_for_what_its_roles_need(site: Site, role: str, faults: list[str]) -> None:
    """Nothing is wrong with a router that holds no key of the account and none of the callbacks."""
    await applied(site)
    bare = site.config("bare", sendblue={"api_key_id": None, "api_secret_key": None}, callbacks={"keys": {}})
    done = await asyncio.to_thread(site.command, "check", "--role", role, "--json", config=bare)
    found = [finding["what"] for finding in json.loads(done.stdout) if not finding["ok"]]

    assert faults == found, done.stderr
    assert done.returncode == (3 if faults else 0)


async def test_a_line_that_is_not_on_the_account(site: Site) -> None:
    """It is named by its alias."""
    site.base["lines"].append({"alias": "stranger", "number": LINES[9]})
    told = await refusal(await applied(site))

    assert "line stranger: is not on the account" in told
    assert "+1" not in told


async def test_a_sendblue_that_is_away_does_not_stop_the_start(site: Site) -> None:
    """It is ready as far as Kafka goes, and says what it has not been told."""
    site.base["sendblue"]["base_url"] = "http://127.0.0.1:1"
    settings = await applied(site)
    connector, stop = Connector(settings), asyncio.Event()
    running = asyncio.create_task(connector.run(stop))
    await asyncio.wait_for(connector.ready.wait(), HANG_S)
    told = connector.reasons()
    stop.set()
    await running

    assert ["CONNECT" in sentence for sentence in told] == [True]


def admin(site: Site) -> AdminClient:
    return AdminClient({"bootstrap.servers": site.base["kafka"]["bootstrap_servers"], "log_level": 0})


def produce(site: Site, topic: str, at: float) -> None:
    """One record of that time on partition 0."""
    producer = Producer({"bootstrap.servers": site.base["kafka"]["bootstrap_servers"], "log_level": 0})
    producer.produce(topic, b"x", partition=0, timestamp=int(at * 1000))
    assert producer.flush(20) == 0


def do(site: Site, topic: str, role: str, at: float) -> None:
    """A record of that time, and a commit behind it in the role's group."""
    produce(site, topic, at)
    kafka = site.base["kafka"]
    group = f"{kafka['group_prefix']}-test-{role}"
    client = Consumer({"bootstrap.servers": kafka["bootstrap_servers"], "group.id": group, "log_level": 0})
    _, end = client.get_watermark_offsets(TopicPartition(topic, 0), timeout=HANG_S)
    client.commit(offsets=[TopicPartition(topic, 0, end)], asynchronous=False)
    client.close()
