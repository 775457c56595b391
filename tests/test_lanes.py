"""The two lanes of a line in one process, in virtual time: one pace, one guard, replies first."""

import asyncio
from itertools import pairwise

from connector.core.delays import Delay
from connector.core.messages import Priority
from connector.core.priorities import Places
from connector.core.records import Intent
from tests.delay_stage import DelayStage
from tests.sender_stage import LOST, TOO_MANY, Stage
from tests.virtual_time import run

REPLY = Priority.REPLY
LANES = {"A": 2}


def number(n: int) -> str:
    """One contact of many."""
    return f"+12025550{100 + n}"


def closest(times: list[float]) -> float:
    """The least time between two that follow each other."""
    return min(b - a for a, b in pairwise(times))


def test_a_reply_is_next_whatever_waits() -> None:
    """A campaign under way; a one-time code comes, and goes out after the text that is on its way."""

    async def main() -> None:
        stage = Stage(replies=LANES)
        stage.sender.assigned([0, 2])
        for offset in range(20):
            stage.give(offset, f"r{offset}", number(offset))
        await stage.until(lambda: len(stage.posts) == 5)
        stage.give(0, "code", number(50), partition=2, priority=REPLY)
        await stage.until(lambda: len(stage.ends) == 21)
        order = [request_id for _, request_id, _ in stage.posts]
        times = [at for at, _, _ in stage.posts]

        assert order.index("code") in (5, 6)
        assert closest(times) > 0.999
        assert times[-1] < 20.1

    run(main())


def test_the_calls_under_way_are_the_line_s() -> None:
    """One at a time means one, not one a lane."""

    async def main() -> None:
        stage = Stage(replies=LANES, gap_s=0.1, latency_s=3.0)
        stage.sender.assigned([0, 2])
        for n in range(3):
            stage.give(n, f"r{n}", number(n))
            stage.give(n, f"c{n}", number(10 + n), partition=2, priority=REPLY)
        await stage.until(lambda: len(stage.ends) == 6)
        times = [at for at, _, _ in stage.posts]

        assert closest(times) > 2.999

    run(main())


def test_a_line_that_is_told_to_slow_down_slows_down_in_both_lanes() -> None:
    """One guard: what was said to one text holds for the line."""

    async def main() -> None:
        stage = Stage(replies=LANES, answers=[TOO_MANY])
        stage.sender.assigned([0, 2])
        stage.give(0, "r0", number(0))
        await stage.until(lambda: len(stage.posts) == 1)
        stage.give(0, "code", number(1), partition=2, priority=REPLY)
        await stage.until(lambda: len(stage.ends) == 2)
        guards = {lane.guard for lane in stage.sender.lanes.values()}

        assert [request_id for _, request_id, _ in stage.posts] == ["r0", "code", "r0"]
        assert stage.posts[1][0] > 1.5
        assert len(guards) == 1

    run(main())


def test_a_contact_in_both_lanes_has_one_text_in_flight() -> None:
    """The ledger holds across the lanes: the other one waits for the first one's end."""

    async def main() -> None:
        stage = Stage(replies=LANES, gap_s=0.1, in_flight=2, latency_s=2.0)
        stage.sender.assigned([0, 2])
        stage.give(0, "r0", number(0))
        stage.give(0, "code", number(0), partition=2, priority=REPLY)
        await stage.until(lambda: len(stage.ends) == 2)
        times = [at for at, _, _ in stage.posts]

        assert times[1] - times[0] >= 2.0

    run(main())


def test_a_lane_that_is_taken_away_leaves_the_other_at_work() -> None:
    """Its own turn ends first, the other lane's do not matter; the offsets are its own."""

    async def main() -> None:
        stage = Stage(replies=LANES, gap_s=0.1, in_flight=2, latency_s=3.0)
        stage.sender.assigned([0, 2])
        stage.give(0, "r0", number(0))
        await stage.until(lambda: len(stage.posts) == 1)
        stage.give(7, "c0", number(1), partition=2, priority=REPLY)
        stage.give(8, "c1", number(2), partition=2, priority=REPLY)
        await stage.until(lambda: len(stage.posts) == 2)
        offsets = await stage.sender.revoked([2])
        gave_back_at = stage.mono()
        stage.give(1, "r1", number(3))
        await stage.until(lambda: len(stage.ends) == 3)

        assert offsets == {2: 8}
        assert gave_back_at < 3.5
        assert sorted(stage.ends) == [("c0", "SUBMITTED"), ("r0", "SUBMITTED"), ("r1", "SUBMITTED")]
        assert list(stage.sender.lanes) == [0]

    run(main())


def test_a_lane_that_came_back_waits_for_its_last_turn_and_the_other_does_not() -> None:
    """Lost in the middle of a call and given again: the same record is not looked at twice at once."""

    async def main() -> None:
        stage = Stage(replies=LANES, gap_s=0.1, in_flight=3, latency_s=3.0)
        stage.sender.assigned([0, 2])
        stage.give(0, "r0", number(0))
        await stage.until(lambda: len(stage.posts) == 1)
        stage.sender.lost([0])
        stage.sender.assigned([0])
        stage.give(0, "r0", number(0))
        stage.give(1, "r1", number(1))
        stage.give(0, "code", number(2), partition=2, priority=REPLY)
        await stage.until(lambda: len(stage.posts) == 2)
        second = stage.posts[1][:2]
        await stage.until(lambda: len(stage.ends) == 4)

        assert second[1] == "code"
        assert second[0] < 1.0
        assert [request_id for _, request_id, _ in stage.posts] == ["r0", "code", "r1"]
        assert stage.posts[2][0] >= 3.0

    run(main())


def test_a_partition_that_a_line_was_given_later_is_claimed_by_its_first_record() -> None:
    """`topics apply` gives a running line its second one; whose it is the record says. A stranger's is left alone."""

    async def main() -> None:
        stage = Stage()
        stage.sender.assigned([0, 2, 4])
        stage.replies |= {"A": 2, "C": 4}
        stage.give(3, "code", number(0), partition=2, priority=REPLY)
        stage.give(3, "other", number(1), partition=4, priority=REPLY)
        await stage.until(lambda: len(stage.ends) == 1)

        assert stage.ends == [("code", "SUBMITTED")]
        assert stage.sender.next_offsets() == {2: 4}
        assert stage.sender.places == 3

    run(main())


def test_a_line_that_gets_its_second_lane_elsewhere_shares_from_then_on() -> None:
    """A sender that began before there was one has as many turns as the one that has the new lane."""

    async def main() -> None:
        old = Stage()
        new = Stage(log=old.log, owner="Q", replies=LANES)
        old.sender.assigned([0])
        old.given["A"] = Places(0, 2)
        new.sender.assigned([2])
        for n in range(10):
            old.give(n, f"r{n}", number(n))
            new.give(n, f"c{n}", number(10 + n), partition=2, priority=REPLY)
        await asyncio.sleep(15)

        assert len(old.posts) >= 6
        assert len(new.posts) >= 6

    run(main())


def test_a_line_without_a_second_partition_sends_both_kinds_in_the_order_they_came() -> None:
    """An installation from before there were two goes on."""

    async def main() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(0, "r0", number(0))
        stage.give(1, "r1", number(1))
        stage.give(2, "code", number(2), priority=REPLY)
        await stage.until(lambda: len(stage.ends) == 3)

        assert [request_id for _, request_id, _ in stage.posts] == ["r0", "r1", "code"]

    run(main())


def test_a_delay_gives_a_record_back_to_its_own_lane() -> None:
    """A scheduled reply is still a reply when its time comes, an hour and a minute later."""

    async def main() -> None:
        stage = DelayStage(replies=LANES)
        stage.sender.assigned([0, 2])
        stage.request("code", number(0), priority=REPLY, send_at_ms=stage.now_ms() + 3_660_000)
        await stage.until(lambda: bool(stage.deferred))
        for n in range(30):
            stage.request(f"r{n}", number(n + 1), send_at_ms=stage.now_ms() + 3_650_000)
        await stage.until(lambda: len(stage.ends) == 31, within_s=8000)
        order = [request_id for _, request_id, _ in stage.posts]

        assert {step.delay for _, _, step in stage.deferred} == {Delay.HOUR}
        assert order.index("code") < 15

    run(main())


def test_two_processes_with_a_lane_each_keep_the_pace_while_an_answer_is_lost() -> None:
    """The ledger paces both; an attempt in doubt holds its own contact, not the other lane."""

    async def main() -> None:
        normal = Stage(replies=LANES, answers=[LOST])
        replies = Stage(log=normal.log, owner="Q", replies=LANES)
        normal.sender.assigned([0])
        replies.sender.assigned([2])
        for n in range(6):
            normal.give(n, f"r{n}", number(n))
            replies.give(n, f"c{n}", number(10 + n), partition=2, priority=REPLY)
        await asyncio.sleep(40)
        times = sorted(at for stage in (normal, replies) for at, _, _ in stage.posts)
        intents = sum(isinstance(record, Intent) for record in normal.log.records)

        assert len(times) == 12
        assert closest(times) > 0.999
        assert times[-1] < 25.0
        assert intents <= 14

    run(main())
