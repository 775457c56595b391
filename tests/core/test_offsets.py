"""The low watermark: nothing that has not ended lies below it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.offsets import Watermark


def tracking(*offsets: int) -> Watermark:
    """A watermark that was given these offsets."""
    watermark = Watermark()
    for offset in offsets:
        watermark.track(offset)
    return watermark


def test_nothing_to_commit_at_first() -> None:
    """Before the first record ends there is nothing to commit, whatever has been read."""
    assert (tracking().next_offset, tracking().oldest, tracking().pending) == (None, None, 0)
    assert (tracking(5, 6).next_offset, tracking(5, 6).oldest, tracking(5, 6).pending) == (None, 5, 2)


def test_in_order() -> None:
    """Each end moves the watermark to the offset after it."""
    watermark = tracking(5, 6)

    assert [(watermark.done(offset), watermark.next_offset) for offset in (5, 6)] == [(True, 6), (True, 7)]


def test_out_of_order() -> None:
    """What ends behind a pending record waits for it, then moves with it in one step."""
    watermark = tracking(5, 6, 7)

    assert [(watermark.done(n), watermark.next_offset) for n in (7, 6)] == [(False, None), (False, None)]
    assert (watermark.pending, watermark.held, watermark.oldest) == (1, 3, 5)
    assert (watermark.done(5), watermark.next_offset, watermark.held) == (True, 8, 0)


def test_gaps_need_nothing() -> None:
    """Offsets nobody was given are not waited for."""
    watermark = tracking(5, 90, 1_000_000)
    watermark.done(5)
    watermark.done(90)

    assert watermark.next_offset == 91


def test_reading_goes_on_after_everything_ended() -> None:
    """An idle partition that gets a record again goes on where it was."""
    watermark = tracking(5)
    watermark.done(5)
    watermark.track(9)

    assert (watermark.next_offset, watermark.oldest) == (6, 9)


@pytest.mark.parametrize("offset", [4, 5, 6])
def test_offsets_only_rise(offset: int) -> None:
    """A record read twice in one assignment would be committed over: refused, before and after it ended."""
    fresh, ended = tracking(5, 6), tracking(5, 6)
    ended.done(5)
    ended.done(6)
    for watermark in (fresh, ended):
        with pytest.raises(ValueError, match="was read after offset 6"):
            watermark.track(offset)


@pytest.mark.parametrize("offset", [4, 5, 7])
def test_only_pending_records_end(offset: int) -> None:
    """Ending a record that was never given, or twice, is a mistake of the caller."""
    watermark = tracking(5, 6)
    watermark.done(5)

    with pytest.raises(ValueError, match="is not pending"):
        watermark.done(offset)


@given(st.sets(st.integers(0, 60), min_size=1), st.randoms(use_true_random=False))
def test_the_watermark_is_the_first_record_that_has_not_ended(offsets: set[int], chance: Random) -> None:
    """Against the definition, step by step, for any order of reading and ending."""
    unread, pending, ended, watermark = sorted(offsets), set[int](), set[int](), Watermark()
    while unread or pending:
        if unread and (not pending or chance.random() < 0.5):
            pending.add(unread[0])
            watermark.track(unread.pop(0))
            continue
        offset = chance.choice(sorted(pending))
        pending.remove(offset)
        ended.add(offset)
        watermark.done(offset)
        below = [n for n in ended if all(n < waiting for waiting in pending)]

        assert watermark.next_offset == (max(below) + 1 if below else None)
        assert watermark.pending == len(pending)
        assert watermark.oldest == min(pending, default=None)


def test_records_behind_a_stuck_one_move_with_it_in_one_step() -> None:
    """However many ended behind a pending record, they are passed at once when it ends."""
    watermark = tracking(*range(100_000))
    moved = [watermark.done(offset) for offset in range(99_999, -1, -1)]

    assert moved.count(True) == 1
    assert watermark.next_offset == 100_000
