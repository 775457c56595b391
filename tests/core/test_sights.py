"""How a line stands."""

import pytest

from connector.core.sights import LineSeen, LineState, drain_s, line_state


@pytest.mark.parametrize(
    ("held_by", "expected"),
    [
        (set(), LineState.READY),
        ({"backoff"}, LineState.BACKOFF),
        ({"backoff", "breaker"}, LineState.BREAKER),
        ({"backoff", "breaker", "account"}, LineState.ACCOUNT),
        ({"backoff", "breaker", "account", "ledger"}, LineState.LEDGER),
    ],
)
def test_the_widest_reason_counts(held_by: set[str], expected: LineState) -> None:
    """A line that is held back by several things shows the one that holds the most lines."""
    found = line_state(**{name: name in held_by for name in ("ledger", "account", "breaker", "backoff")})

    assert found is expected


@pytest.mark.parametrize(
    ("queued", "allowed", "used", "expected"),
    [
        (0, 1.0, 0.0, 0.0),
        (30, 2.0, 0.5, 15.0),
        (30, None, 0.5, 60.0),
        (30, None, 0.0, None),
        (0, None, 0.0, 0.0),
    ],
)
def test_a_queue_drains_at_the_lines_pace(
    queued: int, allowed: float | None, used: float, expected: float | None
) -> None:
    """Without a pace, as fast as in the last minute; without either, nobody can tell."""
    assert drain_s(queued, allowed, used) == expected


def test_the_worst_lines_come_first() -> None:
    """What cannot send before what is late, what is late before what is long."""

    def line(alias: str, state: LineState, oldest_s: float, queued: int) -> LineSeen:
        return LineSeen(alias, state, 1.0, 0.0, queued, oldest_s, None, 0)

    lines = [
        line("long", LineState.READY, 1.0, 9),
        line("late", LineState.READY, 5.0, 1),
        line("held", LineState.BREAKER, 0.0, 0),
        line("fine", LineState.READY, 0.0, 0),
    ]

    found = [seen.alias for seen in sorted(lines, key=lambda seen: seen.worst, reverse=True)]

    assert found == ["held", "late", "long", "fine"]
