"""The demo keeps its promise, and the ordinary loop does not."""

import asyncio

from connector.demo import run
from connector.demo_plan import DemoPlan


async def test_nobody_is_texted_twice_and_nothing_is_lost() -> None:
    """Lost replies were seen, and every one was settled by its callback."""
    report = await run(DemoPlan(seconds=4, seed=3), asyncio.Event())

    assert report["requests"] > 100
    assert report["texts"] == report["requests"]
    assert (report["duplicate_texts"], report["lost"], report["in_doubt"], report["parked"]) == (0, 0, 0, 0)
    assert report["settled_by_callback"] > 0
    assert (report["contacts_two_lines"], report["overlapping_contacts"]) == (0, 0)


async def test_the_naive_loop_doubles() -> None:
    """The same load and faults through retry until 2xx: the faults are real."""
    report = await run(DemoPlan(seconds=4, seed=3, naive=True), asyncio.Event())

    assert report["duplicate_texts"] > 0
