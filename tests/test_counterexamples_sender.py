"""Interleavings that broke earlier forms of the rules: those that the sender answers, in virtual time."""

import asyncio

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
