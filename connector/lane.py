"""A lane: one assigned partition of the dispatch topic, which is one line's queue as its sender holds it.

It keeps the line's window and low watermark, wakes records when the ledger says something of them, hands out the next
due one, and stops reading when it has no room.
"""

import asyncio
from collections.abc import Callable
from functools import partial

from connector.core.breakers import Suspicion
from connector.core.callbacks import Report
from connector.core.identities import body_hash, contact_hash
from connector.core.offsets import Watermark
from connector.core.standing import request_key
from connector.core.turns import Held
from connector.core.window import Window
from connector.line_guard import LineGuard
from connector.surroundings import DispatchRecord, LineInfo, Surroundings


class Lane:
    """One assigned partition: the line's window, its watermark and what its turns share."""

    def __init__(
        self,
        line: LineInfo,
        around: Surroundings,
        sleepers: dict[bytes, set["Lane"]],
        paused: Callable[[bool], None],
        writes: dict[str, float],
    ) -> None:
        self.line, self.around, self._sleepers = line, around, sleepers
        self.window: Window[Held] = Window()
        self.watermark = Watermark()
        self.guard = LineGuard(
            line.alias,
            around.account,
            around.clocks,
            around.ids.jitter,
            partial(around.replica.views.in_doubt, line.alias),
            around.observe,
        )
        self.owned = True
        self.stopping = False
        self.reports: dict[str, Report] = {}
        self.suspicions: dict[int, Suspicion] = {}
        self._paused = paused
        self._writes = writes
        self._is_paused = False
        self._stir = asyncio.Event()

    @property
    def last_write(self) -> float | None:
        """When this process last wrote on the line, under whichever assignment; monotonic seconds, never back."""
        return self._writes.get(self.line.alias)

    @last_write.setter
    def last_write(self, at: float) -> None:
        self._writes[self.line.alias] = max(at, self._writes.get(self.line.alias, at))

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
        self._pause_if_full()
        self._stir.set()

    def wait(self, offset: int, held: Held, until: float, reason: str) -> None:
        """The record sleeps until ``until``, or until the ledger changes its request or its contact."""
        self.window.wait(offset, until, reason)
        for name in (held.contact, request_key(held.dispatch.request.request_id)):
            self._sleepers.setdefault(name, set()).add(self)

    def wake(self, name: bytes) -> None:
        """The ledger changed the state of this request or contact."""
        self.window.wake(name, self.around.clocks.mono())
        self._stir.set()

    def wake_all(self) -> None:
        """Something about the whole line changed: look at every record again."""
        self.window.wake_all(self.around.clocks.mono())
        self._stir.set()

    def done(self, offset: int, held: Held) -> None:
        """The record has its end: its offset may be committed once all before it are done too."""
        self.window.done(offset)
        self.watermark.done(offset)
        self.suspicions.pop(offset, None)
        self.wake(held.contact)
        self._pause_if_full()

    async def next(self) -> tuple[int, Held] | None:
        """Wait for the next due record; None when the lane stops."""
        while not self.stopping:
            self._stir.clear()
            taken = self.window.take(self.around.clocks.mono())
            if taken is not None:
                return taken
            await self._doze()
        return None

    def stop(self) -> None:
        """No new turn begins; the one in work ends."""
        self.stopping = True
        self._stir.set()

    async def _doze(self) -> None:
        wake_at = self.window.next_wake()
        timeout = None if wake_at is None else max(wake_at - self.around.clocks.mono(), 0.0)
        try:
            async with asyncio.timeout(timeout):
                await self._stir.wait()
        except TimeoutError:
            return

    def _pause_if_full(self) -> None:
        if self.window.full != self._is_paused:
            self._is_paused = self.window.full
            self._paused(self._is_paused)
