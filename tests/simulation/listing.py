"""Sendblue's message list, as one process reads it: rows appear some seconds after their texts, and GETs may fail.

In doubt it is asked for the rows of one contact, by the sweep for what has changed, or for one message by its handle.
"""

import asyncio
from typing import TYPE_CHECKING

from connector.core.callbacks import Report
from connector.core.messages import Dispatch
from connector.core.proofs import Listing
from connector.core.proofs import Text as Shown
from connector.core.requests import content_of, media_of
from connector.core.sweeping import Page
from connector.roles.sweeper import Miss, Rows
from tests.simulation.messages import NUMBERS, Message, ms_of

if TYPE_CHECKING:
    from tests.simulation.process import Process

PAGE = 7  # rows; few, so that a sweep of a small world has several pages


class MessageList:
    """The rows of the one account. The server's clock is the world's; the process's own is off by its skew."""

    def __init__(self, process: "Process") -> None:
        self._process, self._world = process, process.world

    def text(self, dispatch: Dispatch, line: str) -> Shown | None:
        """What a row of this text would show; None for a group."""
        request = dispatch.request
        if request.number is None:
            return None
        return Shown(request.number, NUMBERS[line], content_of(request), media_of(request))

    async def outbound(self, number: str, since_ms: int, *, newest: bool) -> Listing | None:
        """The visible rows to this number since then."""
        if not await self._answers():
            return None
        ahead = -self._process.setup.skew_ms
        visible = self._visible()
        mine = (message for message in visible if message.request.number == number)
        shown = tuple(self._row(m) for m in mine if m.made_ms >= since_ms + ahead)
        latest = max((message.made_ms for message in visible), default=None)
        return Listing(shown, ahead, newest_ms=latest if newest else None)

    async def changed(self, since_ms: int, offset: int) -> Rows | None:
        """A page of what has changed since then, oldest first."""
        if not await self._answers():
            return None
        reports = sorted(map(self._row, self._visible()), key=lambda report: report.date_updated_ms or 0)
        found = [report for report in reports if (report.date_updated_ms or 0) >= since_ms]
        page = tuple(found[offset : offset + PAGE])
        times = tuple(report.date_updated_ms or 0 for report in page)
        return Rows(page, Page(times, len(page), len(found) > offset + PAGE), ms_of(self._world.scheduler.now))

    async def status(self, handle: str) -> Report | Miss:
        """One message, also before the list shows it."""
        answered = await self._answers()
        self._world.statuses.looked_up(self._process, handle, answered=answered)
        if not answered:
            return Miss.NO_ANSWER
        found = self._world.sendblue.messages.get(handle)
        return self._row(found) if found else Miss.UNKNOWN

    def is_ours(self, report: Report) -> bool:
        """Whether it left from a line of ours."""
        return report.from_number in NUMBERS.values()

    async def _answers(self) -> bool:
        plan, sendblue = self._world.plan, self._world.sendblue
        await asyncio.sleep(plan.span(0.02, 0.3))
        return not (sendblue.is_away or plan.chance(0.2))

    def _visible(self) -> list[Message]:
        now = self._world.scheduler.now
        return [message for message in self._world.sendblue.messages.values() if message.visible_at <= now]

    def _row(self, message: Message) -> Report:
        return message.report(self._world.scheduler.now)
