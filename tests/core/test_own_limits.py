"""What we allow a line of new contacts ourselves, and how that goes together with what Sendblue says."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.backoff import day_began, window_end
from connector.core.firsts import KEPT_MS, Firsts
from connector.core.line_facts import NO_USAGE, LineFacts, Quota, Room, Told, Usage, stricter
from connector.core.new_contacts import NEVER, is_spent, ready_at
from connector.core.outcome_table import Window
from connector.core.own_limits import HOUR_MS, Limits, own_usage
from connector.core.records import Rebind
from tests.core.ledger_story import Reader, contact_id, intent, submitted

A = "+13035550100"
RESET_MS = 1_770_019_200_000
"""3 AM in New York; the next one is a day later."""
DAY_MS = 24 * HOUR_MS
NOW_MS = RESET_MS + 10 * HOUR_MS
MINUTE_MS = 60_000


def firsts(*minutes_ago: int) -> Firsts:
    found = Firsts()
    for ago in minutes_ago:
        found.bound("a", NOW_MS - ago * MINUTE_MS)
    return found


def facts(limits: Limits, counted: Firsts) -> LineFacts:
    return LineFacts({A: "a"}, own=lambda alias, now_ms: own_usage(limits, counted, alias, now_ms))


def test_without_limits_of_ours_sendblue_alone_counts() -> None:
    """No limit is no window."""
    assert own_usage(Limits(), firsts(1, 1), "a", NOW_MS) == NO_USAGE


def test_the_hour_rolls() -> None:
    """Full with as many as it may have; a place comes free an hour after the first of those that fill it."""
    counted = firsts(90, 60, 59, 30, 10)
    full = own_usage(Limits(per_hour=3), counted, "a", NOW_MS).hour
    over = own_usage(Limits(per_hour=2), counted, "a", NOW_MS).hour
    later = own_usage(Limits(per_hour=3), counted, "a", NOW_MS + MINUTE_MS).hour

    assert full == Quota(3, 3, 0, NOW_MS + MINUTE_MS)
    assert over == Quota(2, 3, 0, NOW_MS + 30 * MINUTE_MS)
    assert later == Quota(3, 2, 1, None)


def test_the_day_begins_at_three_in_new_york() -> None:
    """What was before the reset does not count, and the next one ends a day that is full."""
    counted = firsts(10 * 60 + 1, 10 * 60, 9 * 60, 1)
    some = own_usage(Limits(per_day=3), counted, "a", NOW_MS)
    full = own_usage(Limits(per_day=2), counted, "a", NOW_MS)
    next_day = own_usage(Limits(per_day=2), counted, "a", RESET_MS + DAY_MS)

    assert (some.day, some.resets_ms) == (Quota(3, 2, 1, None), RESET_MS + DAY_MS)
    assert full.day == Quota(2, 2, 0, RESET_MS + DAY_MS)
    assert next_day.day == Quota(2, 0, 2, None)


def test_after_the_reset_the_hour_reaches_into_the_day_before() -> None:
    """The day is new, and the hour is not."""
    counted = Firsts()
    counted.bound("a", RESET_MS - MINUTE_MS)
    usage = own_usage(Limits(1, 2), counted, "a", RESET_MS + MINUTE_MS)

    assert (usage.hour.left, usage.day.left) == (0, 2)


def test_another_lines_contacts_do_not_count() -> None:
    """Each line has its own windows."""
    assert own_usage(Limits(per_hour=2), firsts(1, 1), "b", NOW_MS).hour == Quota(2, 0, 2, None)


def utc(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


@given(st.integers(utc("2008-01-01"), utc("2036-12-31")))
def test_a_day_begins_where_the_last_one_ended(now_ms: int) -> None:
    """The day it is now has begun, and is not over; no time lies between two days."""
    began = day_began(now_ms)

    assert began <= now_ms
    assert window_end(Window.DAILY, now_ms) == window_end(Window.DAILY, began)
    assert window_end(Window.DAILY, began - 1) == began


def test_what_a_replica_finds_when_it_starts_counts() -> None:
    """Bindings of the contacts topic by the time they were written; those an operator has moved do not count."""
    counted = firsts(5)
    counted.loaded(b"one", "a", NOW_MS - 20 * MINUTE_MS)
    counted.loaded(b"two", "a", NOW_MS - 10 * MINUTE_MS)
    counted.loaded(b"old", "a", NOW_MS - 70 * MINUTE_MS)
    counted.loaded(b"moved", "a", NOW_MS - 10 * MINUTE_MS)
    counted.moved(b"moved")
    counted.moved(b"moved")

    assert own_usage(Limits(per_hour=3), counted, "a", NOW_MS).hour == Quota(3, 3, 0, NOW_MS + 40 * MINUTE_MS)


def test_no_time_is_kept_for_longer_than_a_day() -> None:
    """A line that gains contacts for years keeps the times of 25 hours."""
    counted = Firsts()
    for hour in range(1_000):
        counted.bound("a", hour * HOUR_MS)

    assert len(counted.since("a", -1)) == KEPT_MS // HOUR_MS


FEW, MANY, NONE = Quota(15, 10, 5), Quota(50, 10, 40), Quota()
OVER, LATER = Quota(5, 5, 0, NOW_MS), Quota(9, 9, 0, NOW_MS + 1)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [(FEW, MANY, FEW), (MANY, FEW, FEW), (NONE, FEW, FEW), (FEW, NONE, FEW), (OVER, LATER, LATER), (NONE, NONE, NONE)],
)
def test_the_less_of_both_is_left(one: Quota, other: Quota, expected: Quota) -> None:
    """Whoever says less; when both are used up, whoever says so for longer; nobody says anything: no limit."""
    assert stricter(one, other) == expected


def test_sendblue_and_we_count_together() -> None:
    """Its reading wins where it leaves less, ours where we do, in each window; ours alone when it is too old."""
    known = facts(Limits(per_hour=4, per_day=100), firsts(1))
    silent = known.room("a", 0.0, NOW_MS)
    known.told(Told(None, None, {A: Usage(Quota(15, 5, 10), Quota(50, 20, 30), RESET_MS + DAY_MS)}, {}), 0.0, NOW_MS)

    assert silent == Room(True, 3, 99)
    assert known.room("a", 1.0, NOW_MS) == Room(True, 3, 30)
    assert known.room("a", 10_000.0, NOW_MS) == Room(True, 3, 99)


def test_new_contacts_wait_for_our_own_window() -> None:
    """With nobody to ask: until the hour has a place, or the next reset; then at once."""
    hourly, daily = facts(Limits(per_hour=1), firsts(20)), facts(Limits(per_day=1), firsts(20))

    assert ready_at(hourly, "a", 0, 0.0, NOW_MS) == 40 * 60.0
    assert ready_at(hourly, "a", 0, 0.0, NOW_MS + 40 * MINUTE_MS) == NEVER
    assert ready_at(daily, "a", 0, 0.0, NOW_MS) == 14 * 3_600.0
    assert (is_spent(hourly, "a", 0.0, NOW_MS), is_spent(daily, "a", 0.0, NOW_MS)) == (False, True)


def test_a_contact_under_way_takes_a_place() -> None:
    """The ledger binds it when its outcome is known; a second one is not texted meanwhile."""
    assert ready_at(facts(Limits(per_hour=1), firsts()), "a", 1, 0.0, NOW_MS) > 0.0


def test_the_ledger_tells_when_a_line_won_a_contact() -> None:
    """At its first text, once; one whose line an operator gave, or the contacts topic knows, is not won again."""
    reader = Reader()
    reader.views.load_binding(contact_id("known"), "A", None)
    reader.views.firsts_at.loaded(contact_id("known"), "A", 500)
    reader.views.firsts_at.loaded(contact_id("moved"), "A", 600)
    texts = [intent(name, name, contact=name) for name in ("new", "again", "known", "given")]
    texts[1] = texts[1]._replace(contact=texts[0].contact)
    reader.read(0, 900, Rebind(contact_id("moved"), "A"))
    reader.read(1, 900, Rebind(contact_id("given"), "A"))
    for n, text in enumerate(texts):
        reader.read(2 * n + 2, 1_000 + n, text)
        reader.read(2 * n + 3, 1_000 + n, submitted(text))

    assert reader.views.firsts_at.since("A", 0) == [500, 1_000]
