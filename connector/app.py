"""The composition root: the one module that knows all others. It builds the roles, starts, watches and stops them.

Start: schemas, preflight, control, contacts, then the ledger to its end; only then does anything send. Stop, in words:
readiness says no, and while load balancers learn of it all goes on; then no new turn begins; the calls under way end;
their outcomes and events become durable; offsets are committed and the groups left; last of all the ingress closes, and
the producer. An error that a client cannot go on from skips the wait.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import structlog

from connector import __version__
from connector.core.edge_facts import LoopTurned
from connector.core.facts import AlarmRaised, Fact, Observer
from connector.core.health import Sight, deaths, notes, reasons
from connector.core.ledger import Step
from connector.core.records import LedgerRecord, Outcome
from connector.core.sights import LedgerSeen, ProcessSeen, ProcessState
from connector.kafka.producer import KafkaProducer
from connector.kafka.tail import LogTail
from connector.roles.opt_outs import OptOuts
from connector.roles.replica import Replica
from connector.settings import Settings
from connector.system import System, settle_memory
from connector.watchdog import Watchdog
from connector.web.health import health_app
from connector.web.server import WebServer
from connector.wiring.assembly import ROLES, start_digester
from connector.wiring.control_feed import ControlFeed
from connector.wiring.inbound import Reader
from connector.wiring.installation import clients_of, fuses_of, hash_key_of, names_of
from connector.wiring.ledger_feed import LedgerFeed
from connector.wiring.opt_outs import OptOutsFeed, listen
from connector.wiring.outbound import LedgerTopic, OutTopics
from connector.wiring.parts import Parts
from connector.wiring.sampling import Sampler, in_flight
from connector.wiring.shown import settings_hash, shown, versions
from connector.wiring.starting import (
    AccountCheck,
    StartRefused,
    checked,
    lines_of,
    load_contacts,
    opted_out,
    prepared_codec,
    restore,
)
from connector.wiring.traces import tracing_of

COMMIT_S = 1.0  # how often next offsets are committed; a replay of one second costs no text, only ledger reads
FIRST = asyncio.FIRST_COMPLETED


@dataclass
class Connector:
    """One process of the connector. ``observe`` hears every fact; ``client_extra`` goes to every Kafka client.

    ``preflight``: whether the topics and the account are examined first; only a demo broker, which cannot answer, goes
    without. ``wait``: so many seconds, between readiness saying no and the stop.
    """

    settings: Settings
    roles: tuple[str, ...] = tuple(ROLES)
    observe: Observer = field(default=lambda _: None)
    client_extra: Mapping[str, str] = field(default_factory=dict)
    preflight: bool = True
    wait: Callable[[float], Awaitable[None]] = asyncio.sleep

    def __post_init__(self) -> None:
        self.log = structlog.stdlib.get_logger("connector")
        self.ready = asyncio.Event()
        self.waiting_for: dict[str, str] = {}
        self.owner = secrets.token_hex(8)
        self.parts: Parts | None = None
        self.health_port = 0
        self._watchdog = Watchdog(turned=lambda late_s: self.observe(LoopTurned(late_s)))
        self._producer: KafkaProducer | None = None
        self._tail: LogTail | None = None
        self._orders: ControlFeed | None = None
        self._opt_outs: OptOutsFeed | None = None
        self._account = AccountCheck(self.settings, self._told)
        self._sampler = Sampler()
        self.observe = both(self._sampler, self.observe)

    async def run(self, stop: asyncio.Event) -> None:
        """Run until ``stop`` is set. Raises StartRefused, KafkaFatal, OSError (a port is taken), ValueError."""
        part = self.settings.observability
        app = health_app(self.deaths, self.reasons, self.status, self.notes)
        health, watchdog = WebServer(app, part.host, part.health_port), self._watchdog
        await health.start()
        watchdog.start()
        self.health_port = health.port
        stopped = asyncio.create_task(_signalled(stop))
        try:
            if (parts := await self._started(stopped)) is not None:
                await self._until(stopped, parts)
                await self._drain_endpoints(parts)
        finally:
            self._draining()
            await self._stop()
            await health.stop()
            watchdog.stop()

    def _draining(self) -> None:
        self.waiting_for["draining"] = "the connector is stopping"
        self.sample()

    async def _drain_endpoints(self, parts: Parts) -> None:
        """All goes on, the callbacks of whoever has not heard yet too."""
        self._draining()
        seconds = self.settings.shutdown.endpoint_drain_s
        if "ingress" not in self.roles or not seconds:
            return
        waiting = asyncio.ensure_future(self.wait(seconds))
        try:
            await self._until(waiting, parts)
        finally:
            waiting.cancel()

    def deaths(self) -> list[str]:
        """Why the process should be ended, one sentence each; nothing that is away is a reason."""
        intakes = self.parts.intakes if self.parts else []
        ages_s = {intake.topic: intake.consumer.poll_age_s() for intake in intakes}
        if self._tail is not None:
            ages_s[self._tail.topic] = self._tail.poll_age_s()
        return deaths(self._watchdog.age_s(), ages_s)

    def reasons(self) -> list[str]:
        """Why the connector is not ready, one sentence each."""
        stuck = [why for ends in (self.parts.all_ends if self.parts else ()) for why in ends.stuck()]
        starting = [] if self.ready.is_set() else ["the connector is starting"]
        return [*self.waiting_for.values(), *starting, *reasons(self._sight()), *stuck]

    def notes(self) -> list[str]:
        """What waits for somebody's hand while the connector is ready, one sentence each."""
        return [*notes(self._sight()), *(self.parts.notes() if self.parts else ())]

    def status(self) -> dict[str, object]:
        """The state for people, without anything personal."""
        state: dict[str, object] = {
            "state": str(self.state),
            "not_ready": self.reasons(),
            "notes": self.notes(),
            "roles": self.roles,
            "versions": {"connector": __version__, **versions(), "settings": settings_hash(self.settings)},
        }
        if self.parts is None:
            return state
        return {**state, **shown(self.parts, self._sampler, self._ledger_lag())}

    @property
    def state(self) -> ProcessState:
        """Starting, running or draining."""
        if "draining" in self.waiting_for:
            return ProcessState.DRAINING
        return ProcessState.RUNNING if self.ready.is_set() else ProcessState.STARTING

    def sample(self) -> None:
        """Tell how everything stands."""
        parts = self.parts
        in_work, callbacks = (in_flight(parts), parts.callbacks.in_flight) if parts else (0, 0)
        self.observe(ProcessSeen(self.state, not self.reasons(), in_work, callbacks))
        if parts is not None:
            doubts = parts.replica.views.open_by_line()
            self.observe(LedgerSeen(self._ledger_lag(), len(parts.replica.fold), doubts.total()))
            self._sampler.look(parts, doubts)

    async def _started(self, stopped: "asyncio.Task[None]") -> Parts | None:
        """Build everything and start the roles; None when the stop came first."""
        starting = asyncio.create_task(self._start())
        await asyncio.wait([starting, stopped], return_when=FIRST)
        if not starting.done():
            starting.cancel()
            await asyncio.gather(starting, return_exceptions=True)
            return None
        return starting.result()

    async def _start(self) -> Parts:
        parts = self.parts = await self._build(asyncio.get_running_loop())
        start_digester(parts)
        for role in self.roles:
            await ROLES[role](parts)
        settle_memory()
        self.ready.set()
        self.log.info("connector.ready", roles=" ".join(self.roles), owner=self.owner)
        return parts

    async def _build(self, loop: asyncio.AbstractEventLoop) -> Parts:
        settings, names, system = self.settings, names_of(self.settings), System()
        hash_key = hash_key_of(settings)
        clients = clients_of(settings, self.client_extra)
        codec = await prepared_codec(settings, names, self._told)
        if self.preflight:
            await checked(settings, codec, self._told)
            if "sender" in self.roles:
                await self._account.begin()
        reader = Reader(codec, lambda why: self._told("registry", why))
        self._producer = KafkaProducer(clients, loop, self.observe, names.short)
        self._orders = ControlFeed(reader)
        partitions = await lines_of(settings, self._orders, clients, names, self._told)
        adoption = self._orders.control.adoption
        self._opt_outs = OptOutsFeed(reader)
        await opted_out(self._opt_outs, clients, names, self._told)
        log = LedgerTopic(self._producer, codec, names.ledger)
        replica = Replica(self.owner, log, self._ledger_seen)
        replica.fuses = fuses_of(settings, system.now_ms())
        reached = await load_contacts(reader, clients, names, replica, self._told)
        feed = LedgerFeed(replica, codec, reader, system.mono)
        self._tail = LogTail(clients, names.ledger, feed.take, feed.at_end, loop, gapless=True, observe=self.observe)
        await restore(self._tail, feed.watch, names.ledger, replica, reached, adoption, self._told)
        out = OutTopics(self._producer, codec, names, partitions, settings.content, hash_key)
        words = OptOuts(self._opt_outs.known, out, hash_key, system.now_ms, self.observe)
        who = (hash_key, self.observe, words, system)
        parts = Parts(settings, names, clients, reader, replica, log, out, partitions, *who)
        parts.tracing = tracing_of(settings)
        parts.closers.append(parts.tracing.close)
        parts.watches += [feed.watch, replica.watch]
        parts.closers.append(feed.close)
        parts.follow(self._orders)
        listen(parts, self._opt_outs)
        return parts

    async def _until(self, over: "asyncio.Future[None]", parts: Parts) -> None:
        fatal = [intake.consumer.fatal for intake in parts.intakes]
        fatal += [client.fatal for client in (self._producer, self._tail) if client is not None]
        fatal += [watch.failed for watch in parts.watches]
        while not over.done():
            await asyncio.wait([over, *fatal], timeout=COMMIT_S, return_when=FIRST)
            for one in fatal:
                if one.done():
                    one.result()
            self._each_second(parts)

    def _each_second(self, parts: Parts) -> None:
        for intake in parts.intakes:
            intake.each_second(parts.system.now_ms)
        self.sample()

    async def _stop(self) -> None:
        await self._account.close()
        if self.parts is not None:
            await asyncio.gather(*(intake.close() for intake in self.parts.intakes))
            await self.parts.replica.drain()
            for close in reversed(self.parts.closers):
                await close()
        for log in (self._tail, self._orders, self._opt_outs):
            if log is not None:
                await log.close()
        if self._producer is not None:
            await self._producer.close()

    def _sight(self) -> Sight:
        if self.parts is None:
            return Sight()
        replica, account = self.parts.replica, self.parts.account
        return Sight(
            self._producer.away_s() if self._producer else 0.0,
            replica.restored.is_set(),
            self._ledger_lag(),
            replica.fold.unknown_rules,
            account.stopped_because if account else None,
        )

    def _ledger_lag(self) -> int:
        if self.parts is None or self._tail is None:
            return 0
        return max(self._tail.end - self.parts.replica.next_offset, 0)

    def _told(self, what: str, why: str | None) -> None:
        if why is None:
            self.waiting_for.pop(what, None)
        elif self.waiting_for.get(what) != why:
            self.log.warning("connector.waits", reason=why)
            self.waiting_for[what] = why

    def _ledger_seen(self, record: LedgerRecord, step: Step) -> None:
        if step.alarm is not None:
            request_id = record.request_id if isinstance(record, Outcome) else ""
            self.observe(AlarmRaised(str(step.alarm), request_id))


async def _signalled(event: asyncio.Event) -> None:
    await event.wait()


def both(*listeners: Observer) -> Observer:
    """One observer that tells several."""

    def tell(fact: Fact, /) -> None:
        for listener in listeners:
            listener(fact)

    return tell


__all__ = ["Connector", "StartRefused", "both"]
