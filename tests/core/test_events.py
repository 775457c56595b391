"""The records of the events topic: what each says, and ids that do not depend on who publishes."""

from dataclasses import asdict, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.callbacks import Report, parse
from connector.core.events import (
    ContentPolicy,
    MessageEvent,
    disposition_event,
    duplicate_event,
    parked_event,
    rejected_event,
    status_event,
    submitted_event,
    waiting_event,
    with_content_policy,
)
from connector.core.messages import Dispatch, Disposition, EventOrigin, EventType, Origin, SendRequest
from connector.core.statuses import Flags
from connector.core.tokens import Claim

NOW = 1_800_000_000_000
KEY = b"k" * 32
ATTEMPT, OTHER_ATTEMPT = "00112233445566ff", "ff66554433221100"
CLAIM = Claim("order-1", ATTEMPT, 500_000)
REPORT = Report("SENT", "handle-1", date_updated_ms=NOW - 5, content="Hello", service="iMessage")
IN_ORDER, BEHIND = Flags(False, REPORT.seen), Flags(True, REPORT.seen)
REQUEST = SendRequest("order-1", number="+12025550123", content="Hello", tags={"team": "a"})
DISPATCH = Dispatch(REQUEST, Origin("requests", 3, 7), NOW - 9, "main", traceparent="00-aa-bb-01")


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


OWN = [
    (submitted_event(DISPATCH, ATTEMPT, "handle-1", REPORT, NOW), EventType.SUBMITTED, True),
    (disposition_event(EventType.REJECTED, DISPATCH, ATTEMPT, "4000", "r", NOW), EventType.REJECTED, True),
    (disposition_event(EventType.EXPIRED, DISPATCH, None, "TOO_OLD", "r", NOW), EventType.EXPIRED, True),
    (disposition_event(EventType.CANCELLED, DISPATCH, None, "C", "r", NOW), EventType.CANCELLED, True),
    (disposition_event(EventType.DROPPED, DISPATCH, ATTEMPT, "C", "r", NOW), EventType.DROPPED, True),
    (duplicate_event(DISPATCH, Disposition.SUBMITTED, "handle-0", NOW), EventType.DUPLICATE, True),
    (parked_event(DISPATCH, ATTEMPT, "TIMEOUT", "r", NOW), EventType.PARKED, False),
    (waiting_event(EventType.SCHEDULED, DISPATCH, "SCHEDULED", "r", NOW), EventType.SCHEDULED, False),
    (waiting_event(EventType.DEFERRED, DISPATCH, "BUSY", "r", NOW), EventType.DEFERRED, False),
]


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


SECRET = replace(REPORT, media_url="https://cdn.example.com/a.png", extras={"app_card": '{"text":"Hello"}'})


def test_full_content_is_the_event_itself() -> None:
    """Nothing is taken out, and an event without a report has nothing to take out."""
    event = status_event(SECRET, CLAIM, IN_ORDER, NOW)
    parked = parked_event(DISPATCH, ATTEMPT, "TIMEOUT", "r", NOW)

    assert with_content_policy(event, ContentPolicy.FULL, KEY) is event
    assert with_content_policy(parked, ContentPolicy.OMIT, KEY) is parked


@pytest.mark.parametrize("policy", [ContentPolicy.HASH, ContentPolicy.OMIT])
def test_content_is_hidden_and_nothing_else(policy: ContentPolicy) -> None:
    """Text, media URL and extras go; the id, the numbers and the status stay."""
    event = status_event(replace(SECRET, number="+12025550123"), CLAIM, IN_ORDER, NOW)
    hidden = with_content_policy(event, policy, KEY)
    assert hidden.report is not None

    assert "Hello" not in str(asdict(hidden.report))
    assert "cdn.example.com" not in str(asdict(hidden.report))
    assert replace(hidden, report=event.report) == event
    assert hidden.report.number == "+12025550123"


def test_hashes_show_repeats_and_omission_shows_nothing() -> None:
    """Under hash, equal texts are equal and others are not; under omit nothing is left to compare."""
    events = [status_event(replace(SECRET, content=text), CLAIM, IN_ORDER, NOW) for text in ("a", "a", "b")]
    hashed = [with_content_policy(event, ContentPolicy.HASH, KEY).report for event in events]
    omitted = with_content_policy(events[0], ContentPolicy.OMIT, KEY).report

    assert hashed[0] == hashed[1] != hashed[2]
    assert hashed[0] is not None
    assert set(hashed[0].extras) == {"app_card"}
    assert omitted is not None
    assert (omitted.content, omitted.media_url, omitted.extras) == (None, None, {})


def test_absent_content_stays_absent() -> None:
    """There is no hash of nothing."""
    event = status_event(Report("SENT"), CLAIM, IN_ORDER, NOW)

    assert with_content_policy(event, ContentPolicy.HASH, KEY) == event
