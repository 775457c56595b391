"""The message list as attempts in doubt read it: pages, clocks, and whatever else Sendblue may answer."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime

import httpx2
import msgspec
import pytest

from connector.sendblue.client import SendblueClient
from connector.sendblue.credentials import Credentials
from connector.wiring.message_list import ListedMessages

NOW_MS = 1_700_000_000_000
NUMBER = "+12025550123"
DATE = format_datetime(datetime.fromtimestamp(NOW_MS / 1000, UTC), usegmt=True)
Query = Mapping[str, str]


def row(handle: str) -> dict[str, object]:
    return {"message_handle": handle, "status": "SENT", "date_sent": "2023-11-14T22:13:20.000Z"}


class Listed:
    """A Sendblue that answers list queries by a function of the query; ``asked`` keeps them in order."""

    def __init__(self, answer: Callable[[Query], object], date: str = DATE) -> None:
        self._answer, self._date = answer, date
        self.asked: list[Query] = []
        client = SendblueClient(
            "http://sendblue.test",
            lambda: Credentials("id", "secret"),
            transport=httpx2.MockTransport(self._handle),
        )
        self.messages = ListedMessages(client, {"A": "+13035550100"}, lambda: NOW_MS)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        query = dict(request.url.params)
        self.asked.append(query)
        body = msgspec.json.encode(self._answer(query))
        return httpx2.Response(200, headers={"date": self._date, "content-type": "application/json"}, content=body)


def paged(rows: int, size: int, told: bool = True) -> Callable[[Query], object]:
    """So many rows, in pages of at most ``size``; ``told``: with a pagination object."""

    def answer(query: Query) -> object:
        offset = int(query.get("offset", 0))
        page = [row(f"h{n}") for n in range(offset, min(offset + size, rows))]
        more = {"pagination": {"hasMore": offset + size < rows}} if told else {}
        return {"status": "OK", "data": page, **more}

    return answer


@pytest.mark.parametrize("size", [50, 100])
@pytest.mark.parametrize("told", [True, False])
async def test_no_row_is_skipped_whatever_the_size_of_a_page(size: int, told: bool) -> None:
    """Sendblue's pages disagree about the largest page; the next one begins after the rows that came."""
    listing = await Listed(paged(90, size, told)).messages.outbound(NUMBER, NOW_MS, newest=False)

    assert listing is not None
    assert listing.complete
    assert [f"h{n}" for n in range(90)] == [report.message_handle for report in listing.rows]


async def test_more_rows_than_are_read_are_told() -> None:
    """Three pages and still more: nobody may take that for the whole."""
    listing = await Listed(paged(1_000, 100)).messages.outbound(NUMBER, NOW_MS, newest=False)

    assert listing is not None
    assert not listing.complete


@pytest.mark.parametrize(
    "date",
    ["Mon, 01 Jan 0001 00:00:00 GMT", "Fri, 31 Dec 9999 23:59:59 GMT", "Mon, 01 Jan 0001 00:00:00 -0000", "soon"],
)
async def test_a_date_of_no_use_is_no_clock(date: str) -> None:
    """It must not end the process at the next question either."""
    listed = Listed(paged(1, 100), date)
    await listed.messages.outbound(NUMBER, NOW_MS, newest=False)
    listing = await listed.messages.outbound(NUMBER, NOW_MS, newest=False)

    assert listing is None or listing.ahead_ms == 0


async def test_how_far_the_list_has_got_is_asked_before_the_rows() -> None:
    """Asked after them, it might have got there in between."""
    listed = Listed(paged(1, 100))
    await listed.messages.outbound(NUMBER, NOW_MS, newest=True)

    assert [query["order_direction"] for query in listed.asked] == ["desc", "asc"]


async def test_a_clock_that_is_an_hour_off_is_learned() -> None:
    """The first question, asked with a wrong idea of it, says nothing."""
    ahead = format_datetime(datetime.fromtimestamp(NOW_MS / 1000 + 3_600, UTC), usegmt=True)
    listed = Listed(paged(1, 100), ahead)
    first = await listed.messages.outbound(NUMBER, NOW_MS, newest=False)
    second = await listed.messages.outbound(NUMBER, NOW_MS, newest=False)

    assert first is None
    assert second is not None
    assert second.ahead_ms == 3_600_000
