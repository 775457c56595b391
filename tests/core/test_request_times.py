"""The times of a request: when it was made, when it is due, when it ends, and what lies too far ahead."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.messages import Dispatch, Origin, SendRequest
from connector.core.requests import due_ms, expires_ms, request_time_ms, too_new, too_old

MINUTE, HOUR = 60_000, 3_600_000
NOW = 1_800_000_000_000
GOOD = SendRequest("order-1", number="+12025550123", content="Hello")


def dispatch(request: SendRequest, time_ms: int = NOW) -> Dispatch:
    """A dispatch of that request, made at that time."""
    return Dispatch(request, Origin("requests", 0, 7), time_ms, "main")


@pytest.mark.parametrize(("created_at_ms", "expected"), [(None, NOW), (NOW - 1, NOW - 1), (NOW + 1, NOW), (NOW, NOW)])
def test_the_older_time_counts(created_at_ms: int | None, expected: int) -> None:
    """A request is as old as the older of created_at and its record's time."""
    assert request_time_ms(replace(GOOD, created_at_ms=created_at_ms), NOW) == expected


@pytest.mark.parametrize(
    ("record_ms", "created_ms", "refused"),
    [
        (NOW + 5 * MINUTE, None, False),
        (NOW + 5 * MINUTE + 1, None, True),
        (NOW, NOW + 5 * MINUTE, False),
        (NOW, NOW + 5 * MINUTE + 1, True),
        (NOW - HOUR, NOW - HOUR, False),
    ],
)
def test_five_minutes_ahead_are_forgiven(record_ms: int, created_ms: int | None, *, refused: bool) -> None:
    """Either time more than 5 minutes ahead refuses the request, however old the other is."""
    found = too_new(replace(GOOD, created_at_ms=created_ms), record_ms, NOW)

    assert (found is not None and found.code == "IN_THE_FUTURE") == refused


@pytest.mark.parametrize(("age_ms", "old"), [(0, False), (72 * HOUR, False), (72 * HOUR + 1, True)])
def test_seventy_two_hours_is_the_last_age(age_ms: int, *, old: bool) -> None:
    """Older than 72 h is too old, 72 h is not; the ledger grants for half an hour less."""
    assert too_old(NOW - age_ms, NOW) == old


@pytest.mark.parametrize(("send_at_ms", "due"), [(None, NOW), (NOW - HOUR, NOW), (NOW + HOUR, NOW + HOUR)])
def test_due_at_send_at_but_never_before_its_time(send_at_ms: int | None, due: int) -> None:
    """A send_at in the past means now."""
    assert due_ms(dispatch(replace(GOOD, send_at_ms=send_at_ms))) == due


@pytest.mark.parametrize(
    ("send_at_ms", "expires_at_ms", "end"),
    [
        (None, None, NOW + 24 * HOUR),
        (NOW + 10 * HOUR, None, NOW + 34 * HOUR),
        (None, NOW + HOUR, NOW + HOUR),
        (NOW + HOUR, NOW + 2 * HOUR, NOW + 2 * HOUR),
        (NOW + 71 * HOUR, None, NOW + 72 * HOUR),
        (None, NOW + 100 * HOUR, NOW + 72 * HOUR),
    ],
)
def test_a_request_ends(send_at_ms: int | None, expires_at_ms: int | None, end: int) -> None:
    """At expires_at, else 24 h after it is due, and at 72 h in any case."""
    assert expires_ms(dispatch(replace(GOOD, send_at_ms=send_at_ms, expires_at_ms=expires_at_ms))) == end


@given(st.integers(0, 71 * HOUR), st.integers(1, 100 * HOUR))
def test_a_due_request_has_time_left(ahead_ms: int, ttl_ms: int) -> None:
    """Whatever the settings, a request that passed the checks may be sent at the moment it is due."""
    scheduled = dispatch(replace(GOOD, send_at_ms=NOW + ahead_ms))

    assert due_ms(scheduled) < expires_ms(scheduled, ttl_ms) <= NOW + 72 * HOUR
