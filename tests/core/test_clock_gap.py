"""How far our clock is ahead of the broker's, learned from records as they are read."""

from connector.core.clock_gap import SPAN_S, UNKNOWN_GAP


def test_the_least_of_what_was_seen_counts() -> None:
    """A record read late says nothing but that: each was read after it was appended."""
    gap = UNKNOWN_GAP.seen(700, 0.0).seen(-30_000, 1.0).seen(9_000, 2.0)

    assert gap.ms == -30_000


def test_what_was_seen_long_ago_is_forgotten() -> None:
    """Clocks are set right, and brokers change."""
    gap = UNKNOWN_GAP.seen(-30_000, 0.0).seen(40, SPAN_S + 1)
    assert gap.ms == -30_000

    assert gap.seen(50, 2 * SPAN_S + 2).ms == 40
    assert gap.seen(60, 4 * SPAN_S).ms == 60


def test_without_a_record_the_clocks_are_taken_for_equal() -> None:
    """Nothing better is known."""
    assert UNKNOWN_GAP.ms == 0
