"""What the client hands over a second time within an assignment is left out; nothing else ever is."""

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.once import Once, WentBack


class Read(NamedTuple):
    """A record as it was read."""

    offset: int
    content: str = "x"


def reads(*offsets: int, content: str = "x") -> list[Read]:
    return [Read(offset, content) for offset in offsets]


def given_out(*bursts: list[Read]) -> list[int]:
    """The offsets of what is new of these bursts."""
    once = Once[Read]()
    return [record.offset for burst in bursts for record in once.new(burst)]


@pytest.mark.parametrize(
    "bursts",
    [
        ([0, 1, 2], [0, 1, 2], [3]),
        ([0, 1, 2], [1, 2, 3]),
        ([0, 1, 2, 3], [0, 1], [2], [3]),
        ([0, 1, 2, 3], [0, 1], [0, 1, 2], [2, 3]),
        ([0, 1], [2, 3], [2, 3]),
        ([0, 1, 1, 2, 2], [3]),
        ([0], [], [0], [1, 2, 3]),
    ],
)
def test_the_last_burst_may_come_again(bursts: tuple[list[int], ...]) -> None:
    """From its beginning or from within, in one piece or several, and again while it comes."""
    last = max(offset for burst in bursts for offset in burst)

    assert given_out(*(reads(*burst) for burst in bursts)) == list(range(last + 1))


@pytest.mark.parametrize(
    ("before", "back"),
    [
        ([reads(0, 1), reads(2, 3)], reads(1)),
        ([reads(0, 1, 2)], reads(0, content="other")),
        ([reads(5, 7)], reads(6)),
        ([reads(5, 6)], reads(4)),
        ([reads(0, 1, 2), reads(0, 1, 2, 3), reads(4)], reads(2)),
    ],
)
def test_what_goes_back_and_is_not_known_is_never_left_out(before: list[list[Read]], back: list[Read]) -> None:
    """Before the last burst, with another content, in a gap: it may be a record that nobody has handled."""
    once = Once[Read]()
    last = [record.offset for burst in before for record in once.new(burst)][-1]

    with pytest.raises(WentBack, match=f"offset {back[0].offset} was read after offset {last}"):
        once.new(back)


@given(
    st.lists(st.tuples(st.integers(1, 6), st.integers(0, 6)), min_size=1, max_size=30),
    st.sets(st.integers(0, 200)),
)
def test_each_record_comes_once_and_in_order(turns: list[tuple[int, int]], gaps: set[int]) -> None:
    """Whatever the sizes of the bursts, however often the client goes back within one, with gaps in the log."""
    log = [record for record in reads(*range(400)) if record.offset not in gaps]
    once, position, out = Once[Read](), 0, list[Read]()
    for size, back in turns:
        burst = log[position : position + size]
        out += once.new(burst)
        position += size - min(back, size)

    assert out == log[: len(out)]
