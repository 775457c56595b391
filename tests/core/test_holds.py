"""What pauses and fuses make of a turn and of the last look."""

import math
from dataclasses import replace

import pytest

from connector.core.delays import Defer, Delay, Wait
from connector.core.holds import Holds
from connector.core.last_look import GiveUp, Overtaken, Write, before_write
from connector.core.messages import Disposition, EventType
from connector.core.seen import Seen
from connector.core.standing import Status
from connector.core.steps import Close, HopTo, NotNow, Owe, Propose, Turn
from connector.core.turns import before_intent
from tests.core.test_counterexamples_views import look
from tests.core.test_turns import FREE, HELD, NOW, OPEN, POLICY, held

DAY_MS = 24 * 3_600_000
LINE, TAG, FUSE = Holds(paused_until=130.0), Holds(tag_paused_until=130.0), Holds(fused_until=130.0)


def seen(holds: Holds, **more: object) -> Seen:
    return replace(FREE, holds=holds, **more)  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    ("holds", "turn"),
    [
        (Holds(), Propose()),
        (Holds(100.0, 100.0, 100.0), Propose()),
        (LINE, NotNow(Wait.PAUSED, 130.0)),
        (TAG, NotNow(Wait.TAG_PAUSED, 130.0)),
        (FUSE, NotNow(Wait.FUSE, 130.0)),
        (Holds(130.0, 120.0, 110.0), NotNow(Wait.TAG_PAUSED, 120.0)),
        (Holds(130.0, 110.0, 120.0), NotNow(Wait.FUSE, 120.0)),
    ],
)
def test_what_is_held_waits_until_then(holds: Holds, turn: Turn) -> None:
    """A pause of the line, one of a tag, a fuse; what holds the record alone is told first."""
    assert before_intent(HELD, seen(holds), POLICY) == turn


@pytest.mark.parametrize("holds", [LINE, TAG, FUSE])
def test_what_is_held_ends_at_its_own_time(holds: Holds) -> None:
    """It wakes when it expires; cancelled, too old, or already sent, it ends at once and does not wait."""
    short = seen(Holds(*(until + 10**6 for until in holds)), now_ms=NOW + DAY_MS - 5_000)
    waits = before_intent(HELD, short, POLICY)
    over = before_intent(HELD, replace(short, now_ms=NOW + DAY_MS), POLICY)
    cancelled = before_intent(HELD, seen(holds, cancelled="CANCELLED"), POLICY)
    submitted = OPEN._replace(status=Status.SUBMITTED)
    sent = before_intent(HELD, seen(holds, standing=submitted), POLICY)

    assert isinstance(waits, NotNow)
    assert waits.until == pytest.approx(105.001)
    assert over == Close(Disposition.EXPIRED, "OUT_OF_TIME")
    assert cancelled == Close(Disposition.CANCELLED, "CANCELLED")
    assert sent == Owe(submitted, EventType.SUBMITTED, id_reused=False)


@pytest.mark.parametrize("holds", [LINE, TAG, FUSE])
def test_its_own_line_and_its_own_time_come_first(holds: Holds) -> None:
    """A record goes on to the line of its contact, and waits for its send_at as it would without."""
    moved = before_intent(HELD, seen(holds, bound="B"), POLICY)
    scheduled = before_intent(held(send_at_ms=NOW + 7_200_000), seen(holds), POLICY)

    assert moved == HopTo("B")
    assert scheduled == Defer(Delay.HOUR, Wait.SCHEDULED)


@pytest.mark.parametrize(
    ("holds", "turn"),
    [
        (Holds(paused_until=math.inf), Defer(Delay.MINUTE, Wait.PAUSED)),
        (LINE, NotNow(Wait.PAUSED, 130.0)),
        (TAG, Defer(Delay.MINUTE, Wait.TAG_PAUSED)),
        (FUSE, Defer(Delay.MINUTE, Wait.FUSE)),
    ],
)
def test_whose_turn_it_is_goes_round(holds: Holds, turn: Turn) -> None:
    """Of a line that stands still only for long; a single one that is held makes way in any case."""
    assert before_intent(HELD, seen(holds, goes_round=True), POLICY) == turn


def test_a_pause_of_the_line_keeps_the_order_of_a_contact() -> None:
    """Who is behind another stays behind; whose tag is paused is told so, first or not."""
    behind = {"first_of_contact": False, "ahead": Wait.PAUSED}

    assert before_intent(HELD, seen(LINE, **behind), POLICY) == NotNow(Wait.BEHIND, 105.0)
    assert before_intent(HELD, seen(TAG, **behind), POLICY) == NotNow(Wait.TAG_PAUSED, 130.0)


def test_the_longer_of_pause_and_backoff_is_waited_for() -> None:
    """And told as the reason."""
    turns = [before_intent(HELD, seen(LINE, line_ready_at=at), POLICY) for at in (120.0, 140.0)]

    assert turns == [NotNow(Wait.PAUSED, 130.0), NotNow(Wait.LINE, 140.0)]


def test_a_grant_is_given_up_when_a_pause_came_between() -> None:
    """In the last look; what is not open any more is overtaken all the same, and nothing is appended for it."""
    assert before_write(look(paused=True)) == GiveUp("PAUSED")
    assert before_write(look(paused=True, contact_busy=True)) == GiveUp("PAUSED")
    assert before_write(look(paused=True, still_open=False)) == Overtaken()
    assert before_write(look(paused=False)) == Write()
