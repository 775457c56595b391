"""The reconciler's eyes on Sendblue: whatever no callback told is found in the message list, or by its handle.

At the start the events of the last 30 h are read back, and then followed: all that is known of our messages comes from
there, so a take-over loses nothing and repeats nothing but under the same ``event_id``. Then, each minute: the list is
read on (``core.sweeping``), messages without an end are looked up, those of a day are given up (``core.outstanding``),
parked attempts are looked for, and the audit says what should not be (``core.auditing``).

One request after the other, within the reconciler's share of the account's; without an answer it waits for the next
minute. Nothing here ends a request, and nothing it publishes depends on when it is published.
"""

import asyncio
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol

from connector.core.auditing import Audit, text_of
from connector.core.callbacks import Report
from connector.core.events import MessageEvent, status_event, status_timeout_event
from connector.core.facts import AuditFound, Observer, StatusLookedUp, StatusSwept, StatusTimedOut
from connector.core.looks import RECONCILER_RATE, Allowance
from connector.core.messages import EventOrigin
from connector.core.outstanding import READ_BACK_MS, Known, Outstanding, Told, end_of, told_by
from connector.core.sights import SweepSeen
from connector.core.statuses import progress
from connector.core.sweeping import GRACE_MS, Page, Walk, begin, place_after
from connector.roles.account_webhooks import Opted, nobody
from connector.roles.ends import loudly, surely
from connector.roles.list_proofs import Clocks
from connector.roles.watched import Shift, Watch

EVERY_S = 60.0
TURN_S = 1 / RECONCILER_RATE
MOST_MISSES = 3  # look-ups in a row without an answer: one may be the message's fault, three are Sendblue's


class Rows(NamedTuple):
    """A page of the list. ``now_ms``: Sendblue's clock, ours where it did not say."""

    reports: tuple[Report, ...]
    page: Page
    now_ms: int


class Miss(StrEnum):
    """Why a look-up brought no message."""

    UNKNOWN = "unknown"
    """Sendblue does not know the handle."""
    NO_ANSWER = "no_answer"


class MessageStatuses(Protocol):
    """Sendblue's list of messages by their time of change, and one message by its handle."""

    async def changed(self, since_ms: int, offset: int) -> Rows | None:
        """Return a page of outbound messages changed since then, oldest first, after so many rows; None: no answer."""

    async def status(self, handle: str) -> Report | Miss:
        """Return a message."""

    def is_ours(self, report: Report) -> bool:
        """Whether it left from a line of ours."""


class Events(Protocol):
    """The events topic."""

    async def follow(self, since_ms: int, take: Callable[[Sequence[Told]], None], at_end: Callable[[], None]) -> None:
        """Read what was told of messages since then, and go on; ``at_end``: what was there at the start is read."""


class Ends(Protocol):
    """Where events go."""

    async def event(self, event: MessageEvent) -> None:
        """Append an event until it is durable."""


class Looks(Protocol):
    """Parked attempts to be looked for."""

    async def look(self, turn: "Turn") -> None:
        """Look for those that are due, each after its turn."""


class Turn(Protocol):
    """Waits until one more request may be made."""

    async def __call__(self) -> None:
        """Wait."""


class Sweeper:
    """Active from ``begin`` to ``end``, as the reconciler is. ``place_ms``: the newest change seen, Sendblue's time."""

    def __init__(
        self,
        statuses: MessageStatuses,
        events: Events,
        ends: Ends,
        parked: Looks,
        clocks: Clocks,
        observe: Observer,
        every_s: float = EVERY_S,
        opted: Opted = nobody,
    ) -> None:
        self._every_s, self._opted = every_s, opted
        self._statuses, self._events, self._ends, self._parked = statuses, events, ends, parked
        self._clocks, self._observe = clocks, observe
        self._known = Outstanding()
        self._begin_anew(clocks.now_ms())
        self._allowance = Allowance(1.0, clocks.mono())
        self.watch = Watch()
        self._shift = Shift(self.watch)

    def begin(self) -> None:
        """This instance is the active one."""
        self._shift.begin(self._run())

    def drop(self) -> None:
        """Another instance is the active one already."""
        self._shift.drop()

    async def end(self) -> None:
        """Another instance takes over, or the connector stops."""
        await self._shift.end()

    def seen(self, now_ms: int) -> SweepSeen:
        """How the sweep stands: asked from outside, so that one that stands still is seen; 0 where others sweep."""
        if not self._shift.on:
            return SweepSeen(0, 0.0)
        return SweepSeen(len(self._known), max(now_ms - self.place_ms, 0) / 1000)

    async def _run(self) -> None:
        now_ms, read = self._clocks.now_ms(), asyncio.Event()
        self._begin_anew(now_ms)
        following = self.watch.start(self._events.follow(now_ms - READ_BACK_MS, self._take, read.set))
        try:
            await read.wait()
            self.place_ms = self._known.place_ms(self._clocks.now_ms())
            while True:
                until = self._clocks.mono() + self._every_s
                await self.sweep()
                await self.look_up(until)
                await self._parked.look(self._turn)
                self._tell()
                await asyncio.sleep(max(until - self._clocks.mono(), 0.0))
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    def _begin_anew(self, now_ms: int) -> None:
        self._known, self._audit = Outstanding(), Audit(now_ms)
        self.place_ms, self._horizon_ms = now_ms, now_ms - READ_BACK_MS

    async def sweep(self) -> None:
        """Read the list on from where the last sweep ended, to its end or until there is no answer."""
        walk = begin(self.place_ms)
        while not walk.ended:
            await self._turn()
            rows = await self._statuses.changed(walk.since_ms, walk.offset)
            if rows is None:
                self.place_ms = walk.newest_ms
                return
            for report in rows.reports:
                await self._row(report, rows.now_ms)
            walk = self._after(walk, rows)

    async def look_up(self, until: float) -> None:
        """Look up the messages that are due, until ``until`` (monotonic), or until nobody answers."""
        misses = 0
        while misses < MOST_MISSES and self._clocks.mono() < until:
            handle = self._known.due(self._clocks.now_ms())
            if handle is None:
                return
            await self._turn()
            answered = await self._look_up(handle)
            misses = 0 if answered else misses + 1

    async def _look_up(self, handle: str) -> bool:
        """Look one message up, and give it up if that was the last time; False without an answer."""
        found = await self._statuses.status(handle)
        if isinstance(found, Miss):
            result = str(found)
        else:
            await self._hear(found)
            result = "new" if await self._publish(handle, found, "look_up") else "same"
        self._observe(StatusLookedUp(result))
        answered = found is not Miss.NO_ANSWER
        if self._known.looked(handle, self._clocks.now_ms(), answered=answered):
            await self._give_up(handle)
        return answered

    def _after(self, walk: Walk, rows: Rows) -> Walk:
        walk = walk.after(rows.page, rows.now_ms)
        self.place_ms = place_after(walk, rows.now_ms) if walk.ended else walk.newest_ms
        return walk

    async def _row(self, report: Report, now_ms: int) -> None:
        handle = report.message_handle
        if handle is None or report.is_outbound is False or not self._statuses.is_ours(report):
            return
        await self._hear(report)
        known, made_ms = self._known.knows(handle), report.date_sent_ms or now_ms
        old = made_ms < self._clocks.now_ms() - READ_BACK_MS  # the list was away for long: whose it is, nobody knows
        self._audit.row(handle, made_ms, text_of(report), ours=old or known is not Known.UNKNOWN)
        is_told = known is not Known.UNKNOWN or made_ms < self._horizon_ms
        if is_told and (report.date_updated_ms or 0) <= now_ms - GRACE_MS:
            await self._publish(handle, report, "list")

    async def _hear(self, report: Report) -> None:
        """Whatever the row is news of: its recipient may have opted out, and no callback told it."""
        await surely(lambda: self._opted(report), loudly("opt out", self._observe))

    async def _publish(self, handle: str, report: Report, by: str) -> bool:
        """Publish a status that nobody has told yet; False where somebody has."""
        message, now_ms = self._known.message(handle), self._clocks.now_ms()
        flags = progress(message.seen if message else None, report.seen)
        event = status_event(report, self._known.claim(handle), flags, now_ms, origin=EventOrigin.SWEEP)
        end = end_of(report.status, report.error_code) if report.terminal else None
        if not self._known.is_news(handle, event.event_id, end):
            return False
        await self._ends.event(event)
        self._learn(told_by(event))
        self._observe(StatusSwept(by, report.fell_back))
        return True

    async def _give_up(self, handle: str) -> None:
        message, claim = self._known.message(handle), self._known.claim(handle)
        if message is None or claim is None:
            return
        event = status_timeout_event(handle, claim, message.line, self._clocks.now_ms())
        await self._ends.event(event)
        self._learn(told_by(event))
        self._observe(StatusTimedOut(message.line or ""))

    def _take(self, batch: Sequence[Told]) -> None:
        for told in batch:
            self._learn(told)

    def _learn(self, told: Told | None) -> None:
        if told is None:
            return
        if told.request_id is not None and self._known.knows(told.handle) is Known.UNKNOWN:
            self._audit.submitted(told.handle, _changed_ms(told))
        self._known.learn(told)

    def _tell(self) -> None:
        now_ms = self._clocks.now_ms()
        for finding in self._audit.findings(now_ms, self.place_ms):
            self._observe(AuditFound(str(finding.kind), finding.handle))

    async def _turn(self) -> None:
        while True:
            left = self._allowance.take(self._clocks.mono(), RECONCILER_RATE)
            if left is not None:
                self._allowance = left
                return
            await asyncio.sleep(TURN_S)


def _changed_ms(told: Told) -> int:
    """When the list has it, by Sendblue's time. A proof that comes late, or again, says nothing of it: long ago."""
    seen = told.seen
    return 0 if seen is None else seen.date_updated_ms or told.at_ms
