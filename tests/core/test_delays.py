"""Which waits go through a delay topic, and how blocked lines share the going round."""

import pytest

from connector.core.budget import Budget
from connector.core.delays import ROUND_S, Delay, Rotation, delay_for

MINUTE, HOUR, EVER = 60_000, 3_600_000, 100 * 3_600_000


@pytest.mark.parametrize(
    ("left_ms", "expires_in_ms", "delay"),
    [
        (1, EVER, None),
        (MINUTE, EVER, None),
        (MINUTE + 1, EVER, Delay.MINUTE),
        (HOUR, EVER, Delay.MINUTE),
        (HOUR + 1, EVER, Delay.HOUR),
        (71 * HOUR, EVER, Delay.HOUR),
        (2 * HOUR, HOUR - MINUTE, Delay.MINUTE),
        (2 * HOUR, HOUR - MINUTE + 1, Delay.HOUR),
        (2 * HOUR, -5, Delay.MINUTE),
    ],
)
def test_a_scheduled_record_comes_back_in_time(left_ms: int, expires_in_ms: int, delay: Delay | None) -> None:
    """Never after it is due, and at most a minute after it expired."""
    assert delay_for(left_ms, expires_in_ms) == delay
    if delay is not None:
        assert delay.span_ms <= left_ms
        assert delay.span_ms <= max(expires_in_ms, 0) + MINUTE


def test_turns_at_going_round_are_given_once_and_in_step() -> None:
    """Three lines ask at once: now, and one and two steps later; after a pause nothing is saved up."""
    rotation = Rotation()

    assert [rotation.turn(10.0) for _ in range(3)] == pytest.approx([10.0, 10.0 + ROUND_S, 10.0 + 2 * ROUND_S])
    assert rotation.turn(99.0) == 99.0
    assert rotation.turn(99.0) == 99.0 + ROUND_S


def test_the_biggest_windows_stop_first() -> None:
    """Two hundred bytes for four lanes: tight at a hundred, where a fair share is twenty-five."""
    budget = Budget(200)
    for _ in range(4):
        budget.join()
    crossed = [budget.hold(99), budget.hold(1), budget.hold(5)]

    assert crossed == [False, True, False]
    assert [budget.stops(size) for size in (0, 24, 25, 90)] == [False, False, True, True]
    assert budget.leave(6)
    assert not budget.stops(90)


def test_together_they_stay_within_the_budget() -> None:
    """Lanes that read on as long as they may: whoever comes first, the whole is never exceeded."""
    for order in ([0] * 300 + [1, 2, 3] * 100, [0, 1, 2, 3] * 100, [3] * 40 + [2] * 300 + [1, 0] * 200):
        budget, sizes = Budget(200), [0, 0, 0, 0]
        for _ in sizes:
            budget.join()
        for lane in order:
            if not budget.stops(sizes[lane]):
                sizes[lane] += 1
                budget.hold(1)

        assert sum(sizes) == budget.held <= 200
        assert min(sizes) >= 25 or sum(sizes) < 100
