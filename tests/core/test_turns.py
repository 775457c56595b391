"""What a record does next, row by row."""

from dataclasses import replace

import pytest

from connector.core.delays import Defer, Delay, Wait
from connector.core.ledger import RULES_VERSION
from connector.core.messages import Dispatch, Disposition, EventType, OnInDoubt, SendRequest
from connector.core.not_free import owed_event
from connector.core.parking import Keep, Reproduce, next_of, stands_otherwise
from connector.core.seen import Policy, Seen
from connector.core.standing import Standing, Status
from connector.core.steps import Announce, Close, DropIt, Held, HopTo, NotNow, Owe, ParkIt, Propose
from connector.core.turns import AGREE_S, before_intent
from tests.core.ledger_story import Reader, contact_id, intent, origin, park

NOW = 1_700_000_000_000
REQUEST = SendRequest("r", number="+12025550123", content="hello")
HELD = Held(Dispatch(REQUEST, origin("o1"), NOW, "A"), NOW, contact_id("c"), contact_id("b"))
FREE = Seen(now_ms=NOW, mono=100.0, standing=None)
OPEN = Standing(Status.OPEN, NOW, "a1", origin("o1"), "A", contact_id("b"))
POLICY = Policy(park_after_s=600)


def held(**changed: object) -> Held:
    """The record, with changes to its request."""
    request = replace(REQUEST, **changed)  # type: ignore[arg-type]  # a table of keyword arguments
    return replace(HELD, dispatch=replace(HELD.dispatch, request=request))


def test_a_free_request_is_proposed() -> None:
    """Nothing in its way."""
    assert before_intent(HELD, FREE, POLICY) == Propose()


def test_a_record_that_came_back_is_judged_by_a_fold_that_knows_why() -> None:
    """An older fold still shows it parked: the record would end as parked again, and the tombstone take that away."""
    back = replace(HELD, dispatch=replace(HELD.dispatch, after_ledger=8))
    behind = replace(FREE, standing=OPEN._replace(status=Status.PARKED), next_offset=7)

    assert before_intent(back, behind, POLICY) == NotNow(Wait.LEDGER, 100.5)
    assert before_intent(back, replace(behind, now_ms=NOW + 80 * 3_600_000), POLICY) == NotNow(Wait.LEDGER, 100.5)
    assert not isinstance(before_intent(back, replace(behind, park_before_ms=NOW + 1), POLICY), NotNow)
    assert before_intent(back, replace(FREE, next_offset=8), POLICY) == Propose()


def test_a_record_from_a_clock_ahead_of_ours_is_not_scheduled() -> None:
    """Only send_at is a reason to wait; else a slow clock would let the requests of a contact overtake each other."""
    step = before_intent(HELD, replace(FREE, now_ms=NOW - 1500), POLICY)
    behind = before_intent(HELD, replace(FREE, now_ms=NOW - 1500, first_of_contact=False), POLICY)

    assert step == Propose()
    assert behind == NotNow(Wait.BEHIND, 105.0)


@pytest.mark.parametrize(
    ("seen", "until"),
    [
        (replace(FREE, contact_busy=True), 105.0),
        (replace(FREE, first_of_contact=False), 105.0),
        (replace(FREE, line_ready_at=107.0), 107.0),
        (replace(FREE, standing=OPEN, attempt_read_at=99.0, attempt_granted_ms=NOW), 105.0),
        (replace(FREE, standing=OPEN._replace(origin=origin("o2"))), 105.0),
        (replace(FREE, standing=OPEN._replace(status=Status.PARKED, origin=origin("o2"))), 105.0),
    ],
)
def test_not_now(seen: Seen, until: float) -> None:
    """Busy contact, a place behind another, a waiting line, an open or foreign parked attempt."""
    step = before_intent(HELD, seen, POLICY)

    assert isinstance(step, NotNow)
    assert step.until == until


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (replace(FREE, contact_busy=True), Wait.BUSY),
        (replace(FREE, first_of_contact=False, ahead=Wait.BUSY), Wait.HELD),
        (replace(FREE, first_of_contact=False, ahead=Wait.IN_DOUBT), Wait.HELD),
        (replace(FREE, first_of_contact=False, ahead=Wait.PARKED), Wait.HELD),
        (replace(FREE, standing=OPEN._replace(origin=origin("o2"))), Wait.OPEN),
        (replace(FREE, standing=OPEN._replace(status=Status.PARKED, origin=origin("o2"))), Wait.PARKED),
    ],
)
def test_22_a_wait_for_somebody_else_s_end_hops_after_a_minute(seen: Seen, reason: Wait) -> None:
    """Not before; what it waits for may lie behind it."""
    early, late = (before_intent(HELD, replace(seen, waited_s=waited), POLICY) for waited in (59.9, 60.0))

    assert early == NotNow(reason, 105.0)
    assert late == Defer(Delay.MINUTE, reason)


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (replace(FREE, first_of_contact=False), Wait.BEHIND),
        (replace(FREE, first_of_contact=False, ahead=Wait.LINE), Wait.BEHIND),
        (replace(FREE, standing=OPEN, attempt_read_at=99.0, attempt_granted_ms=NOW), Wait.IN_DOUBT),
    ],
)
def test_a_place_in_a_queue_that_moves_and_an_attempt_of_ones_own_stay(seen: Seen, reason: Wait) -> None:
    """However long: the one keeps its order, the other is settled by whoever holds it."""
    assert before_intent(HELD, replace(seen, waited_s=9_999.0), POLICY) == NotNow(reason, 105.0)


@pytest.mark.parametrize(
    ("ready_at", "goes_round", "hops"), [(160.0, True, False), (160.1, True, True), (9_999.0, False, False)]
)
def test_a_blocked_line_lets_a_record_go_round_only_in_its_turn(ready_at: float, goes_round: bool, hops: bool) -> None:
    """And only when it is blocked for more than a minute."""
    step = before_intent(HELD, replace(FREE, line_ready_at=ready_at, goes_round=goes_round), POLICY)

    assert (step == Defer(Delay.MINUTE, Wait.LINE)) == hops


def test_a_scheduled_request_hops_or_is_announced_once_and_waits() -> None:
    """A hop says it by itself; SCHEDULED is for a send_at alone: a record a little ahead of our clock does not wait."""
    soon, later = held(send_at_ms=NOW + 60_000), held(send_at_ms=NOW + 2 * 3_600_000)
    hopped = replace(later, dispatch=replace(later.dispatch, deferrals=1))
    ahead = replace(HELD, dispatch=replace(HELD.dispatch, request_time_ms=NOW + 5_000))

    assert before_intent(soon, FREE, POLICY) == Announce()
    assert before_intent(soon, replace(FREE, announced=True), POLICY) == NotNow(Wait.SCHEDULED, 160.0)
    assert before_intent(later, FREE, POLICY) == Defer(Delay.HOUR, Wait.SCHEDULED)
    assert before_intent(later, replace(FREE, now_ms=NOW + 3_600_000), POLICY) == Defer(Delay.MINUTE, Wait.SCHEDULED)
    assert before_intent(hopped, replace(FREE, now_ms=NOW + 7_140_000), POLICY) == NotNow(Wait.SCHEDULED, 160.0)
    assert before_intent(ahead, FREE, POLICY) == Propose()


def test_an_order_cancels_what_is_free_and_nothing_else() -> None:
    """A scheduled one too; what is open, settled or expired is acted on as it stands."""
    cancelled = replace(FREE, cancelled="CANCELLED")
    later = held(send_at_ms=NOW + 60_000)
    done = Standing(Status.SUBMITTED, NOW, "a1", origin("o1"), "A", contact_id("b"), detail="h")
    late = replace(cancelled, now_ms=NOW + 24 * 3_600_000)

    assert before_intent(HELD, cancelled, POLICY) == Close(Disposition.CANCELLED, "CANCELLED")
    assert before_intent(later, cancelled, POLICY) == Close(Disposition.CANCELLED, "CANCELLED")
    assert before_intent(HELD, replace(cancelled, standing=done), POLICY) == Owe(done, EventType.SUBMITTED, False)
    assert before_intent(HELD, late, POLICY) == Close(Disposition.EXPIRED, "OUT_OF_TIME")


def test_a_waiting_line_wakes_the_record_at_its_end() -> None:
    """An hour's backoff, but the request expires in ten seconds."""
    step = before_intent(held(expires_at_ms=NOW + 10_000), replace(FREE, line_ready_at=3_700.0), POLICY)

    assert isinstance(step, NotNow)
    assert 110.0 <= step.until < 110.1


@pytest.mark.parametrize(
    ("record", "seen", "disposition", "code"),
    [
        (held(created_at_ms=NOW + 301_000), FREE, Disposition.REJECTED, "IN_THE_FUTURE"),
        (HELD, replace(FREE, now_ms=NOW + 72 * 3_600_000 + 1), Disposition.EXPIRED, "TOO_OLD"),
        (HELD, replace(FREE, now_ms=NOW + 73 * 3_600_000, was_in_doubt=True), Disposition.DROPPED, "expired"),
        (HELD, replace(FREE, now_ms=NOW + 24 * 3_600_000), Disposition.EXPIRED, "OUT_OF_TIME"),
        (
            replace(HELD, dispatch=replace(HELD.dispatch, hops=3)),
            replace(FREE, bound="B", waited_s=AGREE_S),
            Disposition.REJECTED,
            "LINE_CONFLICT",
        ),
        (
            replace(HELD, dispatch=replace(HELD.dispatch, line_named=True)),
            replace(FREE, bound="B", waited_s=AGREE_S),
            Disposition.REJECTED,
            "LINE_CONFLICT",
        ),
    ],
)
def test_negative_ends_go_through_the_ledger(record: Held, seen: Seen, disposition: Disposition, code: str) -> None:
    """Time and lines: a CLOSE, never an event at once."""
    assert before_intent(record, seen, POLICY) == Close(disposition, code)


def test_own_fold_first() -> None:
    """12: a submitted request whose time ran out meanwhile owes SUBMITTED, not EXPIRED."""
    done = Standing(Status.SUBMITTED, NOW, "a1", origin("o1"), "A", contact_id("b"), detail="h")
    late = replace(FREE, standing=done, now_ms=NOW + 80 * 3_600_000)

    assert before_intent(HELD, late, POLICY) == Owe(done, EventType.SUBMITTED, False)


def test_a_bound_contact_hops() -> None:
    """Also one whose producer named a line, if the policy says so."""
    named = replace(HELD, dispatch=replace(HELD.dispatch, line_named=True))

    assert before_intent(HELD, replace(FREE, bound="B"), POLICY) == HopTo("B")
    assert before_intent(named, replace(FREE, bound="B"), replace(POLICY, use_bound_line=True)) == HopTo("B")


@pytest.mark.parametrize("changes", [{"hops": 1}, {"hops": 3}, {"line_named": True}])
def test_a_binding_made_a_moment_ago_is_looked_at_twice(changes: dict[str, object]) -> None:
    """Replicas that see it differently sent a record to and fro, and three hops were gone within milliseconds."""
    record = replace(HELD, dispatch=replace(HELD.dispatch, **changes))  # type: ignore[arg-type]  # fields by name
    early, late = (before_intent(record, replace(FREE, bound="B", waited_s=s), POLICY) for s in (0.0, AGREE_S))

    assert early == NotNow(Wait.MOVED, FREE.mono + AGREE_S)
    assert late == (HopTo("B") if changes == {"hops": 1} else Close(Disposition.REJECTED, "LINE_CONFLICT"))


@pytest.mark.parametrize(
    ("age_s", "read_s", "parks"), [(599, 599, False), (600, 59, False), (600, 60, True), (60, 600, False)]
)
def test_24_an_attempt_is_parked_when_old_by_both_clocks(age_s: int, read_s: int, parks: bool) -> None:
    """The ledger's age and a minute on our own clock, so that a live attempt is never parked."""
    seen = replace(FREE, standing=OPEN, attempt_read_at=FREE.mono - read_s, attempt_granted_ms=NOW - age_s * 1000)

    assert isinstance(before_intent(HELD, seen, POLICY), ParkIt) == parks


@pytest.mark.parametrize(
    ("read_s", "aged_s", "parks"), [(59, 59, False), (15, 60, True), (14, 600, False), (60, 0, True)]
)
def test_the_age_of_an_attempt_does_not_begin_anew_with_its_holder(read_s: int, aged_s: int, parks: bool) -> None:
    """A replica begun after the grant counts the minute by log time; on a quiet ledger by its own clock."""
    granted_ms = NOW - 600_000
    seen = replace(FREE, standing=OPEN, attempt_read_at=FREE.mono - read_s, attempt_granted_ms=granted_ms)

    assert isinstance(before_intent(HELD, replace(seen, attempt_aged_ms=aged_s * 1000), POLICY), ParkIt) == parks


def test_an_attempt_nobody_has_seen_live_is_parked() -> None:
    """The fold says open, the views have let it go: nobody else will settle it."""
    assert before_intent(HELD, replace(FREE, standing=OPEN), POLICY) == ParkIt("a1")


def test_a_parked_request_is_handed_over_or_dropped() -> None:
    """By the request's policy, else by the connector's."""
    parked = OPEN._replace(status=Status.PARKED)
    seen = replace(FREE, standing=parked)

    assert before_intent(HELD, seen, POLICY) == Owe(parked, EventType.PARKED, False)
    assert before_intent(held(on_in_doubt=OnInDoubt.DROP), seen, POLICY) == DropIt("a1")
    assert before_intent(HELD, seen, replace(POLICY, in_doubt=OnInDoubt.DROP)) == DropIt("a1")


def test_another_origin_gets_a_duplicate() -> None:
    """With ``id_reused`` for another body."""
    done = Standing(Status.SUBMITTED, NOW, "a1", origin("o2"), "A", contact_id("other"), detail="h")

    assert before_intent(HELD, replace(FREE, standing=done), POLICY) == Owe(done, EventType.DUPLICATE, True)


def test_what_ends_owe() -> None:
    """Each settled status has its event."""
    rejected = Standing(Status.REJECTED, NOW, disposition=Disposition.REJECTED)
    dropped = Standing(Status.CLOSED, NOW, disposition=Disposition.DROPPED)

    assert owed_event(rejected, True) is EventType.REJECTED
    assert owed_event(dropped, True) is EventType.DROPPED


def test_a_parked_record_of_another_parking_is_kept_a_minute() -> None:
    """Parked again by another attempt: this record is re-produced only after 60 s."""
    other = OPEN._replace(status=Status.PARKED, attempt="a2")

    assert stands_otherwise("a1", other)
    assert not stands_otherwise("a1", None)
    assert next_of(HELD, "a1", other, NOW, 0.0) == Keep()
    assert next_of(HELD, "a1", other, NOW, 60.0) == Reproduce()
    assert next_of(HELD, "a1", OPEN, NOW, 999.0) == Keep()


def test_contacts_that_moved_are_told_once_and_loaded_ones_stay() -> None:
    """For the one writer of the contacts topic; a binding by park keeps its mark."""
    reader = Reader()
    reader.views.load_binding(contact_id("d"), "B", 7)
    reader.read(0, 1000, a := intent("a1"))
    reader.read(1, 1001, park(a))

    assert reader.views.moved_contacts() == {contact_id("c")}
    assert reader.views.moved_contacts() == frozenset()
    assert (reader.views.line_of(contact_id("d")), reader.views.bound_by_park(contact_id("d"))) == ("B", 7)
    assert len(reader.fold) == reader.fold.live() == RULES_VERSION


def test_who_is_out_ends_whatever_waits() -> None:
    """After the fold, before line, contact and time; an operator who cancelled it is named first."""
    out = replace(FREE, opted_out=True)
    rejected = Close(Disposition.REJECTED, "OPTED_OUT")

    assert before_intent(HELD, out, POLICY) == rejected
    assert before_intent(held(send_at_ms=NOW + 1_000), replace(out, contact_busy=True, bound="B"), POLICY) == rejected
    assert before_intent(HELD, replace(out, cancelled="CANCELLED"), POLICY) == Close(Disposition.CANCELLED, "CANCELLED")
    assert isinstance(before_intent(HELD, replace(out, standing=OPEN), POLICY), NotNow | ParkIt)
