"""Sendblue's message list as attempts in doubt need it: the rows of one contact, and how far the list has got.

Sendblue ignores filters it does not like, so what comes back is filtered again by whoever judges it. Its clock is
learned from each answer's Date header; a list asked for with a wrong idea of it is asked for again.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime

from connector.core.callbacks import Report, Unreadable, parse
from connector.core.messages import Dispatch
from connector.core.proofs import Listing, Text
from connector.core.requests import content_of, media_of
from connector.sendblue.client import SendblueClient
from connector.sendblue.lookups import MessagePage, SendblueError

SLACK_MS = 120_000  # rows are asked for from this much earlier on: a clock that is off by less needs no second question
MAX_PAGES = 3  # of one contact in a few minutes; more than 300 texts are no contact of ours
MOST_AHEAD_MS = 24 * 3600 * 1000  # a Date further off than a day is no clock


class ListedMessages:
    """Reads the list through the client; ``numbers``: line alias -> number."""

    def __init__(self, client: SendblueClient, numbers: Mapping[str, str], now_ms: Callable[[], int]) -> None:
        self._client, self._numbers, self._now_ms = client, numbers, now_ms
        self._ahead_ms = 0

    def text(self, dispatch: Dispatch, line: str) -> Text | None:
        """What a row of this text from this line shows; None for a group, and for a line that is not configured."""
        request = dispatch.request
        if request.number is None or line not in self._numbers:
            return None
        return Text(request.number, self._numbers[line], content_of(request), media_of(request))

    async def outbound(self, number: str, since_ms: int, *, newest: bool) -> Listing | None:
        """Read what went to this number since then; None without a usable answer, or with a clock just learned."""
        try:
            newest_ms = await self._newest() if newest else None
            rows, complete, known = await self._pages(number, since_ms)
        except SendblueError:
            return None
        return Listing(rows, self._ahead_ms, complete, newest_ms) if known else None

    async def _pages(self, number: str, since_ms: int) -> tuple[tuple[Report, ...], bool, bool]:
        asked_with, offset = self._ahead_ms, 0
        rows: list[Mapping[str, object]] = []
        since = stamp(since_ms + asked_with - SLACK_MS)
        for _ in range(MAX_PAGES):
            page = await self._page(
                number=number, is_outbound=True, created_at_gte=since, offset=offset, order_direction="asc"
            )
            rows += page.rows
            offset += page.listed
            if not page.has_more:
                return reports(rows), True, abs(self._ahead_ms - asked_with) < SLACK_MS
        return reports(rows), False, True

    async def _newest(self) -> int | None:
        page = await self._page(is_outbound=True, limit=1, order_direction="desc")
        found = reports(page.rows)
        return found[0].date_sent_ms if found else None

    async def _page(self, **filters: str | int | bool) -> MessagePage:
        page = await self._client.messages(order_by="createdAt", **filters)
        if page.date_ms is not None and abs(ahead_ms := page.date_ms - self._now_ms()) <= MOST_AHEAD_MS:
            self._ahead_ms = ahead_ms
        return page


def reports(rows: Iterable[Mapping[str, object]]) -> tuple[Report, ...]:
    """The rows that can be read."""
    found = []
    for row in rows:
        try:
            found.append(parse(row))
        except Unreadable:
            continue
    return tuple(found)


def stamp(at_ms: int) -> str:
    """A time as filters take it."""
    moment = datetime.fromtimestamp(at_ms / 1000, UTC)
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
