"""What the roles of one process share, and what they leave behind."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from connector.core.edge_facts import WebhookAnswered
from connector.core.facts import Observer
from connector.core.looks import senders_rate
from connector.core.orders import Order, Orders
from connector.core.priorities import Places
from connector.core.spans import OFF, Tracing
from connector.kafka.clients import ClientSettings
from connector.kafka.control import block_row
from connector.kafka.schemas import SchemaName
from connector.kafka.topics import TopicNames
from connector.roles.account import Account
from connector.roles.account_webhooks import Listeners
from connector.roles.ends import Ends
from connector.roles.opt_outs import OptOuts
from connector.roles.reconciler import Reconciler
from connector.roles.replica import Replica
from connector.roles.router import Router
from connector.roles.sender import Sender
from connector.roles.sweeper import Sweeper
from connector.roles.watched import Watch
from connector.sendblue.client import SendblueClient
from connector.settings import Settings
from connector.system import System
from connector.web.tls import LiveCertificate
from connector.web.traffic import Traffic
from connector.wiring.callback_keys import LiveRing, ring_of
from connector.wiring.control_feed import ControlFeed
from connector.wiring.feed import Feed
from connector.wiring.hearing import listeners_of
from connector.wiring.inbound import Reader
from connector.wiring.installation import client_of, group_of
from connector.wiring.intake import Intake
from connector.wiring.line_facts import KnownLines
from connector.wiring.obeying import obey, pause_notes
from connector.wiring.outbound import LedgerTopic, OutTopics

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
    partitions: dict[str, Places]
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
    sweeper: Sweeper | None = None
    certificate: LiveCertificate | None = None
    tracing: Tracing = OFF
    keys: LiveRing | None = None
    noted: list[Callable[[], list[str]]] = field(default_factory=list)
    callback_port: int = 0
    callbacks: Traffic = field(default_factory=Traffic)

    def ring(self) -> LiveRing:
        """The keys of the callback URLs, one ring for all. Raises ValueError when there is none, or a short one."""
        if self.keys is None:
            self.keys = LiveRing(lambda: ring_of(self.settings), self.system.mono)
            self.noted.append(self.keys.notes)
        return self.keys

    def __post_init__(self) -> None:
        self.known = KnownLines(self.settings, self.replica, self.system, self.observe, self.stir)
        self.listeners: Listeners = listeners_of(self.opt_outs, self.known.facts, self.block)

    def client(self) -> SendblueClient:
        """A client of a role's own, closed at the end."""
        client = client_of(self.settings, self.system.mono, self.observe)
        self.closers.append(client.aclose)
        return client

    def watch_lines(self) -> None:
        """Once a process: what Sendblue says of the lines is kept fresh."""
        if self.known.watch is None:
            watch = self.known.begin(self.client())
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
        return senders_rate(len(self.sender.lanes), self.sender.places) if self.sender else 0.0

    def follow(self, feed: ControlFeed) -> None:
        """Obey what operators order from now on."""
        self.orders = feed.control.orders
        self.known.facts.obey(feed.control.moves, feed.control.blocks)
        self.known.pool.obey(self.orders.pauses)
        self.watches.append(feed.watch)
        self.noted.append(feed.notes)
        feed.ordered, feed.taken_back = self.ordered, self.stir

    async def block(self, line: str, at_ms: int) -> None:
        """Tell every replica that a line was blocked. Raises PublishFailed."""
        key, row = block_row(line, at_ms)
        await self.out.row(self.names.control, key, SchemaName.CONTROL, row)

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
