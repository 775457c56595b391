"""Two lanes of one line, in one process or in two: replies go first, and neither starves."""

import pytest

from connector.core.messages import Priority
from connector.core.priorities import MAX_REPLIES
from tests.simulation.lanes import BEGIN_S, shared


@pytest.mark.parametrize(
    ("gap_s", "in_flight", "answers_s", "least"),
    [
        (0.1, 3, 0.06, 0.5),
        (0.2, 1, 0.06, 0.65),
        (1.0, 1, 0.06, 0.9),
        (1.0, 1, 3.0, 0.4),
        (2.4, 1, 0.06, 0.95),
        (2.6, 1, 0.06, 0.95),
        (10.0, 1, 0.06, 0.98),
        (10.0, 1, 3.0, 0.9),
        (60.0, 1, 0.06, 0.98),
    ],
)
def test_two_processes_take_turns(gap_s: float, in_flight: int, answers_s: float, least: float) -> None:
    """Strictly, at any gap, with slow answers too; the line is used but for the way of each end to the other one."""
    each = 10
    seen = shared(gap_s, each, each, in_flight=in_flight, answers_s=answers_s)

    assert seen.split
    assert seen.violations == []
    assert len(seen.times) == 2 * each
    assert seen.longest(2 * each) <= 2
    assert seen.rate(2 * each) * gap_s >= least
    assert seen.intents <= 2 * each + 2


def test_who_has_the_line_to_itself_uses_all_of_it() -> None:
    """The other lane is somebody else's and empty: nothing is waited for."""
    seen = shared(1.0, 30, 0)

    assert seen.split
    assert seen.rate(30) > 0.99
    assert seen.intents == 30


def test_in_one_process_replies_go_first_and_the_others_are_not_forgotten() -> None:
    """At most so many replies in a row, while anything waits behind them."""
    seen = shared(1.0, 10, 40, processes=1)
    both_wait = seen.lanes[: 40 + 40 // MAX_REPLIES - 1]

    assert not seen.split
    assert both_wait[: MAX_REPLIES + 1].count(Priority.NORMAL) == 1
    assert both_wait.count(Priority.NORMAL) == 40 // MAX_REPLIES - 1
    assert seen.rate(50) > 0.99


@pytest.mark.parametrize("processes", [1, 2])
def test_a_one_time_code_does_not_wait_behind_a_campaign(processes: int) -> None:
    """It comes in the middle of one, and is next, or next but one."""
    seen = shared(1.0, 60, 1, later_s=20.3, processes=processes)
    (waited_s,) = seen.waits_s(Priority.REPLY, BEGIN_S + 20.3)

    assert waited_s < 2.5
    assert len(seen.times) == 61
