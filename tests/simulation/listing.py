"""Sendblue's message list, as one process reads it: rows appear some seconds after their texts, and GETs may fail."""

import asyncio
from typing import TYPE_CHECKING

from connector.core.callbacks import Report
from connector.core.messages import Dispatch
from connector.core.proofs import Listing
from connector.core.proofs import Text as Shown
from connector.core.requests import content_of, media_of
from tests.simulation.broker import EPOCH_MS
from tests.simulation.sendblue import NUMBERS, Text

if TYPE_CHECKING:
    from tests.simulation.process import Process


class MessageList:
    """The rows of the one account. The server's clock is the world's; the process's own is off by its skew."""

    def __init__(self, process: "Process") -> None:
        self._process, self._world = process, process.world

    def text(self, dispatch: Dispatch, line: str) -> Shown | None:
        """What a row of this text would show."""
        request = dispatch.request
        return Shown(request.number or "", NUMBERS[line], content_of(request), media_of(request))

    async def outbound(self, number: str, since_ms: int, *, newest: bool) -> Listing | None:
        """The visible rows to this number since then."""
        world, plan = self._world, self._world.plan
        await asyncio.sleep(plan.span(0.02, 0.3))
        out = max(world.sendblue.unauthorized_until, world.sendblue.unreachable_until) > world.scheduler.now
        if out or plan.chance(0.2):
            return None
        ahead = -self._process.setup.skew_ms
        visible = [text for text in world.sendblue.posts if text.visible_at <= world.scheduler.now]
        rows = [_row(text) for text in visible if text.dispatch.request.number == number]
        shown = tuple(row for row in rows if (row.date_sent_ms or 0) >= since_ms + ahead)
        latest = max((_made_ms(text) for text in visible), default=None)
        return Listing(shown, ahead, newest_ms=latest if newest else None)


def _made_ms(text: Text) -> int:
    return EPOCH_MS + int((text.accepted_at or 0.0) * 1000)


def _row(text: Text) -> Report:
    request, line = text.dispatch.request, NUMBERS[text.dispatch.line]
    return Report(
        status="SENT",
        message_handle=text.handle,
        date_sent_ms=_made_ms(text),
        content=request.content,
        is_outbound=True,
        from_number=line,
        sendblue_number=line,
        number=request.number,
        to_number=request.number,
    )
