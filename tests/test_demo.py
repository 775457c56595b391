"""The demo keeps its promise, and the ordinary loop does not."""

import asyncio

from connector.core.records import Rules
from connector.demo import Demo, run
from connector.demo_plan import DemoPlan


async def test_nobody_is_texted_twice_and_nothing_is_lost() -> None:
    """Replies were lost, and every attempt in doubt was settled by a proof."""
    report = await run(DemoPlan(seconds=6, seed=3), asyncio.Event())

    assert report["requests"] > 100
    assert report["texts"] == report["requests"]
    assert (report["duplicate_texts"], report["lost"], report["in_doubt"], report["parked"]) == (0, 0, 0, 0)
    assert report["settled_by_callback"] > 0
    assert (report["contacts_two_lines"], report["overlapping_contacts"]) == (0, 0)


async def test_without_any_callback_the_message_list_settles() -> None:
    """Sendblue never reports a status: all that is in doubt is settled by the list."""
    report = await run(DemoPlan(seconds=6, seed=3, silent=1.0), asyncio.Event())

    assert (report["duplicate_texts"], report["lost"], report["in_doubt"], report["parked"]) == (0, 0, 0, 0)
    assert report["settled_by_list"] == report["in_doubt_total"] > 0


async def test_the_naive_loop_doubles() -> None:
    """The same load and faults through retry until 2xx: the faults are real."""
    report = await run(DemoPlan(seconds=4, seed=3, naive=True), asyncio.Event())

    assert report["duplicate_texts"] > 0


async def test_rules_this_program_does_not_know_are_told_in_one_sentence() -> None:
    """Somebody appends a RULES record of a newer program: this one is not ready any more, and says why."""
    stop, told = asyncio.Event(), list[list[str]]()
    appends: list[asyncio.Task[None]] = []

    def show(demo: Demo) -> None:
        connector = demo.connector
        if connector is None or connector.parts is None or not connector.ready.is_set():
            return
        if not appends:
            appends.append(asyncio.create_task(connector.parts.log.append(Rules(2))))
        elif reasons := connector.reasons():
            told.append(reasons)
            stop.set()

    await run(DemoPlan(seconds=600, seed=3), stop, show)

    assert told[0] == ["the ledger follows rules version 2, which this program does not know: upgrade it"]
