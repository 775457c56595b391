"""A lane: one assigned partition of the dispatch topic, which is one queue of a line as its sender holds it.

It keeps the queue's window and low watermark, wakes records when the ledger says something of them, hands out the next
due one, and stops reading when it has no room. When the line is blocked as well, the oldest records of the full window
go round through a delay topic, so that those behind it are looked at too. What only a pause of its tag, a fuse, or
an answer from outside holds makes way in the same manner, and sooner. What it shares with the line's other lane is in
``line``.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol

from connector.core.breakers import Suspicion
from connector.core.callbacks import Report
from connector.core.delays import ASIDE_S, FOR_LINE, IN_WINDOW_S, MAKES_WAY, ROUND_S, TIMED, Wait
from connector.core.identities import body_hash, contact_hash
from connector.core.messages import Priority
from connector.core.offsets import Watermark
from connector.core.pacing import Writes
from connector.core.standing import request_key
from connector.core.steps import Held
from connector.core.window import Window
from connector.roles.line_guard import LineGuard
from connector.roles.new_contacts import NewContacts
from connector.roles.surroundings import DispatchRecord, LineInfo, Surroundings


class Shared(Protocol):
    """What the lanes of a line share."""

    info: LineInfo
    around: Surroundings
    writes: Writes
    guard: LineGuard
    new: NewContacts

    @property
    def split(self) -> bool:
        """The line's other lane is not here."""

    def stir(self) -> None:
        """Something may be due."""


class Lane:
    """One assigned partition: its window, its watermark and what its turns share. ``shared``: its line."""

    def __init__(
        self,
        shared: Shared,
        priority: Priority,
        sleepers: dict[bytes, dict["Lane", None]],
        paused: Callable[[bool], None],
        crossed: Callable[[], None],
    ) -> None:
        self.shared, self.priority, self._sleepers = shared, priority, sleepers
        self.line, self.around, self.writes = shared.info, shared.around, shared.writes
        self.guard, self.new = shared.guard, shared.new
        self.window: Window[Held] = Window()
        self.watermark = Watermark()
        self.owned = True
        self.stopping = False
        self.reports: dict[str, Report] = {}
        self.suspicions: dict[int, Suspicion] = {}
        self.traceparents: dict[int, str] = {}
        self.uploaded: dict[int, str] = {}
        self.announced: set[int] = set()
        self.rounds: set[int] = set()
        self._aside: set[int] = set()
        self._since: dict[int, float] = {}
        self._round_at: float | None = None
        self._paused, self._crossed = paused, crossed
        self._is_paused = False
        self._turns = 0
        self._rests = asyncio.Event()
        self.around.budget.join()

    @property
    def full(self) -> bool:
        """True when the line must stop reading."""
        return self.window.full or self.around.budget.stops(self.window.size)

    def paused_s(self) -> float:
        """For how many seconds the line stands still by order; 0.0 when it does not."""
        pauses = self.around.orders.pauses
        return pauses.line_s(self.line.alias, self.around.clocks.now_ms()) if pauses.of_lines else 0.0

    def add(self, record: DispatchRecord) -> None:
        """Take a record into the window; when it is full the partition is paused."""
        request = record.dispatch.request
        held = Held(
            record.dispatch,
            record.timestamp_ms,
            contact_hash(request, self.around.hash_key),
            body_hash(request, self.around.hash_key),
        )
        self.watermark.track(record.offset)
        self.window.add(record.offset, held, record.size, held.contact, request_key(request.request_id))
        self._weigh(record.size)
        self.shared.stir()

    def wait(self, offset: int, held: Held, until: float, reason: Wait) -> None:
        """The record sleeps until ``until``, or until the ledger changes its request or its contact."""
        self.rounds.discard(offset)
        if reason in TIMED:
            self._since.setdefault(offset, self.around.clocks.mono())
        else:
            self._since.pop(offset, None)
        (self._aside.add if reason in MAKES_WAY else self._aside.discard)(offset)
        self.window.wait(offset, until, reason)
        for name in (held.contact, request_key(held.dispatch.request.request_id)):
            self._sleepers.setdefault(name, {})[self] = None

    def wake(self, name: bytes) -> None:
        """The ledger changed the state of this request or contact."""
        self.window.wake(name, self.around.clocks.mono())
        self.shared.stir()

    def wake_all(self) -> None:
        """Something about the whole line changed: look at every record again."""
        self.window.wake_all(self.around.clocks.mono())
        self.shared.stir()

    def done(self, offset: int, held: Held) -> None:
        """The record has its end, or its next hop: its offset may be committed once all before it are done too."""
        before = self.window.size
        self.window.done(offset)
        self.watermark.done(offset)
        self.suspicions.pop(offset, None)
        self.traceparents.pop(offset, None)
        self.uploaded.pop(offset, None)
        self.announced.discard(offset)
        self.rounds.discard(offset)
        self._aside.discard(offset)
        self._since.pop(offset, None)
        self.wake(held.contact)
        self._weigh(self.window.size - before)

    def waited_s(self, offset: int) -> float:
        """For how long the record has waited for somebody else's end, without a break."""
        since = self._since.get(offset)
        return 0.0 if since is None else self.around.clocks.mono() - since

    def take(self) -> tuple[int, Held] | None:
        """The next due record; None when nothing is due."""
        self._go_round(self.around.clocks.mono())
        return self.window.take(self.around.clocks.mono())

    def next_wake(self) -> float | None:
        """When something is due next, monotonic seconds; None while nothing is by itself."""
        times = [at for at in (self.window.next_wake(), self._round_at) if at is not None]
        return min(times, default=None)

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """A turn of this lane is under way."""
        self._turns += 1
        try:
            yield
        finally:
            self._turns -= 1
            if not self._turns:
                self._rests.set()
                self.shared.stir()

    @property
    def busy(self) -> bool:
        """A turn of this lane has not ended."""
        return self._turns > 0

    async def rest(self) -> None:
        """Wait until no turn of this lane is under way."""
        while self.busy:
            self._rests.clear()
            await self._rests.wait()

    def stop(self) -> None:
        """No new turn begins; the one in work ends."""
        self.stopping = True
        self.shared.stir()

    def close(self) -> None:
        """The partition is somebody else's now: nothing more is written for it."""
        self.stop()
        if self.owned:
            self.owned = False
            if self.around.budget.leave(self.window.size):
                self._crossed()

    def pause_if_full(self) -> None:
        """Stop or resume reading, as there is room."""
        if self.full != self._is_paused:
            self._is_paused = self.full
            self._paused(self._is_paused)

    def _go_round(self, now: float) -> None:
        """Rouse the record that is to go round, when the line's turn comes."""
        if (oldest := self._to_go_round(now)) is None:
            self._round_at = None
        elif self._round_at is None:
            self._round_at = self.around.rotation.turn(now, ASIDE_S if oldest in self._aside else ROUND_S)
        elif now >= self._round_at:
            self._round_at = None
            self.rounds.add(oldest)
            self.window.rouse(oldest, now)

    def _to_go_round(self, now: float) -> int | None:
        """Of a blocked line's full window the oldest; of a line that goes on, whoever is held longer than a minute, or,
        in a full window, at all."""
        if self.full and self._blocked_until(now) - now > IN_WINDOW_S:
            return self.window.oldest(FOR_LINE | MAKES_WAY)
        if not self._aside:
            return None
        return self.window.oldest(MAKES_WAY, float("-inf") if self.full else now + IN_WINDOW_S)

    def _blocked_until(self, now: float) -> float:
        return max(self.guard.ready_at, now + self.paused_s())

    def _weigh(self, change: int) -> None:
        if not self.owned:
            return
        if self.around.budget.hold(change):
            self._crossed()
        self.pause_if_full()
