"""The composition root: the one module that knows all others. It builds the roles, starts, watches and stops them.

Start: schemas, control, contacts, then the ledger to its end; only then does anything send. Stop, in words: no new
turn begins; the calls under way end; their outcomes and events become durable; offsets are committed and the groups
left; last of all the ingress closes, and the producer.
"""

import asyncio
import contextlib
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import structlog

from connector import __version__
from connector.assembly import ROLES, Parts, start_digester
from connector.core.facts import AlarmRaised, Fact, LedgerSeen, Observer
from connector.core.ledger import Step
from connector.core.records import LedgerRecord
from connector.inbound import Reader
from connector.kafka.avro import Codec, Undecodable
from connector.kafka.clients import ClientSettings
from connector.kafka.control import contacts_of, control_of
from connector.kafka.producer import KafkaProducer
from connector.kafka.registry import Registry, RegistryAway, RegistrySettings, SchemaRefused, UnknownSchema
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import LogTail, read_table
from connector.kafka.topics import TopicNames
from connector.kafka.wire_ledger import UNKNOWN_RULES
from connector.ledger_feed import LedgerFeed
from connector.outbound import LedgerTopic, OutTopics
from connector.replica import Replica
from connector.settings import Settings, secret
from connector.system import System
from connector.web.health import health_app
from connector.web.server import WebServer

COMMIT_S = 1.0  # how often next offsets are committed; a replay of one second costs no text, only ledger reads
ASK_REGISTRY_S = 1.0
FIRST = asyncio.FIRST_COMPLETED


class StartRefused(Exception):  # noqa: N818 - an instruction to the operator
    """The connector will not start like this; the sentence says why and what to do."""


@dataclass
class Connector:
    """One process of the connector. ``observe`` hears every fact; ``client_extra`` goes to every Kafka client."""

    settings: Settings
    roles: tuple[str, ...] = tuple(ROLES)
    observe: Observer = field(default=lambda _: None)
    client_extra: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.log = structlog.stdlib.get_logger("connector")
        self.ready = asyncio.Event()
        self.waiting_for: dict[str, str] = {}
        self.owner = secrets.token_hex(8)
        self.parts: Parts | None = None
        self.health_port = 0
        self._producer: KafkaProducer | None = None
        self._tail: LogTail | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set. Raises StartRefused, KafkaFatal, OSError (a port is taken), ValueError."""
        part = self.settings.observability
        health = WebServer(health_app(self.reasons, self.status), part.host, part.health_port)
        await health.start()
        self.health_port = health.port
        try:
            parts = await self._build(asyncio.get_running_loop())
            start_digester(parts)
            for role in self.roles:
                await ROLES[role](parts)
            self.ready.set()
            self.log.info("connector.ready", roles=" ".join(self.roles), owner=self.owner)
            await self._until(stop, parts)
        finally:
            self.waiting_for["draining"] = "the connector is stopping"
            await self._stop()
            await health.stop()

    def reasons(self) -> list[str]:
        """Why the connector is not ready, one sentence each."""
        rules = unknown_rules(self.parts.replica.fold.unknown_rules) if self.parts is not None else []
        starting = [] if self.ready.is_set() else ["the connector is starting"]
        return [*self.waiting_for.values(), *rules, *starting]

    def status(self) -> dict[str, object]:
        """The state for people, without anything personal."""
        state: dict[str, object] = {"version": __version__, "roles": self.roles, "not_ready": self.reasons()}
        if self.parts is None:
            return state
        replica, sender, reconciler = self.parts.replica, self.parts.sender, self.parts.reconciler
        fold, views = replica.fold, replica.views
        state["ledger"] = {"offset": replica.next_offset, "requests": len(fold), "open": views.open_attempts()}
        lanes = sender.lanes.values() if sender else ()
        state["lines"] = {
            lane.line.alias: {"held": len(lane.window), "waiting": lane.window.waiting()} for lane in lanes
        }
        state["parked"] = len(reconciler) if reconciler else None
        return state

    async def _build(self, loop: asyncio.AbstractEventLoop) -> Parts:
        settings, names = self.settings, TopicNames.with_prefix(self.settings.kafka.topic_prefix)
        ledger, kafka, system = settings.ledger, settings.kafka, System()
        hash_key = secret(ledger.hash_key, ledger.hash_key_file, "ledger.hash_key").encode()
        extra = {**kafka.client, **self.client_extra}
        clients = ClientSettings(kafka.bootstrap_servers, extra=extra, group_protocol=kafka.group_protocol)
        codec = await self._codec(names)
        reader = Reader(codec, self._registry_state)
        self._producer = KafkaProducer(clients, loop)
        partitions = await self._control(reader, clients, names)
        log = LedgerTopic(self._producer, codec, names.ledger)
        replica = Replica(self.owner, log, self._ledger_seen)
        reached = await self._contacts(reader, clients, names, replica)
        feed = LedgerFeed(replica, codec, reader, system.mono)
        self._tail = LogTail(clients, names.ledger, feed.take, feed.at_end, loop)
        await self._restore(self._tail, feed, replica, reached)
        out = OutTopics(self._producer, codec, names, partitions, settings.content, hash_key)
        self.parts = Parts(
            settings, names, clients, reader, replica, log, out, partitions, hash_key, self.observe, system
        )
        self.parts.watches += [feed.watch, replica.watch]
        self.parts.closers.append(feed.close)
        return self.parts

    async def _codec(self, names: TopicNames) -> Codec:
        part = self.settings.registry
        password = part.password.get_secret_value() if part.password else None
        codec = Codec(Registry(RegistrySettings(part.url, part.user, password)), subjects(names))
        while True:
            try:
                await codec.prepare(part.auto_register)
            except RegistryAway as away:
                self._registry_state(str(away))
                await asyncio.sleep(ASK_REGISTRY_S)
            except (UnknownSchema, SchemaRefused) as error:
                raise StartRefused(f"{error}; run `kafka-sendblue schemas register`, then `schemas check`") from None
            else:
                self._registry_state(None)
                return codec

    async def _control(self, reader: Reader, clients: ClientSettings, names: TopicNames) -> dict[str, int]:
        table = await asyncio.to_thread(read_table, clients, names.control)
        with _readable(names.control):
            partitions = (await control_of(reader.row, table)).partitions
        if missing := [line.alias for line in self.settings.lines if line.alias not in partitions]:
            raise StartRefused(f"lines without a partition: {', '.join(missing)}; run `kafka-sendblue topics apply`")
        return partitions

    async def _contacts(
        self, reader: Reader, clients: ClientSettings, names: TopicNames, replica: Replica
    ) -> int | None:
        table = await asyncio.to_thread(read_table, clients, names.contacts)
        with _readable(names.contacts):
            bindings, reached = await contacts_of(reader.row, table)
        for contact, (line, grant_offset) in bindings.items():
            replica.views.load_binding(contact, line, grant_offset)
        return reached

    async def _restore(self, tail: LogTail, feed: LedgerFeed, replica: Replica, reached: int | None) -> None:
        self.waiting_for["ledger"] = "the ledger is being read"
        tail.start()
        restored = asyncio.create_task(_signalled(replica.restored))
        await asyncio.wait([restored, tail.fatal, feed.watch.failed], return_when=FIRST)
        for fatal in (tail.fatal, feed.watch.failed):
            if fatal.done():
                fatal.result()
        if tail.first_offset and (reached is None or tail.first_offset > reached + 1):
            raise StartRefused(
                "the ledger begins after what the contacts topic knows, so lines of contacts may be missing: "
                "run the reconciler of a replica that still has them"
            )
        del self.waiting_for["ledger"]

    async def _until(self, stop: asyncio.Event, parts: Parts) -> None:
        fatal = [consumer.fatal for consumer, _ in parts.consumers]
        fatal += [client.fatal for client in (self._producer, self._tail) if client is not None]
        fatal += [watch.failed for watch in parts.watches]
        stopped = asyncio.create_task(_signalled(stop))
        while not stopped.done():
            await asyncio.wait([stopped, *fatal], timeout=COMMIT_S, return_when=FIRST)
            for one in fatal:
                if one.done():
                    one.result()
            self._each_second(parts)

    def _each_second(self, parts: Parts) -> None:
        for consumer, next_offsets in parts.consumers:
            if offsets := next_offsets():
                consumer.commit(offsets)
        fold, views = parts.replica.fold, parts.replica.views
        self.observe(LedgerSeen(0, len(fold), views.open_attempts()))

    async def _stop(self) -> None:
        if self.parts is not None:
            await asyncio.gather(*(consumer.close() for consumer, _ in self.parts.consumers))
            await asyncio.gather(*(feed.close() for feed in self.parts.feeds))
            await self.parts.replica.drain()
            for close in reversed(self.parts.closers):
                await close()
        if self._tail is not None:
            await self._tail.close()
        if self._producer is not None:
            await self._producer.close()

    def _registry_state(self, why: str | None) -> None:
        if why is None:
            self.waiting_for.pop("registry", None)
        elif self.waiting_for.get("registry") != why:
            self.waiting_for["registry"] = why
            self.log.warning("registry.away", reason=why)

    def _ledger_seen(self, _: LedgerRecord, step: Step) -> None:
        if step.alarm is not None:
            self.observe(AlarmRaised(str(step.alarm)))


def unknown_rules(version: int | None) -> list[str]:
    """Why a replica sends nothing although it has read the ledger, in one sentence; none if its rules are ours."""
    if version is None:
        return []
    if version == UNKNOWN_RULES.version:
        return ["the ledger holds a record this program cannot read, so nothing is sent: upgrade it"]
    return [f"the ledger follows rules version {version}, which this program does not know: upgrade it"]


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


@contextlib.contextmanager
def _readable(topic: str) -> Iterator[None]:
    try:
        yield
    except Undecodable as error:
        raise StartRefused(f"topic {topic} holds a record that cannot be read: {error}") from None


async def _signalled(event: asyncio.Event) -> None:
    await event.wait()


def both(*listeners: Observer) -> Observer:
    """One observer that tells several."""

    def tell(fact: Fact, /) -> None:
        for listener in listeners:
            listener(fact)

    return tell
