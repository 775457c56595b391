"""What ``docs/consumers.md`` tells those who read events: its SQL run, its table of types complete."""

import json
import re
import sqlite3
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from connector.core.callbacks import parse
from connector.core.events import (
    FINAL_TYPES,
    MessageEvent,
    disposition_event,
    duplicate_event,
    parked_event,
    status_event,
    submitted_event,
)
from connector.core.messages import Dispatch, Disposition, EventType, Origin, SendRequest
from connector.core.statuses import Flags, Seen
from connector.core.tokens import Claim
from connector.kafka.schemas import SchemaName, text_of
from connector.kafka.wire_events import event_row

PAGE = (Path(__file__).parents[1] / "docs" / "consumers.md").read_text()
LATEST, ENDS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
COLUMNS = [field["name"] for field in json.loads(text_of(SchemaName.MESSAGE_EVENT))["fields"]]
NOW_MS = 1_700_000_000_000


def ask(sql: str, events: Iterable[MessageEvent]) -> list[tuple[object, ...]]:
    """The rows that a query finds among these events, each of them published twice."""
    base = sqlite3.connect(":memory:")
    base.execute(f"CREATE TABLE events ({', '.join(COLUMNS)})")
    for event in (*events, *events):
        row = event_row(event)
        flat = [json.dumps(row[name]) if isinstance(row[name], dict | list) else row[name] for name in COLUMNS]
        base.execute(f"INSERT INTO events VALUES ({', '.join('?' * len(COLUMNS))})", flat)  # noqa: S608 - our own names
    return sorted(base.execute(sql).fetchall(), key=str)


def status(handle: str, name: str, minute: int, *, late: bool = False, service: str = "iMessage") -> MessageEvent:
    """A status of a message, dated by Sendblue; ``late``: flagged out of order."""
    date = f"2026-01-01T10:{minute:02d}:00.000Z"
    body = {"status": name, "message_handle": handle, "date_updated": date, "service": service}
    report = parse(body)
    return status_event(report, Claim(f"r-{handle}", f"a-{handle}", 0), Flags(late, Seen(name)), NOW_MS)


def request(request_id: str, offset: int = 0) -> Dispatch:
    return Dispatch(SendRequest(request_id, number="+12025550123"), Origin("requests", 0, offset), NOW_MS, "line-1")


def latest(events: Iterable[MessageEvent]) -> dict[object, object]:
    """Message -> its latest status by the page's query."""
    rows = ask(LATEST, events)
    assert len({row[1] for row in rows}) == len(rows)
    return {row[1]: row[2] for row in rows}


def test_the_latest_status_of_each_message() -> None:
    """Whatever the order of arrival, flagged or not: what ends a message, else what is furthest."""
    events = [
        status("h1", "DELIVERED", 3), status("h1", "SENT", 2), status("h1", "QUEUED", 1, late=True),
        status("h2", "SENT", 2), status("h2", "QUEUED", 5),
        status("h3", "SENT", 1, service="SMS"), status("h3", "DELIVERED", 2, service="SMS"),
        status("h4", "DELIVERED", 1), status("h4", "ERROR", 2, late=True),
        status("h5", "SENT", 1), status("h5", "SOMETHING_NEW", 2),
        status("h6", "SOMETHING_NEW", 2),
    ]  # fmt: skip
    expected = {
        "h1": "DELIVERED", "h2": "SENT", "h3": "DELIVERED", "h4": "DELIVERED", "h5": "SENT", "h6": "SOMETHING_NEW",
    }  # fmt: skip

    assert latest(events) == expected
    assert latest(events[::-1]) == expected


def test_of_two_words_on_one_status_the_one_that_names_the_request_counts() -> None:
    """An account webhook told it and could not; the callback could, in whatever order they are read."""
    told = status("h1", "SENT", 2)
    nameless = replace(told, request_id=None, attempt=None)

    for events in ((told, nameless), (nameless, told)):
        assert [row[:3] for row in ask(LATEST, events)] == [("r-h1", "h1", "SENT")]


def test_an_error_in_the_answer_is_a_status() -> None:
    """It came with the SUBMITTED, and no callback may follow."""
    report = parse({"status": "ERROR", "message_handle": "h1", "error_code": 4002})

    assert latest([submitted_event(request("r1"), "a1", "h1", report, NOW_MS)]) == {"h1": "ERROR"}


def test_how_each_request_ended() -> None:
    """The first final event counts, a DUPLICATE last, and SUBMITTED beats all; PARKED and STATUS end nothing."""
    dropped = disposition_event(EventType.DROPPED, request("r1"), "a1", "policy", "dropped", NOW_MS)
    events = [
        parked_event(request("r1"), "a1", "IN_DOUBT", "in doubt", NOW_MS),
        dropped,
        submitted_event(request("r1"), "a1", "h1", None, NOW_MS + 5),
        duplicate_event(request("r2", 2), Disposition.REJECTED, None, NOW_MS),
        disposition_event(EventType.REJECTED, request("r2"), None, "4002", "refused", NOW_MS + 5),
        disposition_event(EventType.EXPIRED, request("r2"), None, "TTL", "late", NOW_MS + 9),
        parked_event(request("r3"), "a3", "IN_DOUBT", "in doubt", NOW_MS),
        status("h1", "DELIVERED", 1),
    ]
    expected = [("r1", "SUBMITTED", None, "h1"), ("r2", "REJECTED", "4002", None)]

    assert ask(ENDS, events) == expected
    assert ask(ENDS, events[::-1]) == expected


def test_the_page_tells_every_type_and_whether_it_is_final() -> None:
    """One row of its table for each."""
    told = dict(re.findall(r"^\| ([A-Z_]+) \|.*\| (yes|no) \|$", PAGE, re.MULTILINE))

    assert told == {str(one): "yes" if one in FINAL_TYPES else "no" for one in EventType}
