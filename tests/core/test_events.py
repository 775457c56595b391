"""The records of the events topic: what each says."""

from dataclasses import replace

import pytest

from connector.core.events import (
    MessageEvent,
    disposition_event,
    duplicate_event,
    rejected_event,
    status_event,
    submitted_event,
    waiting_event,
)
from connector.core.messages import Disposition, EventOrigin, EventType, Origin
from tests.core.event_examples import ATTEMPT, BEHIND, CLAIM, DISPATCH, IN_ORDER, NOW, OWN, REPORT


def test_a_status() -> None:
    """A callback becomes an event of its request, at Sendblue's time, with nothing of ours riding on it."""
    event = status_event(REPORT, CLAIM, BEHIND, NOW)

    assert event == MessageEvent(
        event_id=event.event_id,
        type=EventType.STATUS,
        origin=EventOrigin.CALLBACK,
        request_id="order-1",
        attempt=ATTEMPT,
        occurred_at_ms=NOW - 5,
        received_at_ms=NOW,
        message_handle="handle-1",
        report=REPORT,
        out_of_order=True,
    )
    assert (event.status, event.service) == ("SENT", "iMessage")


@pytest.mark.parametrize(("status", "terminal"), [("SENT", False), ("DELIVERED", True), ("ERROR", True)])
def test_a_status_may_end_the_message_never_the_request(status: str, terminal: bool) -> None:
    """terminal speaks of the message; final of the request, which a status does not touch."""
    event = status_event(replace(REPORT, status=status), CLAIM, IN_ORDER, NOW)

    assert (event.terminal, event.final) == (terminal, False)


@pytest.mark.parametrize(
    ("status", "service", "was_downgraded", "flagged"),
    [
        ("SENT", "SMS", None, True),
        ("SENT", "sms", False, True),
        ("SENT", None, True, True),
        ("ERROR", "SMS", True, True),
        ("QUEUED", "SMS", True, False),
        ("SENT", "iMessage", None, False),
        ("DELIVERED", "iMessage", False, False),
    ],
)
def test_the_status_that_ends_an_sms_says_so(
    status: str, service: str | None, was_downgraded: bool | None, flagged: bool
) -> None:
    """However Sendblue puts it; before its end a message may still be said to go by the wrong service. The id stays."""
    report = replace(REPORT, status=status, service=service, was_downgraded=was_downgraded)
    event = status_event(report, CLAIM, IN_ORDER, NOW)
    plain = status_event(replace(report, service="iMessage", was_downgraded=None), CLAIM, IN_ORDER, NOW)

    assert (event.code, event.reason is not None) == ("DOWNGRADED" if flagged else None, flagged)
    assert event.event_id == plain.event_id


def test_a_status_without_a_date_or_a_claim() -> None:
    """Without Sendblue's time ours counts; a message the sweep cannot tie to a request is told all the same."""
    event = status_event(replace(REPORT, date_updated_ms=None), None, IN_ORDER, NOW, origin=EventOrigin.SWEEP)

    assert (event.occurred_at_ms, event.request_id, event.attempt) == (NOW, None, None)
    assert event.origin is EventOrigin.SWEEP


@pytest.mark.parametrize(("event", "type_", "final"), OWN)
def test_our_own_events_carry_what_the_producer_sent_along(event: MessageEvent, type_: EventType, final: bool) -> None:
    """Tags, trace, line and origin ride on every event of ours; the provisional types do not settle it."""
    assert (event.type, event.final) == (type_, final)
    assert (event.request_id, event.request_origin, event.line) == ("order-1", "requests/3/7", "main")
    assert (event.tags, event.traceparent) == ({"team": "a"}, "00-aa-bb-01")
    assert event.occurred_at_ms == event.received_at_ms == NOW
    assert (event.terminal, event.out_of_order, event.id_reused) == (False, False, False)


def test_a_wait_is_one_event_of_its_kind_whatever_the_reason() -> None:
    """A later hop for another reason would be the same event; an end is no wait."""
    first = waiting_event(EventType.DEFERRED, DISPATCH, "BUSY", "r", NOW)
    later = waiting_event(EventType.DEFERRED, replace(DISPATCH, deferrals=7), "LINE", "r", NOW + 1)

    assert first.event_id == later.event_id
    with pytest.raises(ValueError, match="no wait"):
        waiting_event(EventType.PARKED, DISPATCH, "C", "r", NOW)


def test_a_submission_tells_the_handle() -> None:
    """With the answer of the call, or with the proof that came later and nothing else."""
    answered = submitted_event(DISPATCH, ATTEMPT, "handle-1", REPORT, NOW)
    proved = submitted_event(DISPATCH, ATTEMPT, "handle-1", None, NOW, origin=EventOrigin.CALLBACK)

    assert (answered.message_handle, answered.origin, answered.report) == ("handle-1", EventOrigin.API, REPORT)
    assert (proved.message_handle, proved.origin, proved.status) == ("handle-1", EventOrigin.CALLBACK, None)
    assert proved.service is None
    assert answered.event_id == proved.event_id


def test_a_submission_that_failed_at_once_has_ended_its_message() -> None:
    """An answer with a handle and an error is a submission whose message is over."""
    event = submitted_event(DISPATCH, ATTEMPT, "handle-1", replace(REPORT, status="ERROR"), NOW)

    assert (event.terminal, event.final) == (True, True)


def test_a_negative_end_gives_its_reason() -> None:
    """A code for machines, a sentence for people, and the attempt it is about."""
    event = disposition_event(EventType.REJECTED, DISPATCH, ATTEMPT, "4002", "a blocked number", NOW)

    assert (event.code, event.reason, event.attempt) == ("4002", "a blocked number", ATTEMPT)
    assert event.origin is EventOrigin.CONNECTOR
    assert not event.terminal


@pytest.mark.parametrize("type_", [EventType.SUBMITTED, EventType.STATUS, EventType.DUPLICATE, EventType.PARKED])
def test_only_negative_ends_are_made_that_way(type_: EventType) -> None:
    """The other types have their own constructors, which ask for what they need."""
    with pytest.raises(ValueError, match="not a negative end"):
        disposition_event(type_, DISPATCH, ATTEMPT, "C", "r", NOW)


@pytest.mark.parametrize(("reused", "code"), [(False, "REPEATED"), (True, "ID_REUSED")])
def test_a_duplicate_points_at_the_first(reused: bool, code: str) -> None:
    """How the first ended, its handle, and whether the id was taken for another message."""
    event = duplicate_event(DISPATCH, Disposition.SUBMITTED, "handle-0", NOW, id_reused=reused)

    assert (event.duplicate_of, event.first_handle) == (Disposition.SUBMITTED, "handle-0")
    assert (event.code, event.id_reused, event.attempt) == (code, reused, None)
    assert event.reason


def test_a_record_refused_before_it_is_a_dispatch() -> None:
    """The router tells it with what it has: perhaps no id, perhaps no tags."""
    bare = rejected_event(None, Origin("requests", 3, 7), "UNDECODABLE", "r", NOW)
    full = rejected_event(
        "order-1", Origin("requests", 3, 7), "UNDECODABLE", "r", NOW, tags={"a": "b"}, traceparent="t"
    )

    assert (bare.type, bare.final, bare.request_id, bare.tags) == (EventType.REJECTED, True, None, {})
    assert (full.request_id, full.tags, full.traceparent) == ("order-1", {"a": "b"}, "t")
    assert bare.event_id == full.event_id
