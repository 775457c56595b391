"""Ids of events: the same from whoever publishes, and another for whatever is not the same event."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.callbacks import Report, parse
from connector.core.events import (
    disposition_event,
    duplicate_event,
    parked_event,
    rejected_event,
    status_event,
)
from connector.core.messages import Disposition, EventOrigin, EventType, Origin
from tests.core.event_examples import BEHIND, CLAIM, DISPATCH, IN_ORDER, NOW, OTHER_ATTEMPT, OWN, REPORT


def test_ids_stay_what_they_are() -> None:
    """Consumers drop repeats by id, across releases: these may never change."""
    assert [status_event(REPORT, CLAIM, IN_ORDER, NOW).event_id, OWN[0][0].event_id] == [
        "0065d9db7d621634e27f24ce4f93357f",
        "17f2417000d51a36c022f379a28d6d6f",
    ]


def test_the_id_of_a_status_is_the_same_from_every_source() -> None:
    """A callback, its repeat in other spelling and the row of the sweep are one event."""
    body = {"status": "SENT", "message_handle": "h", "date_updated": "2027-01-15T08:00:00.000Z"}
    row = {"status": "sent", "message_handle": "h", "date_updated": "2027-01-15T09:00:00+01:00", "error_code": 0}
    callback = status_event(parse(body), CLAIM, IN_ORDER, NOW)
    sweep = status_event(parse(row), None, BEHIND, NOW + 5, origin=EventOrigin.SWEEP, line="main")

    assert callback.event_id == sweep.event_id


def test_the_attempt_stands_in_for_a_missing_handle() -> None:
    """Without handles, the statuses of two attempts stay apart; with one, the attempt does not matter."""
    bare, other = replace(REPORT, message_handle=None), CLAIM._replace(attempt=OTHER_ATTEMPT)

    ids = [status_event(report, claim, IN_ORDER, NOW).event_id for report in (bare, REPORT) for claim in (CLAIM, other)]
    assert ids[0] != ids[1]
    assert ids[2] == ids[3]


@pytest.mark.parametrize(
    "other",
    [
        replace(REPORT, status="DELIVERED"),
        replace(REPORT, message_handle="handle-2"),
        replace(REPORT, error_code="5509"),
        replace(REPORT, date_updated_ms=NOW),
        replace(REPORT, date_updated_ms=None),
    ],
)
def test_another_status_has_another_id(other: Report) -> None:
    """Handle, status, error code and date each make a difference."""
    ids = {status_event(report, CLAIM, IN_ORDER, NOW).event_id for report in (REPORT, other)}

    assert len(ids) == 2


def test_our_own_ids_tell_type_origin_and_attempt_apart() -> None:
    """Two requests under one id, two attempts of one request, two types: all apart (counter-example 26)."""
    moved = replace(DISPATCH, origin=Origin("requests", 3, 8))
    events = [event for event, _, _ in OWN]
    events += [
        duplicate_event(moved, Disposition.SUBMITTED, "handle-0", NOW),
        parked_event(DISPATCH, OTHER_ATTEMPT, "TIMEOUT", "r", NOW),
    ]

    assert len({event.event_id for event in events}) == len(events)


def test_two_ends_of_one_record_have_two_ids() -> None:
    """What a replay after 72 h, or after a late proof, comes to is not dropped as a repeat of what was said before."""
    events = [
        duplicate_event(DISPATCH, Disposition.DROPPED, None, NOW),
        duplicate_event(DISPATCH, Disposition.SUBMITTED, "handle-0", NOW),
        duplicate_event(DISPATCH, Disposition.SUBMITTED, "handle-1", NOW),
        duplicate_event(DISPATCH, Disposition.SUBMITTED, "handle-0", NOW, id_reused=True),
        disposition_event(EventType.EXPIRED, DISPATCH, None, "OUT_OF_TIME", "r", NOW),
        disposition_event(EventType.EXPIRED, DISPATCH, None, "TOO_OLD", "r", NOW),
        rejected_event("order-1", DISPATCH.origin, "NUMBER_INVALID", "r", NOW),
        disposition_event(EventType.REJECTED, DISPATCH, None, "LINE_CONFLICT", "r", NOW),
    ]

    assert len({event.event_id for event in events}) == len(events)


def test_the_router_and_the_ledger_refuse_under_one_id() -> None:
    """The same refusal of the same record is the same event, whoever says it."""
    refused = rejected_event("order-1", DISPATCH.origin, "NO_LINE", "r", NOW)
    closed = disposition_event(EventType.REJECTED, DISPATCH, None, "NO_LINE", "r", NOW)

    assert refused.event_id == closed.event_id


@given(st.lists(st.text(max_size=3), min_size=2, max_size=2), st.lists(st.text(max_size=3), min_size=2, max_size=2))
def test_parts_of_an_id_do_not_run_together(one: list[str], other: list[str]) -> None:
    """Ids are equal only when every part is."""
    reports = [Report("SENT", f"h{handle}", error_code=f"e{code}") for handle, code in (one, other)]
    ids = [status_event(report, None, IN_ORDER, NOW).event_id for report in reports]

    assert (ids[0] == ids[1]) == (one == other)
    assert all(len(event_id) == 32 for event_id in ids)
