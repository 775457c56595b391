"""What waits for a person, on real brokers, by the commands alone: dead letters, parked requests, a lost ledger."""

import asyncio
import json
import signal
import subprocess
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import ConsumerGroupTopicPartitions, TopicPartition
from confluent_kafka.admin import AdminClient

from connector.commands import operations
from connector.commands.dlq_commands import listed
from connector.commands.ledger_reading import LedgerSaysOtherwise, reading
from connector.commands.parked_commands import parked
from connector.commands.story_commands import inspect
from connector.core.events import ContentPolicy
from connector.core.identities import body_hash, contact_hash
from connector.core.messages import Dispatch, Origin, SendRequest, Source
from connector.core.parking import parked_key
from connector.core.records import Intent, Park
from connector.core.steps import Held
from connector.kafka.avro import Codec
from connector.kafka.producer import KafkaProducer
from connector.settings import Settings
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.server import running
from connector.wiring.installation import clients_of, hash_key_of, names_of, registry_of, subjects
from connector.wiring.outbound import OutTopics
from tests.real.site import HANG_S, Site
from tests.real.upstream import Upstream

REFUSED: dict[str, object] = {"http": 400, "status": "ERROR", "error_code": 4002, "error_message": "blacklisted"}
NUMBER, OTHER = "+12025550123", "+12025550124"


class Desk:
    """An operator's: the commands, and the simulator at hand."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.simulator = Simulator(SimulatorSettings(tuple(site.numbers)))

    async def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """One command to its end."""
        return await asyncio.to_thread(self.site.command, *words)

    async def json(self, *words: str) -> Any:
        """What it tells machines."""
        done = await self.run(*words, "--json")
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    async def until(self, name: str, ask: Callable[[Settings], Awaitable[object]], within_s: float = 300.0) -> None:
        """Ask again, in this process, until the answer names this."""
        end = time.monotonic() + within_s
        while name not in (told := await self._told(ask)):
            assert time.monotonic() < end, f"{name} not within {within_s:g} s: {told}\n{self.site.log('connector')}"
            await asyncio.sleep(0.2)

    async def _told(self, ask: Callable[[Settings], Awaitable[object]]) -> str:
        """The answer; a request that the ledger does not know yet is one too."""
        try:
            return repr(await ask(self.site.settings()))
        except LedgerSaysOtherwise as unknown:
            return str(unknown)

    async def submitted(self, request_id: str) -> None:
        """Its event is there."""
        await self.until("'type': 'SUBMITTED'", lambda settings: inspect(settings, request_id, events=True))

    async def connector(self) -> "subprocess.Popen[bytes]":
        """Start it; return once it is ready."""
        process, before = self.site.start_connector(), self.site.log("connector").count("connector.ready")
        end = time.monotonic() + 200
        while self.site.log("connector").count("connector.ready") == before:
            assert process.poll() is None, self.site.log("connector")
            assert time.monotonic() < end, self.site.log("connector")
            await asyncio.sleep(0.1)
        return process

    async def stop(self, process: "subprocess.Popen[bytes]") -> None:
        """As a deploy does."""
        process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(process.wait, HANG_S) == 0, self.site.log("connector")

    def texts(self) -> int:
        """How many went out."""
        return int(self.simulator.record.totals()["texts"])


@pytest.fixture
async def desk(tmp_path: Path, bootstrap: str, registry_url: str) -> AsyncIterator[Desk]:
    """Topics applied, the simulator running in this process."""
    site = Site(tmp_path, bootstrap, registry_url)
    one = Desk(site)
    await operations.topics(site.settings(), apply=True)
    async with running(one.simulator, port=site.api_port):
        try:
            yield one
        finally:
            site.close()


async def test_a_dead_letter_goes_round_and_a_parked_request_gets_its_word(desk: Desk) -> None:
    """Refused by a fault; the fault gone, redriven: texted once. A parked one: not without risk, then by its handle."""
    desk.simulator.faults.queued.append(REFUSED)
    await desk.connector()
    upstream = Upstream(desk.site)
    upstream.send("r1", NUMBER)
    upstream.flush()
    await desk.until("4002", listed)
    (letter,) = await desk.json("dlq", "list")
    assert (letter["reason"], letter["count"], desk.texts()) == ("4002", 1, 0)
    shown = await desk.run("dlq", "show")
    assert "sendblue.requests" not in shown.stderr
    assert NUMBER not in shown.stdout
    assert NUMBER in (await desk.run("dlq", "show", "--payload")).stdout

    ask = ("dlq", "redrive", "--reason", "4002", "--since", "2020-01-01", "--rate", "100")
    dry = await desk.json(*ask, "--dry-run")
    first = await desk.json(*ask)
    await desk.submitted("r1")
    again, anew = await desk.json(*ask), await desk.json(*ask, "--from-beginning")
    story = await desk.json("ledger", "inspect", "r1", "--events")

    assert dry["redriven"] == first["redriven"] == {"4002": 1}
    assert again["redriven"] == anew["redriven"] == {}
    assert [left["why"] for left in anew["left"]] == ["submitted: it went out"]
    assert desk.texts() == 1
    assert [line["verdict"] for line in story["ledger"] if line["kind"] == "INTENT"] == ["GRANTED", "GRANTED"]
    assert [event["type"] for event in story["events"] if event["final"]] == ["REJECTED", "SUBMITTED"]

    await put_parked(desk, upstream, "p1")
    (row,) = await desk.json("parked", "list")
    assert (row["request_id"], row["reason"], row["proved_unsent"], row["note"]) == ("p1", "IN_DOUBT", False, "")
    refused = await desk.run("parked", "resolve", "p1", "--not-sent")
    sent = await desk.run("parked", "resolve", row["attempt"], "--sent", "h-17", "--operator", "ann")
    late = await desk.run("parked", "resolve", "p1", "--drop")
    await desk.submitted("p1")
    events = (await inspect(desk.site.settings(), "p1", events=True)).events or []

    assert [refused.returncode, sent.returncode, late.returncode] == [7, 0, 6], sent.stderr
    assert "twice" in refused.stderr
    assert "h-17" in sent.stdout
    assert "SUBMITTED with handle h-17" in late.stderr
    assert [event["message_handle"] for event in events if event["final"]] == ["h-17"]
    await desk.until("[]", parked)
    assert desk.texts() == 1


async def put_parked(desk: Desk, upstream: Upstream, request_id: str) -> None:
    """A request that was granted, never proved, and parked: by the ledger and the parked topic."""
    settings, now_ms = desk.site.settings(), time.time_ns() // 1_000_000
    request = SendRequest(request_id, number=OTHER, content=f"Hello #req:{request_id}")
    contact, body = (hash_of(request, hash_key_of(settings)) for hash_of in (contact_hash, body_hash))
    origin, attempt = Origin(names_of(settings).requests, 0, 999), "ab" * 8
    source = Source(OTHER.encode(), upstream.encode(request_id, OTHER), (), now_ms)
    held = Held(Dispatch(request, origin, now_ms, "line-0", source=source), now_ms, contact, body)
    async with reading(settings) as replica:
        await replica.record(Intent(attempt, request_id, "line-0", contact, body, now_ms, origin, 0, "gone"))
        await replica.record(Park(attempt, request_id, origin, "line-0", contact, "IN_DOUBT"))
    codec = Codec(registry_of(settings), subjects(names_of(settings)))
    await codec.prepare(auto_register=True)
    producer = KafkaProducer(clients_of(settings), asyncio.get_running_loop())
    out = OutTopics(producer, codec, names_of(settings), {}, ContentPolicy.FULL, b"")
    await out.parked(parked_key(origin, attempt), held, attempt)
    await producer.close()


async def test_a_lost_ledger_is_adopted(desk: Desk) -> None:
    """Emptied, and all offsets back at zero: the start is refused; adopted, the old one is parked, a new one texted."""
    connector, upstream = await desk.connector(), Upstream(desk.site)
    upstream.send("old", NUMBER)
    upstream.flush()
    await desk.submitted("old")
    await desk.stop(connector)
    await asyncio.to_thread(empty_the_ledger, desk.site)
    refused = await desk.run("run")
    timeless = await desk.run("ledger", "adopt", "--yes")
    unasked = await desk.run("ledger", "adopt", "--park-before", just_now())
    adopted = await desk.run("ledger", "adopt", "--park-before", just_now(), "--yes", "--operator", "ann")
    await asyncio.to_thread(back_to_zero, desk.site)
    await desk.connector()
    upstream.send("new", OTHER)
    upstream.flush()
    await desk.until("old", parked)
    (row,) = await desk.json("parked", "list")
    await desk.submitted("new")

    assert [done.returncode for done in (refused, timeless, unasked, adopted)] == [4, 6, 7, 0], adopted.stderr
    assert "ledger adopt" in refused.stderr
    assert row["reason"] == "LEDGER_LOST"
    assert desk.texts() == 2
    assert desk.simulator.record.totals()["duplicate_texts"] == 0


def just_now() -> str:
    """As an operator writes it; clocks are allowed five minutes, and the test has no time to wait for them."""
    return (datetime.now(UTC) - timedelta(minutes=5)).isoformat()


def empty_the_ledger(site: Site) -> None:
    """What a topic made anew looks like."""
    settings = site.settings()
    client = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers, "log_level": 0})
    for done in client.delete_records([TopicPartition(names_of(settings).ledger, 0, -1)]).values():
        done.result(HANG_S)


def back_to_zero(site: Site) -> None:
    """The router reads every request again."""
    settings = site.settings()
    client = AdminClient({"bootstrap.servers": settings.kafka.bootstrap_servers, "log_level": 0})
    group, topic = f"{settings.kafka.group_prefix}-test-router", names_of(settings).requests
    places = [TopicPartition(topic, partition, 0) for partition in range(settings.kafka.partitions)]
    for done in client.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(group, places)]).values():
        done.result(HANG_S)


async def test_who_has_opted_out_is_texted_nothing_until_taken_in_again(desk: Desk) -> None:
    """By the commands, with a connector at work, and after its restart; numbers by a file, and none is printed."""
    numbers = desk.site.folder / "numbers.txt"
    numbers.write_text(f"{NUMBER}\n")
    process, upstream = await desk.connector(), Upstream(desk.site)
    (added,) = await desk.json("optouts", "add", "--number-file", str(numbers))
    await desk.stop(process)
    await desk.connector()
    upstream.send("r1", NUMBER)
    upstream.send("r2", OTHER)
    upstream.flush()
    await desk.submitted("r2")
    await desk.until("'code': 'OPTED_OUT'", lambda settings: inspect(settings, "r1", events=True))
    listed_ = await desk.json("optouts", "list")
    unasked = await desk.run("optouts", "remove", "--contact", added["contact"])
    (removed,) = await desk.json("optouts", "remove", "--contact", added["contact"], "--yes")
    shown = await desk.run("optouts", "check", "--number-file", str(numbers))
    upstream.send("r3", NUMBER)
    upstream.flush()
    await desk.submitted("r3")

    assert (added["opted_out"], listed_, removed["opted_out"]) == (True, [added], False)
    assert unasked.returncode == 7
    assert NUMBER[-10:] not in shown.stdout + shown.stderr + unasked.stderr
    assert desk.texts() == 2
