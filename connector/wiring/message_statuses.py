"""Sendblue's messages as the sweep needs them: the list by time of change, and one message by its handle.

What Sendblue ignores of a question is asked of the rows again: whose line, which order. A row that cannot be read is
passed over; the page is counted with it.
"""

from collections.abc import Callable, Collection, Mapping

from connector.core.callbacks import Report, Unreadable, parse
from connector.core.sweeping import Page
from connector.roles.sweeper import Miss, Rows
from connector.sendblue.client import SendblueClient
from connector.sendblue.lookups import SendblueError
from connector.wiring.message_list import stamp


class ListedStatuses:
    """``numbers``: of our lines; ``now_ms``: for answers without a Date."""

    def __init__(self, client: SendblueClient, numbers: Collection[str], now_ms: Callable[[], int]) -> None:
        self._client, self._now_ms = client, now_ms
        self._numbers = frozenset(map(_digits, numbers))

    async def changed(self, since_ms: int, offset: int) -> Rows | None:
        """Return a page of outbound messages changed since then, oldest first, after so many rows; None: no answer."""
        try:
            page = await self._client.messages(
                updated_at_gte=stamp(since_ms),
                is_outbound=True,
                order_by="updatedAt",
                order_direction="asc",
                offset=offset,
            )
        except SendblueError:
            return None
        reports = tuple(report for row in page.rows if (report := _read(row)) is not None)
        times = tuple(report.date_updated_ms for report in reports if report.date_updated_ms is not None)
        return Rows(reports, Page(times, page.listed, page.has_more), page.date_ms or self._now_ms())

    async def status(self, handle: str) -> Report | Miss:
        """Return a message; one of another handle is no answer."""
        try:
            found = await self._client.status(handle)
        except SendblueError:
            return Miss.NO_ANSWER
        if found is None:
            return Miss.UNKNOWN
        report = _read({"message_handle": handle, **found})
        return report if report is not None and report.message_handle == handle else Miss.NO_ANSWER

    def is_ours(self, report: Report) -> bool:
        """Whether it left from a line of ours."""
        return not self._numbers.isdisjoint({_digits(report.from_number), _digits(report.sendblue_number)})


def _read(row: Mapping[str, object]) -> Report | None:
    try:
        return parse(row)
    except Unreadable:
        return None


def _digits(number: str | None) -> str:
    return "".join(filter(str.isdigit, number or ""))
