"""Partitions of a sender, in virtual time: full windows, and those taken away or given back in the middle of work."""

import asyncio

from connector.core.budget import Budget
from tests.sender_stage import ACCEPTED, LOST, Stage
from tests.virtual_time import run


def test_a_full_window_pauses_its_partition_and_resumes_it() -> None:
    """500 waiting records: the line reads no further until one is done."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        for n in range(500):
            stage.give(n, f"r{n}")
        assert stage.paused == [(0, True)]

        await stage.until(lambda: len(stage.paused) == 2)
        assert stage.paused[-1] == (0, False)

    run(story())


def test_a_process_that_holds_too_much_stops_its_biggest_windows() -> None:
    """A blocked line's window is paused at its share, a healthy line reads on; both read again when there is room."""

    async def story() -> None:
        stage = Stage(budget=Budget(12_000), answer_for=lambda request_id: LOST if request_id == "r0" else ACCEPTED)
        stage.sender.assigned([0, 1])
        for n in range(20):
            stage.give(n, f"r{n}")
        blocked = list(stage.paused)
        for n in range(5):
            stage.give(n, f"b{n}", number=f"+1202555020{n}", partition=1)
        await stage.until(lambda: sum(end == "SUBMITTED" for _, end in stage.ends) == 5)
        healthy = list(stage.paused)
        await stage.until(lambda: len(stage.paused) > 1)
        stage.sender.lost([0])

        assert blocked == healthy == [(0, True)]
        assert stage.paused == [(0, True), (0, False)]
        assert stage.budget.held == 0

    run(story())


def test_a_lost_partition_is_not_resumed_by_what_was_in_work() -> None:
    """Its full window was paused; a turn that ends afterwards must not touch the next assignment."""

    async def story() -> None:
        stage = Stage(latency_s=5.0)
        stage.sender.assigned([0])
        for n in range(500):
            stage.give(n, f"r{n}", number=f"+1202555{n:04d}")
        await stage.until(lambda: bool(stage.posts))
        stage.sender.lost([0])
        await stage.until(lambda: bool(stage.ends))
        await asyncio.sleep(1)

        assert stage.paused == [(0, True)]

    run(story())


def test_a_normal_stop_leaves_nothing_in_doubt() -> None:
    """Revoked in the middle of a POST: the turn ends, its OUTCOME is recorded, the offset can be committed."""

    async def story() -> None:
        stage = Stage(latency_s=5.0, answers=[ACCEPTED])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2", number="+12025550124")
        await stage.until(lambda: bool(stage.posts))
        offsets = await stage.sender.revoked([0])

        assert stage.replica.views.open_attempts() == 0
        assert offsets == {0: 1}
        assert stage.ends == [("r1", "SUBMITTED")]
        assert len(stage.posts) == 1

    run(story())


def test_a_normal_stop_waits_for_the_longest_call_that_settings_allow() -> None:
    """`sendblue.deadline_s` may be 60 s: a call that long ends, and is recorded, before its partition is given back."""

    async def story() -> None:
        stage = Stage(latency_s=58.0, answers=[ACCEPTED], call_s=60.0)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.posts))
        offsets = await stage.sender.revoked([0])

        assert stage.replica.views.open_attempts() == 0
        assert offsets == {0: 1}

    run(story())


def test_a_worker_that_fails_is_heard() -> None:
    """An error nobody foresaw must end the process, not one line in silence."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])

        async def broken(*_: object) -> None:
            raise LookupError("unforeseen")

        stage.owed = broken  # type: ignore[method-assign,assignment]  # the outlet itself is what fails
        stage.give(0, "r1")
        await stage.until(stage.sender.watch.failed.done)

        assert isinstance(stage.sender.watch.failed.exception(), LookupError)

    run(story())


def test_a_partition_that_came_back_while_it_was_given_up_goes_on() -> None:
    """A frozen process ends its revocation late: by then the partition may have been lost and be its own again."""

    async def story() -> None:
        stage = Stage(latency_s=10.0)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.posts))
        giving_up = asyncio.create_task(stage.sender.revoked([0]))
        await asyncio.sleep(1)
        stage.sender.lost([0])
        stage.sender.assigned([0])
        offsets = await giving_up
        stage.give(1, "r2", number="+12025550124")
        await stage.until(lambda: ("r2", "SUBMITTED") in stage.ends, within_s=60)

        assert offsets == {}
        assert stage.posts[1][0] - stage.posts[0][0] >= stage.latency_s, "the last turn of the lane before has ended"

    run(story())
