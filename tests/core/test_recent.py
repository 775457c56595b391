"""Counts over a sliding span."""

from connector.core.recent import Recent


def test_a_rate_is_that_of_the_whole_slices() -> None:
    """Sixty in the first ten seconds: six a second, then less as the span fills, then none."""
    recent, found = Recent(60.0), []
    recent.turn(0.0)
    for _ in range(60):
        recent.add("a")
    for now in (9.9, 10.0, 20.0, 60.0, 70.0, 80.0):
        recent.turn(now)
        found.append(recent.rates().get("a", 0.0))

    assert found == [0.0, 6.0, 3.0, 1.0, 0.0, 0.0]


def test_counts_know_what_happened_just_now() -> None:
    """An error is shown at once; the most frequent first."""
    recent = Recent(60.0)
    recent.turn(0.0)
    for name in ("a", "b", "b"):
        recent.add(name)

    assert list(recent.counts().items()) == [("b", 2), ("a", 1)]


def test_a_long_sleep_costs_nothing_and_forgets_everything() -> None:
    """The machine was suspended for a year: the past is past, in a bounded number of steps."""
    recent = Recent(60.0)
    recent.turn(0.0)
    recent.add("a")
    recent.turn(1e9)

    assert (recent.rates(), recent.counts()) == ({}, {})
