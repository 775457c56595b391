"""One process of the connector: the real roles on a loop of their own, started as ``app`` starts them.

An *incarnation* has a new owner name and a new fold, which it reads from wherever the log begins now. It may be
frozen or killed at any step; killed, its loop never runs again. What is simulated is only what lies outside: see
``edges``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from connector.core.budget import Budget
from connector.core.facts import Fact
from connector.core.ledger import Step
from connector.core.line_facts import LineFacts
from connector.core.pool import Pool
from connector.core.records import LedgerRecord
from connector.core.views import Views
from connector.roles.account_webhooks import AccountWebhooks
from connector.roles.ingress import Ingress
from connector.roles.reconciler import Binding, Reconciler
from connector.roles.router import Router
from connector.roles.sender import Sender
from connector.roles.watched import Watch
from connector.wiring.feed import Feed
from tests.simulation.broker import Entry
from tests.simulation.clock import ProcessLoop
from tests.simulation.consents import Ears
from tests.simulation.edges import Edges
from tests.simulation.following import Obedience
from tests.simulation.next_rules import NextFold
from tests.simulation.plan import Setup
from tests.simulation.rare import fact_rarities
from tests.simulation.roles import ROLES

if TYPE_CHECKING:
    from tests.simulation.world import World

COMMIT_S = 1.0
CHUNK = 50  # records a restoring process reads at once


class Process:
    """One incarnation."""

    def __init__(self, world: "World", name: str, setup: Setup) -> None:
        self.world, self.name, self.setup = world, name, setup
        self.owner = f"{world.plan.rng.getrandbits(64):016x}"
        self.loop = ProcessLoop(  # type: ignore[abstract]  # it has what tasks and timers ask of a loop
            world.scheduler, lambda what: world.oracle.wrong("a role failed", f"{name}: {what}")
        )
        self.edges = Edges(self)
        self.position = self.first = 0
        self.groups: dict[str, Feed[None]] = {}
        self.watches: list[Watch] = []
        self.closers: list[Callable[[], Awaitable[None]]] = []
        self.router: Router | None = None
        self.sender: Sender | None = None
        self.ingress: Ingress | None = None
        self.hooks: AccountWebhooks
        self.reconciler: Reconciler | None = None
        self.budget = Budget(world.plan.budget_bytes)
        self.facts: LineFacts
        self.pool: Pool
        self.live = False
        self._read_to = 0.0
        self.loop.start(self._run)

    def __repr__(self) -> str:
        return f"{self.name}/{self.owner[:4]}"

    @property
    def frozen(self) -> bool:
        """Stopped for now."""
        return self.loop.frozen_until > self.world.scheduler.now

    def hear(self, delay: float, what: Callable[..., object], *args: object) -> None:
        """Something from outside reaches the process; a frozen one hears of it a little after it goes on."""
        self.world.scheduler.after(delay, self._hear, what, args)

    def _hear(self, what: Callable[..., object], args: tuple[object, ...]) -> None:
        if self.frozen:
            late = self.loop.frozen_until - self.world.scheduler.now + self.world.plan.rng.choice((0.001, 0.05, 1.5))
            self.hear(late, what, *args)
        elif not self.loop.dead:
            self.loop.enter(what, *args)

    def kill(self, why: str) -> None:
        """SIGKILL: no step of it runs any more."""
        self.world.say(self, "killed", why)
        self.live = False
        self.loop.end()
        self.world.gone(self)

    async def point(self, name: str, often: float = 1.0) -> None:
        """A step where the plan may strike: the process is killed or frozen right here."""
        plan = self.world.plan
        if not plan.chance(0.015 * often):
            return
        if plan.rng.random() < 0.6:
            self.world.saw(f"killed {name}")
            self.kill(name)
            await self.loop.create_future()
        self.world.saw(f"frozen {name}")
        self.world.freeze(self, plan.rng.choice((0.5, 3.0, 7.0, 30.0, 120.0, 200.0)) * plan.rng.uniform(0.7, 1), name)
        await asyncio.sleep(0)

    def observe(self, fact: Fact, /) -> None:
        """What logs and metrics hear."""
        self.world.marks.told(fact)
        self.world.statuses.told(self, fact)
        fact_rarities(self.world, fact)

    async def stop(self) -> None:
        """A deploy: as ``app`` stops, in its order."""
        for topic, feed in self.groups.items():
            group = self.world.groups[topic]
            mine = [p for p in range(group.partitions) if group.owner(p) is self]
            group.commit(self, await feed.revoked(mine))
        for feed in self.groups.values():
            await feed.close()
        await self.replica.drain()
        for close in (*self.closers, self.edges.account.close):
            await close()
        self.world.say(self, "stopped", "")
        self.live = False
        self.loop.end()
        self.world.gone(self, at_once=True)

    async def _run(self) -> None:
        self.replica = self.world.teeth.replica(self.owner, self.edges, self._seen)
        if self.setup.rules > 1:
            self.replica.fold = NextFold()
            self.replica.views = Views(self.replica.fold, self.owner)
        self.replica.fuses = self.world.teeth.fuses(self.world.plan.fuses)
        self.obedience = Obedience(self)
        self.ears = Ears(self)
        reached = self._load_contacts()
        if not await self._restore(reached):
            return
        for start in ROLES:
            start(self)
        self.live = True
        self.world.say(self, "began", f"log from {self.first}, {self.setup}")
        self.loop.call_later(COMMIT_S, self._each_second)

    def _each_second(self) -> None:
        self.loop.call_later(COMMIT_S, self._each_second)
        for watch in self.watches:
            if watch.failed.done():
                self.world.oracle.wrong("a role failed", f"{self}: {watch.failed.exception()!r}")
                return self.kill("a role failed")
        for topic, feed in self.groups.items():
            self.world.groups[topic].commit(self, feed.next_offsets())
        return None

    def _load_contacts(self) -> int:
        table = {entry.key: entry.value for entry in self.world.broker.log("contacts")}
        reached = -1
        for value in table.values():
            if isinstance(value, Binding):
                self.replica.views.load_binding(value.contact, value.line, value.grant_offset)
            elif isinstance(value, int):
                reached = value
        return reached

    async def _restore(self, reached: int) -> bool:
        broker = self.world.broker
        self.first = self.position = broker.start("ledger")
        if self.first > reached + 1:
            self.world.saw("a start refused")
            self.world.say(self, "refuses to start", f"log from {self.first}, contacts reach {reached}")
            self.kill("start refused")
            return False
        end = broker.end("ledger")
        while self.position < end:
            await asyncio.sleep(0.005)
            self._read(min(end, self.position + CHUNK))
        self.replica.restored.set()
        if self.first:
            self.world.saw("a restart with a truncated log")
        broker.listen("ledger", self._landed)
        self._read(broker.end("ledger"))
        return True

    def _landed(self, entry: Entry) -> None:
        if not self.loop.dead:
            now = self.world.scheduler.now
            self._read_to = max(self._read_to, now + self.world.plan.lag_s())
            self.hear(self._read_to - now, self._read, entry.offset + 1)

    def _read(self, end: int) -> None:
        log = self.world.broker.log("ledger")
        while self.position < end:
            entry = log[self.position]
            self.position += 1
            record: LedgerRecord = entry.value  # type: ignore[assignment]  # the ledger topic holds these
            self.replica.feed(entry.offset, entry.ms, record, self.edges.mono())

    def _seen(self, record: LedgerRecord, step: Step) -> None:
        self.world.oracle.judged(self, self.position - 1, record, step)
