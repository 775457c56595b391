"""The demo: the whole connector in one process, with no Kafka, no account and no network.

An embedded broker and registry, the simulator with its faults on, several lines, upstream requests as a real producer
would write them. What was texted is counted by the simulator, never by the connector. ``naive`` sends the same load
through an ordinary at-least-once loop, so that the difference can be seen.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx2

from connector.app import Connector, both
from connector.core.messages import EventType, SendRequest
from connector.demo_plan import DemoPlan, Tally
from connector.kafka.avro import Codec
from connector.kafka.clients import ClientSettings
from connector.kafka.control import assign_partitions, line_record
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import Registry, RegistrySettings
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import LogTail
from connector.kafka.topics import TopicNames, wanted
from connector.kafka.wire_requests import request_row
from connector.observability.metrics import Metrics
from connector.settings import Settings
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.broker import CLIENT, EmbeddedBroker
from connector.simulator.registry import embedded_registry
from connector.simulator.server import running
from connector.wiring.installation import subjects
from connector.wiring.shown import told

MAX_REQUESTS = 20_000  # the embedded broker keeps 5 MiB a partition
DRAIN_S = 120.0  # after the load: an attempt that nothing proves is parked after a minute, and may hold others up
NAMES = TopicNames()
CONTACTS = 500


@dataclass
class Demo:
    """A running demo, for whoever shows it. ``addresses``: where status and metrics are."""

    plan: DemoPlan
    simulator: Simulator
    tally: Tally
    connector: Connector | None = None
    metrics: Metrics | None = None
    addresses: dict[str, str] = field(default_factory=dict)

    def report(self) -> dict[str, Any]:
        """What is known now."""
        parts = self.connector.parts if self.connector else None
        return self.tally.report(self.simulator, parts.replica.views.open_attempts() if parts else 0)


async def run(plan: DemoPlan, stop: asyncio.Event, show: Callable[[Demo], None] = lambda _: None) -> dict[str, Any]:
    """Run to the plan's end, or until ``stop`` is set; return the report."""
    specs = wanted(NAMES, 2 * plan.lines, 4, 1)
    topics = {spec.name: 1 if spec.name == NAMES.events else spec.partitions for spec in specs}
    with EmbeddedBroker(topics) as broker:
        async with embedded_registry() as registry:
            rate = 1 / plan.gap_s if plan.gap_s else 0.0
            lines = tuple(line.number for line in plan.settings("x:1", registry, "http://127.0.0.1").lines)
            simulator = Simulator(SimulatorSettings(lines, line_rate=rate), plan.faults())
            async with running(simulator) as api:
                demo = Demo(plan, simulator, Tally())
                settings = plan.settings(broker.bootstrap, registry, api)
                await (_naive if plan.naive else _connected)(demo, settings, stop, show)
                return {**demo.report(), "stopped_early": stop.is_set()}


async def _connected(demo: Demo, settings: Settings, stop: asyncio.Event, show: Callable[[Demo], None]) -> None:
    async with _upstream(settings) as (codec, producer, clients):
        await _assign(codec, producer, settings)
        metrics = demo.metrics = Metrics((line.alias for line in settings.lines), told(settings))
        demo.connector = Connector(settings, observe=both(metrics, demo.tally), client_extra=CLIENT, preflight=False)
        done = asyncio.Event()
        running_connector = asyncio.create_task(demo.connector.run(done))
        await _ready(demo.connector, running_connector)
        events = LogTail(
            clients,
            NAMES.events,
            lambda records: demo.tally.take(codec, records),
            lambda: None,
            asyncio.get_running_loop(),
        )
        events.start()
        port = metrics.serve("127.0.0.1", 0)
        demo.addresses = {
            "status": f"http://127.0.0.1:{demo.connector.health_port}/statusz",
            "metrics": f"http://127.0.0.1:{port}/metrics",
        }
        watching = asyncio.create_task(_watch(demo, show))
        await _load(demo, codec, producer, stop)
        await _drained(demo, stop)
        show(demo)
        watching.cancel()
        done.set()
        await running_connector
        await events.close()


async def _naive(demo: Demo, settings: Settings, stop: asyncio.Event, show: Callable[[Demo], None]) -> None:
    """An ordinary sink: POST until it is answered 2xx, then go on."""
    async with _upstream(settings) as (codec, producer, clients):
        queue: asyncio.Queue[KafkaRecord] = asyncio.Queue()
        loop = asyncio.get_running_loop()

        def take(records: Sequence[KafkaRecord]) -> None:
            for record in records:
                queue.put_nowait(record)

        tail = LogTail(clients, NAMES.requests, take, lambda: None, loop)
        tail.start()
        workers = [asyncio.create_task(_retrying(demo, settings, codec, queue)) for _ in settings.lines]
        watching = asyncio.create_task(_watch(demo, show))
        await _load(demo, codec, producer, stop, partition=0)
        await _drained(demo, stop)
        for task in (*workers, watching):
            task.cancel()
        await tail.close()


async def _retrying(demo: Demo, settings: Settings, codec: Codec, queue: "asyncio.Queue[KafkaRecord]") -> None:
    headers = {"sb-api-key-id": "demo-key", "sb-api-secret-key": "demo-secret"}
    async with httpx2.AsyncClient(base_url=settings.sendblue.base_url, headers=headers, trust_env=False) as client:
        while True:
            row = codec.decode(SchemaName.SEND_REQUEST, (await queue.get()).value)
            line = settings.lines[hash(row["number"]) % len(settings.lines)].number
            body = {"number": row["number"], "content": row["content"], "from_number": line}
            while True:
                try:
                    answer = await client.post("/api/send-message", json=body)
                    if answer.is_success and answer.json():
                        break
                except (httpx2.TransportError, ValueError):
                    pass
                await asyncio.sleep(0.05)
            demo.tally.finals[row["request_id"]] = EventType.SUBMITTED


@contextlib.asynccontextmanager
async def _upstream(settings: Settings) -> AsyncIterator[tuple[Codec, KafkaProducer, ClientSettings]]:
    clients = ClientSettings(settings.kafka.bootstrap_servers, extra=CLIENT, group_protocol="consumer")
    codec = Codec(Registry(RegistrySettings(settings.registry.url)), subjects(NAMES))
    await codec.prepare(auto_register=True)
    producer = KafkaProducer(clients, asyncio.get_running_loop())
    try:
        yield codec, producer, clients
    finally:
        await producer.close()


async def _assign(codec: Codec, producer: KafkaProducer, settings: Settings) -> None:
    """What ``topics apply`` writes: each line's partitions."""
    for line, places in assign_partitions({}, [line.alias for line in settings.lines]).items():
        key, value = line_record(codec, line, places)
        await producer.send(NAMES.control, key=key, value=value, partition=0)


async def _ready(connector: Connector, task: "asyncio.Task[None]") -> None:
    ready = asyncio.create_task(connector.ready.wait())
    await asyncio.wait({ready, task}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()


async def _load(demo: Demo, codec: Codec, producer: KafkaProducer, stop: asyncio.Event, partition: int = -1) -> None:
    plan, tally = demo.plan, demo.tally
    began = time.monotonic()
    while not stop.is_set() and time.monotonic() - began < plan.seconds and tally.produced < MAX_REQUESTS:
        due = int((time.monotonic() - began) * plan.rate)
        while tally.produced < min(due, MAX_REQUESTS):
            n = tally.produced
            request_id = f"demo-{plan.seed}-{n:05d}"
            number = f"+1{202 + n % CONTACTS // 100}55501{n % 100:02d}"
            request = SendRequest(request_id, number=number, content=f"Hello! #req:{request_id}")
            value = codec.encode(SchemaName.SEND_REQUEST, request_row(request))
            tally.produced += 1
            await producer.send(NAMES.requests, key=number.encode(), value=value, partition=partition)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.02)


async def _drained(demo: Demo, stop: asyncio.Event) -> None:
    until = time.monotonic() + DRAIN_S
    while not stop.is_set() and demo.tally.settled < demo.tally.produced and time.monotonic() < until:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), 0.1)


async def _watch(demo: Demo, show: Callable[[Demo], None]) -> None:
    while True:
        show(demo)
        await asyncio.sleep(0.25)
