"""The composition root: the one module that knows all others. It builds the roles, starts, watches and stops them.

Start: schemas, control, contacts, then the ledger to its end; only then does anything send. Stop, in words: no new
turn begins; the calls under way end; their outcomes and events become durable; offsets are committed and the groups
left; last of all the ingress closes, and the producer.
"""

import asyncio
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import random

import msgspec
import phonenumbers
import structlog

from connector import __version__
from connector.account import Account
from connector.core.facts import AlarmRaised, Fact, LedgerSeen, Observer
from connector.core.identities import body_hash, contact_hash
from connector.core.ledger import Step
from connector.core.messages import SendRequest
from connector.core.records import LedgerRecord
from connector.core.routing import Lines
from connector.core.tokens import Ring
from connector.core.turns import Policy
from connector.ends import Ends, PublishFailed
from connector.inbound import LedgerFeed, Reader, dispatch_into, parked_into, requests_into
from connector.ingress import Ingress
from connector.kafka.avro import Codec
from connector.kafka.clients import ClientSettings
from connector.kafka.consumer import GroupConsumer
from connector.kafka.control import contacts_of, control_of
from connector.kafka.producer import KafkaProducer
from connector.kafka.registry import Registry, RegistryAway, RegistrySettings
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import LogTail, read_table
from connector.kafka.topics import TopicNames
from connector.line_worker import work
from connector.outbound import Calls, LedgerTopic, OutTopics
from connector.reconciler import Reconciler
from connector.replica import Replica
from connector.router import Router
from connector.sendblue.client import SendblueClient
from connector.sendblue.credentials import Credentials
from connector.sender import LineInfo, Sender, Surroundings
from connector.settings import Settings, secret
from connector.web.callbacks import callbacks_app
from connector.web.health import health_app
from connector.web.server import WebServer

ROLES = ("router", "sender", "ingress", "reconciler")
COMMIT_S = 1.0  # how often next offsets are committed; a replay of one second costs no text, only ledger reads
ASK_REGISTRY_S = 1.0
FIRST = asyncio.FIRST_COMPLETED


class StartRefused(Exception):  # noqa: N818 - an instruction to the operator
    """The connector will not start like this; the sentence says why and what to do."""


@dataclass
class Connector:
    """One process of the connector. ``observe`` hears every fact; ``client_extra`` goes to every Kafka client."""

    settings: Settings
    roles: tuple[str, ...] = ROLES
    observe: Observer = field(default=lambda _: None)
    client_extra: Mapping[str, str] = field(default_factory=dict)
    preflight: bool = True

    def __post_init__(self) -> None:
        self.log = structlog.stdlib.get_logger("connector")
        self.ready = asyncio.Event()
        self.waiting_for: dict[str, str] = {}
        self.owner = secrets.token_hex(8)
        self.names = TopicNames.with_prefix(self.settings.kafka.topic_prefix)
        self._closers: list[Callable[[], object]] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set. Raises StartRefused, KafkaFatal, OSError (a port is taken)."""
        loop = asyncio.get_running_loop()
        health = WebServer(
            health_app(self.reasons, self.status),
            self.settings.observability.host,
            self.settings.observability.health_port,
        )
        await health.start()
        self.health_port = health.port
        try:
            await self._build(loop)
            await self._until(stop)
        finally:
            self.waiting_for["draining"] = "the connector is stopping"
            await self._stop()
            await health.stop()

    def reasons(self) -> list[str]:
        """Why the connector is not ready, one sentence each."""
        return list(self.waiting_for.values()) + ([] if self.ready.is_set() else ["the connector is starting"])

    def status(self) -> dict[str, object]:
        """The state for people, without anything personal."""
        state: dict[str, object] = {"version": __version__, "roles": self.roles, "not_ready": self.reasons()}
        if replica := getattr(self, "replica", None):
            fold, views = replica.fold, replica.views
            state["ledger"] = {"offset": replica.next_offset, "requests": len(fold), "open": views.open_attempts()}
        if sender := getattr(self, "sender", None):
            state["lines"] = {
                lane.line.alias: {"held": len(lane.window), "waiting": lane.window.waiting()}
                for lane in sender.lanes.values()
            }
        if reconciler := getattr(self, "reconciler", None):
            state["parked"] = len(reconciler)
        return state

    async def _build(self, loop: asyncio.AbstractEventLoop) -> None:
        settings, names = self.settings, self.names
        self.hash_key = secret(settings.ledger.hash_key, settings.ledger.hash_key_file, "ledger.hash_key").encode()
        self.clients = ClientSettings(
            settings.kafka.bootstrap_servers,
            extra={**settings.kafka.client, **self.client_extra},
            group_protocol=settings.kafka.group_protocol,
        )
        self.codec = await self._codec()
        reader = Reader(self.codec, self._registry_state)
        self.producer = KafkaProducer(self.clients, loop)
        self.partitions = await self._control()
        log = LedgerTopic(self.producer, self.codec, names.ledger)
        self.replica = Replica(self.owner, log, self._ledger_seen)
        reached = await self._contacts()
        tail = await self._tail(reader, loop)
        if tail.first_offset and reached is not None and tail.first_offset > reached + 1:
            raise StartRefused(
                "the ledger begins after what the contacts topic knows: run a reconciler, or `ledger adopt`"
            )
        self.out = OutTopics(self.producer, self.codec, names, self.partitions, settings.content, self.hash_key)
        self.ring = Ring(
            {name: key.get_secret_value().encode() for name, key in settings.callbacks.keys.items()},
            settings.callbacks.signing_key or next(iter(settings.callbacks.keys), ""),
        )
        self.fatal: list[asyncio.Future[None]] = [self.producer.fatal, tail.fatal]
        self.consumers: list[tuple[GroupConsumer, Callable[[], dict[int, int]]]] = []
        for role in self.roles:
            await getattr(self, f"_start_{role}")(reader, log, loop)
        self.ready.set()
        self.log.info("connector.ready", roles=" ".join(self.roles), owner=self.owner)

    async def _codec(self) -> Codec:
        part = self.settings.registry
        password = part.password.get_secret_value() if part.password else None
        registry = Registry(RegistrySettings(part.url, part.user, password))
        codec = Codec(registry, subjects(self.names))
        while True:
            try:
                await codec.prepare(part.auto_register)
            except RegistryAway as away:
                self._registry_state(str(away))
                await asyncio.sleep(ASK_REGISTRY_S)
            else:
                self._registry_state(None)
                return codec

    async def _control(self) -> dict[str, int]:
        table = await asyncio.to_thread(read_table, self.clients, self.names.control)
        partitions = control_of(self.codec, table).partitions
        if missing := [line.alias for line in self.settings.lines if line.alias not in partitions]:
            raise StartRefused(f"lines without a partition: {', '.join(missing)}; run `kafka-sendblue topics apply`")
        return partitions

    async def _contacts(self) -> int | None:
        table = await asyncio.to_thread(read_table, self.clients, self.names.contacts)
        bindings, reached = contacts_of(self.codec, table)
        for contact, (line, grant_offset) in bindings.items():
            self.replica.views.load_binding(contact, line, grant_offset)
        return reached

    async def _tail(self, reader: Reader, loop: asyncio.AbstractEventLoop) -> LogTail:
        feed = LedgerFeed(self.replica, self.codec, reader, self.mono)
        self.waiting_for["ledger"] = "the ledger is being read"
        tail = LogTail(self.clients, self.names.ledger, feed.take, self.replica.restored.set, loop)
        tail.start()
        self._closers.append(tail.close)
        restored = asyncio.create_task(_signalled(self.replica.restored))
        await asyncio.wait([restored, tail.fatal], return_when=FIRST)
        if tail.fatal.done():
            tail.fatal.result()
        del self.waiting_for["ledger"]
        return tail

    async def _start_router(self, reader: Reader, _: LedgerTopic, loop: asyncio.AbstractEventLoop) -> None:
        lines = Lines(
            {line.number: line.alias for line in self.settings.lines},
            tuple(line.alias for line in self.settings.lines if line.pool),
        )
        ends = Ends(self.out, self.now_ms, self.observe, "router")
        box: list[GroupConsumer] = []
        router = Router(
            self.replica,
            lines,
            ends,
            possible,
            self.now_ms,
            self.observe,
            self.hash_key,
            lambda partition, full: box[0].pause(partition, full),  # noqa: PLW0108 - box is filled later
        )
        feed = requests_into(router, reader)
        consumer = GroupConsumer(self.clients, self._group("router"), self.names.requests, feed, loop)
        box.append(consumer)
        self._consume(consumer, router.next_offsets)

    async def _start_sender(self, reader: Reader, _: LedgerTopic, loop: asyncio.AbstractEventLoop) -> None:
        api = self.settings.sendblue
        client = SendblueClient(api.base_url, self.credentials)
        self._closers.append(client.aclose)
        numbers = {line.alias: line.number for line in self.settings.lines}
        calls = Calls(client, numbers, self.ring, self.settings.callbacks.public_url, self.now_ms)
        box: list[Sender] = []
        account = Account(calls.probe, self.mono, lambda: box[0].stir())  # noqa: PLW0108 - box is filled later
        around = Surroundings(
            self.replica,
            calls,
            Ends(self.out, self.now_ms, self.observe, "sender"),
            account,
            self._policy(),
            self,
            self,
            self.observe,
            self.hash_key,
        )
        consumers: list[GroupConsumer] = []
        self.sender = Sender(
            [LineInfo(i.alias, self.partitions[i.alias], i.gap_s, i.in_flight) for i in self.settings.lines],
            around,
            work,
            lambda partition, full: consumers[0].pause(partition, full),  # noqa: PLW0108 - filled later
        )
        box.append(self.sender)
        feed = dispatch_into(self.sender, reader)
        consumers.append(GroupConsumer(self.clients, self._group("sender"), self.names.dispatch, feed, loop))
        self._consume(consumers[0], self.sender.next_offsets)

    async def _start_ingress(self, _: Reader, log: LedgerTopic, loop: asyncio.AbstractEventLoop) -> None:
        del loop
        ingress = Ingress(
            self.ring,
            self.replica,
            log,
            self.out,
            msgspec.json.decode,
            self.now_ms,
            self.observe,
            (PublishFailed,),
        )
        part = self.settings.callbacks
        web = WebServer(callbacks_app(ingress.accept), part.host, part.port)
        await web.start()
        self.callback_port = web.port
        self._closers.append(web.stop)

    async def _start_reconciler(self, reader: Reader, _: LedgerTopic, loop: asyncio.AbstractEventLoop) -> None:
        ends = Ends(self.out, self.now_ms, self.observe, "reconciler")
        self.reconciler = Reconciler(self.replica, ends, self.out, self.mono, self.observe)
        feed = parked_into(self.reconciler, reader, self._hashes)
        consumer = GroupConsumer(
            self.clients, self._group("reconciler"), self.names.parked, feed, loop, from_beginning=True
        )
        self._consume(consumer, dict)

    def _consume(self, consumer: GroupConsumer, next_offsets: Callable[[], dict[int, int]]) -> None:
        self.fatal.append(consumer.fatal)
        self.consumers.append((consumer, next_offsets))
        consumer.start()

    async def _until(self, stop: asyncio.Event) -> None:
        stopped = asyncio.create_task(_signalled(stop))
        while not stopped.done():
            await asyncio.wait([stopped, *self.fatal], timeout=COMMIT_S, return_when=FIRST)
            for fatal in self.fatal:
                if fatal.done():
                    fatal.result()
            for consumer, next_offsets in self.consumers:
                if offsets := next_offsets():
                    consumer.commit(offsets)
            fold, views = self.replica.fold, self.replica.views
            self.observe(LedgerSeen(0, len(fold), views.open_attempts()))

    async def _stop(self) -> None:
        await asyncio.gather(*(consumer.close() for consumer, _ in getattr(self, "consumers", ())))
        if replica := getattr(self, "replica", None):
            await replica.drain()
        for close in reversed(self._closers):
            result = close()
            if asyncio.iscoroutine(result):
                await result
        if producer := getattr(self, "producer", None):
            await producer.close()

    def _policy(self) -> Policy:
        settings = self.settings
        return Policy(
            in_doubt=settings.in_doubt.policy,
            park_after_s=settings.in_doubt.park_after_s,
            default_ttl_ms=int(settings.default_ttl_s * 1000),
            use_bound_line=settings.line_conflict == "use_bound",
            lease_s=settings.ledger.lease_s,
            unknown_code=settings.sendblue.unknown_code,
        )

    def credentials(self) -> Credentials:
        api = self.settings.sendblue
        return Credentials(
            secret(api.api_key_id, api.api_key_id_file, "sendblue.api_key_id"),
            secret(api.api_secret_key, api.api_secret_key_file, "sendblue.api_secret_key"),
        )

    def _hashes(self, request: SendRequest) -> tuple[bytes, bytes]:
        return contact_hash(request, self.hash_key), body_hash(request, self.hash_key)

    def _group(self, role: str) -> str:
        return f"{self.settings.kafka.group_prefix}-{self.settings.name}-{role}"

    def _registry_state(self, why: str | None) -> None:
        if why is None:
            self.waiting_for.pop("registry", None)
        elif self.waiting_for.get("registry") != why:
            self.waiting_for["registry"] = why
            self.log.warning("registry.away", reason=why)

    def _ledger_seen(self, _: LedgerRecord, step: Step) -> None:
        if step.alarm is not None:
            self.observe(AlarmRaised(str(step.alarm)))

    def mono(self) -> float:
        """Boot-time seconds: it goes on while the machine sleeps, so a lease ends even then."""
        return time.clock_gettime(time.CLOCK_BOOTTIME)

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""
        return time.time_ns() // 1_000_000

    def attempt(self) -> str:
        """64 random bits, never the same twice."""
        return secrets.token_hex(8)

    def jitter(self) -> float:
        """A number in [0, 1)."""
        return random()  # noqa: S311 - spreads retries; nothing secret


def subjects(names: TopicNames) -> dict[SchemaName, str]:
    """The registry subject of each schema."""
    topics = {
        SchemaName.SEND_REQUEST: names.requests,
        SchemaName.MESSAGE_EVENT: names.events,
        SchemaName.DISPATCH: names.dispatch,
        SchemaName.LEDGER: names.ledger,
        SchemaName.PARKED: names.parked,
        SchemaName.CONTACT: names.contacts,
        SchemaName.CONTROL: names.control,
    }
    return {name: f"{topic}-value" for name, topic in topics.items()}


def possible(number: str) -> bool:
    """Whether the numbering plan knows numbers of this length and country; fictional ones count."""
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False


async def _signalled(event: asyncio.Event) -> None:
    await event.wait()


def both(*listeners: Observer) -> Observer:
    """One observer that tells several."""

    def tell(fact: Fact, /) -> None:
        for listener in listeners:
            listener(fact)

    return tell
