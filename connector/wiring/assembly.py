"""How each role is put together from the parts of one process."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from connector.core.delays import Delay
from connector.core.edge_facts import WebhookAnswered
from connector.core.facts import Observer
from connector.core.identities import body_hash, contact_hash
from connector.core.looks import senders_rate
from connector.core.messages import SendRequest
from connector.core.orders import Order, Orders
from connector.core.spans import OFF, Tracing
from connector.kafka.clients import ClientSettings
from connector.kafka.log_end import LogEnd
from connector.kafka.since import SinceTail
from connector.kafka.topics import TopicNames
from connector.roles.account import Account
from connector.roles.account_webhooks import Listeners
from connector.roles.delayer import Delayer
from connector.roles.digester import Digester
from connector.roles.doubts import Doubts
from connector.roles.ends import Ends
from connector.roles.line_worker import work
from connector.roles.list_proofs import ListProofs
from connector.roles.opt_outs import OptOuts
from connector.roles.parked_looks import ParkedLooks
from connector.roles.reconciler import Reconciler
from connector.roles.replica import Replica
from connector.roles.router import Router
from connector.roles.sender import Sender
from connector.roles.surroundings import LineInfo, Surroundings
from connector.roles.sweeper import Sweeper
from connector.roles.watched import Watch
from connector.sendblue.client import SendblueClient
from connector.settings import Settings
from connector.system import System, possible
from connector.web.traffic import Traffic
from connector.wiring.callback_keys import LiveRing, ring_of
from connector.wiring.control_feed import ControlFeed
from connector.wiring.door import door_of
from connector.wiring.feed import Feed
from connector.wiring.inbound import EventsBack, Reader, delays_into, dispatch_into, parked_into, requests_into
from connector.wiring.ingress import ingress_app
from connector.wiring.installation import client_of, group_of, policy_of, preparing_of
from connector.wiring.intake import Intake
from connector.wiring.line_facts import KnownLines
from connector.wiring.message_list import ListedMessages
from connector.wiring.message_statuses import ListedStatuses
from connector.wiring.obeying import obey, pause_notes
from connector.wiring.outbound import Calls, LedgerTopic, OutTopics
from connector.wiring.preparations import Asking

NOTED = 10  # pauses that are told in a note each; all of them are listed by `orders list`


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
    partitions: dict[str, int]
    hash_key: bytes
    observe: Observer
    opt_outs: OptOuts
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
    keys: LiveRing | None = None
    noted: list[Callable[[], list[str]]] = field(default_factory=list)
    callback_port: int = 0
    callbacks: Traffic = field(default_factory=Traffic)
    listeners: Listeners = field(default_factory=Listeners)

    def ring(self) -> LiveRing:
        """The keys of the callback URLs, one ring for all. Raises ValueError when there is none, or a short one."""
        if self.keys is None:
            self.keys = LiveRing(lambda: ring_of(self.settings), self.system.mono)
            self.noted.append(self.keys.notes)
        return self.keys

    def __post_init__(self) -> None:
        self.known = KnownLines(self.settings, self.replica, self.system, self.observe, self.stir)

    def watch_lines(self) -> None:
        """Once a process: what Sendblue says of the lines is kept fresh."""
        if self.known.watch is None:
            watch = self.known.begin(_client(self))
            self.watches.append(watch.watch)
            self.closers.append(watch.close)

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

    def stir(self, lines: frozenset[str] | None = None) -> None:
        """The account is good again, or these lines may do more: they look at their windows."""
        if self.sender is not None:
            self.sender.stir(lines)

    def wake(self, names: tuple[bytes, ...]) -> None:
        """Something was learned of these requests or contacts: whoever waits for them looks again."""
        if self.sender is not None:
            self.sender.wake(names)

    def looks_rate(self) -> float:
        """Looks at the message list a second that are this replica's, by its share of the lines."""
        return senders_rate(len(self.sender.lanes) if self.sender else 0, len(self.settings.lines))

    def follow(self, feed: ControlFeed) -> None:
        """Obey what operators order from now on."""
        self.orders = feed.control.orders
        self.known.facts.obey(feed.control.moves)
        self.watches.append(feed.watch)
        feed.ordered = self.ordered

    def ordered(self, order: Order) -> None:
        """An operator ordered something: the records it may mean look again."""
        obey(order, self.observe, self.wake, self.stir)

    def notes(self) -> list[str]:
        """What waits for somebody's hand, one sentence each."""
        pauses = pause_notes(self.orders.pauses.holding(self.system.now_ms())[:NOTED])
        return [*self.reader.held(), *pauses, *(note for notes in self.noted for note in notes())]

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
    parts.watch_lines()
    router = Router(
        parts.replica,
        parts.known.lines,
        parts.ends("router"),
        possible,
        parts.system.now_ms,
        parts.observe,
        parts.hash_key,
        lambda partition, full: parts.pause(parts.names.requests, partition, full),
        parts.tracing,
        preparing_of(parts.settings),
        parts.known.pick,
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
    asking = Asking(settings, _client(parts), system, system.jitter, parts.wake, parts.looks_rate, parts.observe)
    parts.closers.append(asking.close)
    parts.watches += asking.watches
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
        preparations=asking.preparations,
        opted_out=parts.opt_outs.known,
        refused=parts.opt_outs.refused,
        facts=parts.known.facts,
        pool=parts.known.pool,
    )
    parts.watch_lines()
    lines = [LineInfo(line.alias, parts.partitions[line.alias], line.gap_s, line.in_flight) for line in settings.lines]
    topic = parts.names.dispatch
    parts.sender = Sender(lines, around, work, lambda partition, full: parts.pause(topic, partition, full))
    parts.watches.append(parts.sender.watch)
    parts.consume("sender", topic, dispatch_into(parts.sender, parts.reader))


async def start_ingress(parts: Parts) -> None:
    """Callbacks to events; replies, and whatever else the account is told."""
    web, notes = door_of(parts.settings, ingress_app(parts))
    parts.noted += notes
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
    client = client_of(parts.settings, parts.system.mono, parts.observe)
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
