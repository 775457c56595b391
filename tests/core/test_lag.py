"""Lag by table: what was read and has not ended, against the end of the log."""

import pytest

from connector.core.lag import Backlog, Lag, total

NOW_MS = 1_700_000_000_000


@pytest.mark.parametrize(
    ("read", "next_offset", "end", "expected"),
    [
        ([], None, None, Lag(0, 0.0)),
        ([], None, 50, Lag(0, 0.0)),
        ([], 50, 50, Lag(0, 0.0)),
        ([], 50, 53, Lag(3, 0.0, 3)),
        ([10, 11], None, 12, Lag(2, 10.0)),
        ([10, 11], None, 40, Lag(30, 10.0, 28)),
        ([10, 11, 12], 11, 13, Lag(2, 9.0)),
        ([10, 11], 12, 12, Lag(0, 0.0)),
        ([10, 20], 11, 21, Lag(1, 0.0)),
        ([10, 11], None, -1001, Lag(2, 10.0)),
        ([10, 11], None, None, Lag(2, 10.0)),
    ],
)
def test_a_partitions_lag(read: list[int], next_offset: int | None, end: int | None, expected: Lag) -> None:
    """Records from the first that has not ended to the end; its age; an end nobody knows yet is no end at all."""
    backlog = Backlog()
    for offset in read:
        backlog.read(offset, NOW_MS - (20 - offset) * 1000)

    assert expected == backlog.lag(next_offset, end, NOW_MS)


def test_what_has_ended_is_forgotten_once_committed() -> None:
    """The age moves on to the next record, and the clock never makes it negative."""
    backlog = Backlog()
    backlog.read(1, NOW_MS - 5_000)
    backlog.read(2, NOW_MS + 5_000)

    assert Lag(2, 5.0) == backlog.lag(None, 3, NOW_MS)
    assert Lag(1, 0.0) == backlog.lag(2, 3, NOW_MS)
    assert Lag(0, 0.0) == backlog.lag(3, 3, NOW_MS)


def test_a_topic_sums_records_and_takes_the_oldest_age() -> None:
    """One partition must not hide another; no partition at all is no lag."""
    assert Lag(5, 7.0, 2) == total([Lag(2, 7.0), Lag(3, 1.0, 2)])
    assert Lag(0, 0.0) == total([])


def test_a_record_without_a_time_has_no_age() -> None:
    """It counts, but not as half a century old."""
    backlog = Backlog()
    backlog.read(1, 0)

    assert Lag(1, 0.0) == backlog.lag(None, 2, NOW_MS)
