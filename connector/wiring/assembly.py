"""How each role is put together from the parts of one process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, assert_never

from connector.core.delays import Delay
from connector.core.edge_facts import WebhookAnswered
from connector.core.facts import Observer
from connector.core.identities import body_hash, contact_hash
from connector.core.looks import senders_rate
from connector.core.messages import SendRequest
from connector.core.orders import CancelRequest, CancelTag, Order, Orders
from connector.core.priorities import Places
from connector.core.routing import Lines
from connector.core.spans import OFF, Tracing
from connector.core.standing import request_key
from connector.core.tokens import Ring
from connector.kafka.clients import ClientSettings
from connector.kafka.log_end import LogEnd
from connector.kafka.since import SinceTail
from connector.kafka.topics import TopicNames
from connector.roles.account import Account
from connector.roles.delayer import Delayer
from connector.roles.digester import Digester
from connector.roles.doubts import Doubts
from connector.roles.ends import Ends, PublishFailed
from connector.roles.ingress import Ingress
from connector.roles.line_worker import work
from connector.roles.list_proofs import ListProofs
from connector.roles.parked_looks import ParkedLooks
from connector.roles.reconciler import Reconciler
from connector.roles.replica import Replica
from connector.roles.router import Router
from connector.roles.sender import Sender
from connector.roles.surroundings import Surroundings
from connector.roles.sweeper import Sweeper
from connector.roles.watched import Watch
from connector.sendblue.client import SendblueClient
from connector.sendblue.exchange import Limits
from connector.sendblue.reading import json_value
from connector.settings import Settings
from connector.system import System, possible
from connector.time_zones import TimeZones
from connector.web.callbacks import callbacks_app
from connector.web.server import WebServer
from connector.web.traffic import Traffic, watched
from connector.wiring.control_feed import ControlFeed
from connector.wiring.feed import Feed
from connector.wiring.inbound import EventsBack, Reader, delays_into, dispatch_into, parked_into, requests_into
from connector.wiring.installation import credentials_of, group_of, line_infos_of, policy_of, ring_of
from connector.wiring.intake import Intake
from connector.wiring.message_list import ListedMessages
from connector.wiring.message_statuses import ListedStatuses
from connector.wiring.outbound import Calls, LedgerTopic, OutTopics


@dataclass
class Parts:
    """What the roles of one process share, and what they leave behind: consumers to commit, things to close."""

    settings: Settings
    names: TopicNames
    clients: ClientSettings
    reader: Reader
    replica: Replica
    log: LedgerTopic
    out: OutTopics
    partitions: dict[str, Places]
    hash_key: bytes
    observe: Observer
    system: System = field(default_factory=System)
    orders: Orders = field(default_factory=Orders)
    intakes: list[Intake] = field(default_factory=list)
    closers: list[Callable[[], Awaitable[None]]] = field(default_factory=list)
    watches: list[Watch] = field(default_factory=list)
    all_ends: list[Ends] = field(default_factory=list)
    router: Router | None = None
    sender: Sender | None = None
    account: Account | None = None
    reconciler: Reconciler | None = None
    tracing: Tracing = OFF
    callback_port: int = 0
    callbacks: Traffic = field(default_factory=Traffic)

    def ring(self) -> Ring:
        """The keys of the callback URLs. Raises ValueError when there is none, or a short one."""
        return ring_of(self.settings)

    def ends(self, stage: str) -> Ends:
        """Where the ends of this role's requests go."""
        ends = Ends(self.out, self.system.now_ms, self.observe, stage)
        self.all_ends.append(ends)
        return ends

    def consume(self, role: str, topic: str, feed: Feed[Any], *, ends: bool = True, whole: bool = False) -> None:
        """Join the role's group."""
        group, name = group_of(self.settings, role), self.names.short(topic)
        intake = Intake(self.clients, group, topic, feed, name, self.observe, ends=ends, whole=whole)
        self.intakes.append(intake)
        self.watches.append(intake.watch)

    def stir(self) -> None:
        """The account is good again: every line looks at its window."""
        if self.sender is not None:
            self.sender.stir()

    def wake(self, names: tuple[bytes, ...]) -> None:
        """Something was learned of these requests or contacts: whoever waits for them looks again."""
        if self.sender is not None:
            self.sender.wake(names)

    def looks_rate(self) -> float:
        """Looks at the message list a second that are this replica's, by its share of the lines."""
        return senders_rate(len(self.sender.lanes), self.sender.places) if self.sender else 0.0

    def follow(self, feed: ControlFeed) -> None:
        """Obey what operators order from now on."""
        self.orders = feed.control.orders
        self.watches.append(feed.watch)
        feed.ordered = self.ordered

    def ordered(self, order: Order) -> None:
        """An operator ordered something: the records it may mean look again."""
        match order:
            case CancelRequest(request_id):
                self.wake((request_key(request_id),))
            case CancelTag():
                self.stir()
            case _:
                assert_never(order)

    def told_callback(self, kind: str, status: int, seconds: float) -> None:
        """The ingress answered a request."""
        self.observe(WebhookAnswered(kind, str(status), seconds, self.system.now_ms()))

    def pause(self, topic: str, partition: int, paused: bool) -> None:
        """Stop or resume reading a partition."""
        for intake in self.intakes:
            if intake.topic == topic:
                intake.pause(partition, paused)


def start_digester(parts: Parts) -> None:
    """No role: every replica's verdicts are compared with those of the others."""
    digester = Digester(parts.replica, parts.system)
    parts.watches.append(digester.watch)
    parts.closers.append(digester.close)


async def start_router(parts: Parts) -> None:
    """Requests to dispatch, and back to it what was delayed."""
    lines = parts.settings.lines
    router = Router(
        parts.replica,
        Lines({line.number: line.alias for line in lines}, tuple(line.alias for line in lines if line.pool)),
        parts.ends("router"),
        possible,
        parts.system.now_ms,
        parts.observe,
        parts.hash_key,
        lambda partition, full: parts.pause(parts.names.requests, partition, full),
        parts.tracing,
    )
    parts.router = router
    parts.watches.append(router.watch)
    parts.consume("router", parts.names.requests, requests_into(router, parts.reader))
    for delay in Delay:
        start_delayer(parts, delay)


def start_delayer(parts: Parts, delay: Delay) -> None:
    """A delay topic back to dispatch; part of the router's role."""
    topic, name = parts.names.delay(delay), f"delay.{delay}"
    delayer = Delayer(
        delay, parts.out, parts.system, parts.observe, lambda partition, full: parts.pause(topic, partition, full)
    )
    parts.watches.append(delayer.watch)
    parts.consume(name, topic, delays_into(delayer, parts.reader))


async def start_sender(parts: Parts) -> None:
    """Dispatch to Sendblue."""
    settings, system = parts.settings, parts.system
    client = _client(parts)
    numbers = {line.alias: line.number for line in settings.lines}
    calls = Calls(client, numbers, parts.ring(), settings.callbacks.public_url, system.now_ms)
    account = parts.account = Account(calls.probe, system.mono, parts.stir, parts.observe)
    parts.closers.append(account.close)
    parts.watches.append(account.watch)
    proofs = _list_proofs(parts, client, numbers)
    doubts = Doubts(parts.replica, proofs, system, parts.looks_rate, parts.wake, parts.observe)
    parts.closers.append(doubts.close)
    parts.watches.append(doubts.watch)
    around = Surroundings(
        parts.replica,
        calls,
        parts.ends("sender"),
        account,
        doubts,
        policy_of(settings),
        system,
        system,
        parts.observe,
        parts.hash_key,
        parts.orders,
        tracing=parts.tracing,
        call_s=settings.sendblue.deadline_s,
        local_time=TimeZones(settings.quiet_hours_zone, needed=settings.quiet_hours != "none"),
    )
    lines = line_infos_of(settings, parts.partitions)
    topic = parts.names.dispatch
    parts.sender = Sender(lines, around, work, lambda p, full: parts.pause(topic, p, full), parts.partitions)
    parts.watches.append(parts.sender.watch)
    parts.consume("sender", topic, dispatch_into(parts.sender, parts.reader))


async def start_ingress(parts: Parts) -> None:
    """Callbacks to events."""
    ingress = Ingress(
        parts.ring(),
        parts.replica,
        parts.log,
        parts.out,
        json_value,
        parts.system.now_ms,
        parts.observe,
        (PublishFailed,),
    )
    part = parts.settings.callbacks
    app = watched(callbacks_app(ingress.accept), parts.callbacks, parts.told_callback)
    web = WebServer(app, part.host, part.port)
    await web.start()
    parts.callback_port = web.port
    parts.closers.append(web.stop)


async def start_reconciler(parts: Parts) -> None:
    """Parked requests to their end; the contacts topic; what no callback told."""

    def hashes(request: SendRequest) -> tuple[bytes, bytes]:
        return contact_hash(request, parts.hash_key), body_hash(request, parts.hash_key)

    system = parts.system
    reconciler = Reconciler(parts.replica, parts.ends("reconciler"), parts.out, system.mono, parts.observe)
    sweeper = _sweeper(parts, reconciler)
    parts.reconciler = reconciler
    parts.watches += [reconciler.watch, sweeper.watch]
    feed = parked_into(reconciler, parts.reader, hashes, sweeper)
    parts.consume("reconciler", parts.names.parked, feed, ends=False, whole=True)


def _sweeper(parts: Parts, reconciler: Reconciler) -> Sweeper:
    settings, system = parts.settings, parts.system
    client = _client(parts)
    numbers = {line.alias: line.number for line in settings.lines}
    proofs = _list_proofs(parts, client, numbers)
    return Sweeper(
        ListedStatuses(client, numbers.values(), system.now_ms),
        EventsBack(lambda: SinceTail(parts.clients, parts.names.events), parts.reader),
        parts.ends("reconciler"),
        ParkedLooks(parts.replica, proofs, reconciler.parked, system.now_ms, parts.observe),
        system,
        parts.observe,
    )


def _client(parts: Parts) -> SendblueClient:
    """A client of this role's own, closed at the end."""
    api = parts.settings.sendblue
    limits = Limits(in_flight=api.max_in_flight, deadline_s=api.deadline_s)
    client = SendblueClient(
        api.base_url,
        credentials_of(parts.settings),
        limits=limits,
        mono=parts.system.mono,
        observe=parts.observe,
    )
    parts.closers.append(client.aclose)
    return client


def _list_proofs(parts: Parts, client: SendblueClient, numbers: dict[str, str]) -> ListProofs:
    """Looks at Sendblue's message list, judged on a ledger that is read up to its end."""
    messages = ListedMessages(client, numbers, parts.system.now_ms)
    return ListProofs(parts.replica, messages, parts.system, LogEnd(parts.clients, parts.names.ledger))


ROLES: dict[str, Callable[[Parts], Awaitable[None]]] = {
    "router": start_router,
    "sender": start_sender,
    "ingress": start_ingress,
    "reconciler": start_reconciler,
}
