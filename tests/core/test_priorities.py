"""Two lanes of a line: where a request stands, and whose turn it is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.messages import Priority
from connector.core.priorities import MAX_REPLIES, Places, Share

NORMAL, REPLY = Priority.NORMAL, Priority.REPLY


@pytest.mark.parametrize(
    ("places", "normal", "reply"), [(Places(3, 7), 3, 7), (Places(3), 3, 3), (Places(0, 1), 0, 1), (Places(1, 0), 1, 0)]
)
def test_each_priority_has_its_partition(places: Places, normal: int, reply: int) -> None:
    """A line from before there were two keeps its only one for both."""
    assert (places.of(NORMAL), places.of(REPLY)) == (normal, reply)


def test_replies_go_first_until_others_have_waited_long_enough() -> None:
    """So many in a row, then one of the others, then replies again."""
    share, seen = Share(), []
    for _ in range(2 * MAX_REPLIES + 2):
        lane, _ = share.order()
        seen.append(lane)
        share = share.after(lane, others_wait=True)

    assert seen == 2 * [*[REPLY] * MAX_REPLIES, NORMAL]


def test_replies_that_nobody_waits_behind_do_not_count() -> None:
    """The first of the others to come waits for a full row at most."""
    share = Share()
    for _ in range(3 * MAX_REPLIES):
        share = share.after(REPLY, others_wait=False)

    assert share == Share()


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=200))
def test_neither_lane_starves(waiting: list[tuple[bool, bool]]) -> None:
    """Whoever waits without a break is served after so many of the others at most, whatever comes and goes."""
    share, rows = Share(), {NORMAL: 0, REPLY: 0}
    for normal_waits, reply_waits in waiting:
        waits = {NORMAL: normal_waits, REPLY: reply_waits}
        lane = next((lane for lane in share.order() if waits[lane]), None)
        if lane is None:
            continue
        other = NORMAL if lane is REPLY else REPLY
        rows = {lane: 0, other: rows[other] + 1 if waits[other] else 0}
        share = share.after(lane, others_wait=normal_waits)

        assert rows[NORMAL] <= MAX_REPLIES
        assert rows[REPLY] <= 1
