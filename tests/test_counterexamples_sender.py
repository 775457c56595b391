"""Interleavings that broke earlier forms of the rules: those that the sender answers, in virtual time."""

import asyncio
from itertools import pairwise
from typing import Any

from connector.core.calls import Answer, Failure
from connector.core.messages import Dispatch, Disposition, Origin, SendRequest
from connector.core.records import Close, Intent, Outcome, Result
from connector.core.seen import Policy
from connector.kafka.topics import TopicNames, wanted
from connector.roles.surroundings import DispatchRecord
from tests.sender_stage import LOST, NOW_MS, Log, Stage
from tests.virtual_time import run


def test_17_own_writes_count_after_the_line_came_back() -> None:
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
    """Three in flight on one line: the first answer comes after the second write; the third keeps its gap to that."""

    async def story() -> None:
        stage = Stage(in_flight=3, latency_s=1.5)
        stage.sender.assigned([0])
        for n in range(4):
            stage.give(n, f"r{n}", number=f"+1202555010{n}")
        await stage.until(lambda: len(stage.ends) == 4)
        times = [at for at, _, _ in stage.posts]

        assert all(later - earlier >= 1.0 - 1e-9 for earlier, later in pairwise(times))

    run(story())


def test_05_the_record_of_a_dead_holder_gets_its_end() -> None:
    """Granted to P, which dies; Q holds the record undone until the attempt is settled, then sends it."""

    async def story() -> None:
        dead, alive = two_incarnations(answers=[LOST])
        await dead.until(lambda: bool(dead.log.records))
        intent = dead.log.records[0]
        assert isinstance(intent, Intent)
        take_over(dead, alive)
        await asyncio.sleep(30)
        assert alive.sender.next_offsets() == {}

        dead.log.land(Outcome(intent.attempt, "r1", "A", intent.contact, Result.UNSENT, "LATE", "abandoned"))
        await alive.until(lambda: bool(alive.ends))

        assert alive.ends == [("r1", "SUBMITTED")]
        assert alive.sender.next_offsets() == {0: 1}

    run(story())


def test_08_a_replay_publishes_the_end_again() -> None:
    """The event was lost with a kill, an hour ago: the ledger knows the end, and the holder of the record tells it."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))
        await stage.sender.revoked([0])
        await asyncio.sleep(3600)
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await asyncio.sleep(60)

        assert stage.ends == [("r1", "SUBMITTED")] * 2
        assert len(stage.posts) == 1

    run(story())


def test_37_a_redriven_record_that_expires_gets_its_end() -> None:
    """Its CLOSE carries its redrive number; without it the CLOSE would change nothing, again and again."""

    async def story() -> None:
        stage = Stage()
        origin = Origin("sendblue.requests", 0, 0)
        stage.log.land(Close("r1", origin, 0, Disposition.CANCELLED, "CANCELLED"))
        stage.sender.assigned([0])
        request = SendRequest("r1", number="+12025550123", content="hello", expires_at_ms=NOW_MS - 1)
        dispatch = Dispatch(request, origin, NOW_MS - 2, "A", redrive=1)
        stage.sender.records([DispatchRecord(0, 0, NOW_MS, 300, dispatch)])
        await stage.until(lambda: bool(stage.ends), within_s=5)

        assert stage.ends == [("r1", "EXPIRED")]
        assert stage.sender.next_offsets() == {0: 1}

    run(story())


def test_25_a_new_incarnation_leaves_its_predecessors_post_alone() -> None:
    """P's POST is out when its successor begins: nothing is withdrawn, nothing written, the attempt is in doubt."""

    async def story() -> None:
        dead, alive = two_incarnations(latency_s=10_000.0)
        await dead.until(lambda: bool(dead.posts))
        take_over(dead, alive)
        await asyncio.sleep(590)

        assert alive.posts == []
        assert [type(r) for r in dead.log.records] == [Intent]

    run(story())


def test_28_two_hours_without_dns_end_no_message() -> None:
    """Twenty attempts that never left: the line waits longer each time, and the message is sent in the end."""

    async def story() -> None:
        stage = Stage(
            answers=[Answer(failure=Failure.NOT_WRITTEN)] * 20, policy=Policy(default_ttl_ms=70 * 3600 * 1000)
        )
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends), within_s=24 * 3600)

        assert stage.ends == [("r1", "SUBMITTED")]
        assert len(stage.posts) == 21

    run(story())


def test_29_the_ledger_is_never_compacted() -> None:
    """Its topic is wanted with delete-only retention, for ever long by size."""
    specs = {spec.name: spec.config for spec in wanted(TopicNames(), 1, 1, 3)}

    assert specs["sendblue.ledger"]["cleanup.policy"] == "delete"
    assert specs["sendblue.ledger"]["retention.bytes"] == "-1"


def two_incarnations(**first: Any) -> tuple[Stage, Stage]:
    """One ledger; the first works on r1, the second is there but holds nothing."""
    log = Log()
    dead = Stage(log=log, owner="P", **first)
    alive = Stage(log=log, owner="Q")
    dead.sender.assigned([0])
    dead.give(0, "r1")
    return dead, alive


def take_over(dead: Stage, alive: Stage) -> None:
    """The first reads nothing any more and appends nothing; the second gets its record."""
    dead.log.replicas.remove(dead.replica)
    dead.sender.lost([0])
    alive.sender.assigned([0])
    alive.give(0, "r1")
