"""When a line may text somebody new, and how those who may not be texted yet wait."""

import pytest

from connector.core.backoff import LONGEST_HINT_S
from connector.core.delays import Defer, Delay, Wait
from connector.core.line_facts import Condition, LineFacts, Quota, State, Told, Usage
from connector.core.new_contacts import (
    ASK_AGAIN_S,
    CLOSED_S,
    LEAST_NEAR,
    MOST_NEAR,
    NEVER,
    SOON_S,
    Newcomer,
    is_spent,
    most_near,
    no_room,
    ready_at,
    spread_at,
)
from connector.core.steps import HopTo, NotNow

A = "+13035550100"
NOW, NOW_MS = 100.0, 1_770_019_200_000
DAY_S = 86_400.0
"""NOW_MS is 3 AM in New York."""


def facts(usage: Usage | None = None, condition: Condition | None = None) -> LineFacts:
    """One line, a, of which so much is told."""
    found = LineFacts({A: "a"})
    states = {A: State(condition)} if condition else None
    found.told(Told(None, states, {A: usage} if usage else None, {}), NOW, NOW_MS)
    return found


def hour(left: int, free_s: float | None = None, limit: int = 15) -> Usage:
    free_ms = None if free_s is None else NOW_MS + int(free_s * 1000)
    return Usage(Quota(limit, limit - left, left, free_ms), Quota(50, 20, 30))


@pytest.mark.parametrize(
    ("known", "under_way", "expected"),
    [
        (facts(), 5, NEVER),
        (facts(hour(3)), 2, NEVER),
        (facts(hour(3)), 3, NOW + ASK_AGAIN_S),
        (facts(hour(0)), 0, NOW + ASK_AGAIN_S),
        (facts(hour(0, 240)), 0, NOW + 240),
        (facts(hour(0, -5)), 0, NOW + 1),
        (facts(hour(0, 1e9)), 0, NOW + LONGEST_HINT_S),
        (facts(Usage(Quota(15, 0, 15), Quota(50, 50, 0, NOW_MS + 7_200_000))), 0, NOW + 7_200),
        (facts(Usage(paused=True)), 0, NOW + CLOSED_S),
        (facts(condition=Condition.DEGRADED), 0, NOW + CLOSED_S),
    ],
)
def test_new_contacts_wait_for_room(known: LineFacts, under_way: int, expected: float) -> None:
    """Unknown is no reason; a full window until Sendblue says it is free, those under way counted; a closed line."""
    assert ready_at(known, "a", under_way, NOW, NOW_MS) == expected


def test_the_days_rest_is_shared_by_those_that_are_left() -> None:
    """24 of them in a day: one an hour after the last one; without a last one, or without a limit, at once."""
    day = facts(Usage(Quota(), Quota(24, 0, 24), NOW_MS + int(DAY_S * 1000)))
    without_reset = facts(Usage(Quota(), Quota(24, 0, 24)))

    assert spread_at(day, "a", 50.0, NOW, NOW_MS) == 50.0 + 3_600
    assert spread_at(without_reset, "a", 50.0, NOW, NOW_MS) == 50.0 + 3_600
    assert spread_at(day, "a", None, NOW, NOW_MS) == NEVER
    assert spread_at(facts(), "a", 50.0, NOW, NOW_MS) == NEVER


@pytest.mark.parametrize(
    ("newcomer", "waited_s", "left_s", "expected"),
    [
        (Newcomer(NOW + 30), 0, 9_000, NotNow(Wait.NEW, NOW + 30)),
        (Newcomer(NOW + 600), 0, 9_000, NotNow(Wait.NEW, NOW + 60)),
        (Newcomer(NOW + 600), 60, 9_000, Defer(Delay.MINUTE, Wait.NEW)),
        (Newcomer(NOW + 600), 0, 5, NotNow(Wait.NEW, NOW + 5.001)),
        (Newcomer(NOW + 600, near=False), 0, 9_000, Defer(Delay.HOUR, Wait.NEW)),
        (Newcomer(NOW + 600, near=False), 0, 900, Defer(Delay.MINUTE, Wait.NEW)),
        (Newcomer(NOW + SOON_S + 1), 0, 90_000, Defer(Delay.HOUR, Wait.NEW)),
        (Newcomer(NOW + 600, roomier="b"), 0, 9_000, HopTo("b")),
        (Newcomer(NOW + 3_600, reply=True), 0, 9_000, NotNow(Wait.NEW, NOW + 60)),
        (Newcomer(NOW + 3_600, reply=True), 60, 9_000, Defer(Delay.MINUTE, Wait.NEW)),
        (Newcomer(NOW + 120, reply=True), 60, 9_000, NotNow(Wait.NEW, NOW + 60)),
        (Newcomer(NOW + 121, reply=True), 60, 9_000, Defer(Delay.MINUTE, Wait.NEW)),
        (Newcomer(NOW + 1, reply=True), 179, 9_000, NotNow(Wait.NEW, NOW + 1)),
        (Newcomer(NOW + 60, reply=True), 180, 9_000, Defer(Delay.MINUTE, Wait.NEW)),
        (Newcomer(NOW + 3_661, reply=True), 0, 90_000, Defer(Delay.HOUR, Wait.NEW)),
        (Newcomer(NOW + 600, near=False, reply=True), 0, 9_000, Defer(Delay.HOUR, Wait.NEW)),
        (Newcomer(NOW + 30, roomier="b"), 0, 9_000, NotNow(Wait.NEW, NOW + 30)),
    ],
)
def test_how_they_wait(newcomer: Newcomer, waited_s: float, left_s: float, expected: object) -> None:
    """Another line; near: a minute in the window, a minute on disk; far: an hour; never beyond their own end."""
    assert no_room(newcomer, NOW, waited_s, left_s) == expected


def test_as_many_wait_near_as_an_hour_takes() -> None:
    """Fifteen where nobody says; never more than half of the window, so that known contacts get through."""
    known = facts(hour(3, limit=40)), facts(), facts(hour(3, limit=9_000))

    assert [most_near(one, "a", NOW, NOW_MS, spread=False) for one in known] == [40, LEAST_NEAR, MOST_NEAR]


@pytest.mark.parametrize(("left", "expected"), [(24, 2), (48, 3), (90_000, MOST_NEAR), (0, LEAST_NEAR)])
def test_spread_over_the_day_fewer_wait_near(left: int, expected: int) -> None:
    """As many as have their turn within an hour, and one; each of them costs a hop every two minutes."""
    day = facts(Usage(Quota(), Quota(100_000, 0, left), NOW_MS + int(DAY_S * 1000)))

    assert most_near(day, "a", NOW, NOW_MS, spread=True) == expected


@pytest.mark.parametrize(
    ("known", "expected"),
    [
        (facts(), False),
        (facts(hour(0)), False),
        (facts(Usage(Quota(), Quota(50, 50, 0))), True),
        (facts(condition=Condition.OFFLINE), True),
    ],
)
def test_who_has_no_line_yet_leaves_one_that_is_spent(known: LineFacts, expected: bool) -> None:
    """A full hour is no reason to leave: it passes sooner than those that wait elsewhere."""
    assert is_spent(known, "a", NOW, NOW_MS) is expected
