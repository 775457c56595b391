"""A line as this process holds it: one of its lanes or both, and what they share.

Guard, pace and the calls under way are the line's, whatever the lane. ``in_flight`` workers take the next due record,
replies first by ``core.priorities``; a lane that came back begins when the last turn of the lane before it has ended.
When the other lane is somebody else's the line is *split*: then who waits for the pace looks again at each grant of the
line that ends.
"""

import asyncio
from collections.abc import Iterator, Mapping
from functools import partial

from connector.core.messages import Priority
from connector.core.new_contacts import CLOSED_S, NEVER
from connector.core.pacing import Writes
from connector.core.priorities import Places, Share
from connector.core.steps import Held
from connector.roles.lane import Lane
from connector.roles.line_guard import LineGuard
from connector.roles.new_contacts import NewContacts
from connector.roles.surroundings import LineInfo, Surroundings


class Line:
    """``writes``: what this process wrote on the line, under whichever assignment; ``guard``: of these lanes."""

    guard: LineGuard
    new: NewContacts

    def __init__(self, info: LineInfo, around: Surroundings, given: Mapping[str, Places]) -> None:
        self.info, self.around, self._given = info, around, given
        self.writes = Writes()
        self._lanes: dict[Priority, Lane] = {}
        self._before: dict[Priority, list[Lane]] = {}
        self._share = Share()
        self._stir = asyncio.Event()
        self._moved = asyncio.Event()

    @property
    def split(self) -> bool:
        """The line has two lanes, and one of them is not here."""
        return len(self._lanes) == 1 and self._has_two()

    def _has_two(self) -> bool:
        given = self._given.get(self.info.alias)
        return self.info.reply_partition is not None or (given is not None and given.reply is not None)

    def begins(self) -> None:
        """A lane is about to join: what the guard knew of the line while we had nothing of it is old."""
        if not self._lanes:
            self.guard, self.new = self._new_guard(), self._new_contacts()

    def join(self, lane: Lane) -> None:
        """One more lane."""
        self._lanes[lane.priority] = lane
        self.stir()

    def leave(self, lane: Lane) -> None:
        """The lane is somebody else's now; its last turns end here."""
        if self._lanes.get(lane.priority) is lane:
            del self._lanes[lane.priority]
        if lane.busy:
            self._before.setdefault(lane.priority, []).append(lane)

    def stir(self) -> None:
        """Something may be due."""
        self._stir.set()

    def wake(self, name: bytes) -> None:
        """Something of this request or contact changed."""
        for lane in self._lanes.values():
            lane.wake(name)

    def wake_all(self) -> None:
        """Something about the whole line changed: look at every record again."""
        for lane in self._lanes.values():
            lane.wake_all()

    def moved(self) -> None:
        """A grant on this line has its end: if the line is split, who waits for the pace looks again."""
        if self.split:
            moved, self._moved = self._moved, asyncio.Event()
            moved.set()

    def wrote(self, lane: Lane) -> None:
        """A record of this lane was written."""
        normal = self._lanes.get(Priority.NORMAL)
        self._share = self._share.after(lane.priority, others_wait=normal is not None and len(normal.window) > 0)

    async def next(self) -> tuple[Lane, int, Held] | None:
        """Wait for the next due record; None when no lane goes on."""
        while any(not lane.stopping for lane in self._lanes.values()):
            self._stir.clear()
            for lane in self._open():
                if (taken := lane.take()) is not None:
                    return lane, *taken
            await self._doze()
        return None

    async def until(self, at: float) -> None:
        """Wait until then, monotonic seconds; on a split line only until a grant ends."""
        left_s = max(at - self.around.clocks.mono(), 0.0)
        if not self.split:
            return await asyncio.sleep(left_s)
        await _heard(self._moved, left_s)

    def _open(self) -> Iterator[Lane]:
        """The lanes that may begin a turn, in the order in which they may."""
        for priority in self._share.order():
            lane = self._lanes.get(priority)
            if lane is not None and not lane.stopping and not self._ends_first(priority):
                yield lane

    def _ends_first(self, priority: Priority) -> bool:
        """A lane of an assignment before still has turns under way: two would do the same."""
        if not (before := self._before.get(priority)):
            return False
        self._before[priority] = [lane for lane in before if lane.busy]
        return bool(self._before[priority])

    async def _doze(self) -> None:
        times = [at for lane in self._open() if (at := lane.next_wake()) is not None]
        await _heard(self._stir, max(min(times) - self.around.clocks.mono(), 0.0) if times else None)

    def _new_guard(self) -> LineGuard:
        around, alias = self.around, self.info.alias
        in_doubt = partial(around.replica.views.in_doubt, alias)
        return LineGuard(
            alias,
            around.account,
            around.clocks,
            around.ids.jitter,
            in_doubt,
            around.observe,
            self.wake_all,
            self._stopped_until,
        )

    def _new_contacts(self) -> NewContacts:
        around, spread = self.around, self.around.policy.spread_new
        return NewContacts(self.info.alias, around.facts, around.clocks, around.ids.jitter, spread=spread)

    def _stopped_until(self) -> float:
        """A line that Sendblue says is offline or blocked waits; whoever learns otherwise wakes it."""
        facts, alias = self.around.facts, self.info.alias
        if not facts.troubled(alias):  # asked at every turn: reads no clock
            return NEVER
        mono = self.around.clocks.mono()
        return mono + CLOSED_S if facts.stopped(alias, mono, self.around.clocks.now_ms()) else NEVER


async def _heard(event: asyncio.Event, timeout_s: float | None) -> None:
    """Wait for the event, but not for longer than that."""
    try:
        async with asyncio.timeout(timeout_s):
            await event.wait()
    except TimeoutError:
        return
