"""Interleavings that broke earlier forms of the rules: those that the sender answers, in virtual time."""

from itertools import pairwise

from tests.sender_stage import Stage
from tests.virtual_time import run


def test_ce_17_own_writes_count_after_the_line_came_back() -> None:
    """A rebalance takes the line away and gives it back within the gap: the write before it still counts."""

    async def story() -> None:
        stage = Stage(latency_s=0.01)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))
        await stage.sender.revoked([0])
        stage.sender.assigned([0])
        stage.give(1, "r2", number="+12025550124")
        await stage.until(lambda: len(stage.ends) == 2)
        (first, _, _), (second, _, _) = stage.posts

        assert second - first >= 1.0 - 1e-9

    run(story())


def test_a_slow_answer_does_not_move_the_last_write_back() -> None:
    """Three in flight on one line: the first answer comes after the second write, and the third keeps its gap to that."""

    async def story() -> None:
        stage = Stage(in_flight=3, latency_s=1.5)
        stage.sender.assigned([0])
        for n in range(4):
            stage.give(n, f"r{n}", number=f"+1202555010{n}")
        await stage.until(lambda: len(stage.ends) == 4)
        times = [at for at, _, _ in stage.posts]

        assert all(later - earlier >= 1.0 - 1e-9 for earlier, later in pairwise(times))

    run(story())
