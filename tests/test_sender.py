"""One request at the sender, from its turn to its end, in virtual time, against a ledger in memory."""

import asyncio

from connector.core.messages import OnInDoubt
from connector.core.records import Intent, Outcome, Park, Resolve, Result
from connector.core.seen import Policy
from tests.sender_stage import BAD_KEY, LOST, NOW_MS, REFUSED, Stage
from tests.virtual_time import run


def test_a_request_becomes_one_post_between_intent_and_outcome() -> None:
    """INTENT, read back, one POST, OUTCOME, event, offset: in this order."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(7, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert [type(r) for r in stage.log.records] == [Intent, Outcome]
        assert [p[1] for p in stage.posts] == ["r1"]
        assert stage.ends == [("r1", "SUBMITTED")]
        assert stage.sender.next_offsets() == {0: 8}

    run(story())


def test_a_lost_reply_is_never_posted_again_and_is_settled_by_a_callback() -> None:
    """Unknown appends nothing; the contact waits; the proof from the ingress settles it at once."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2")
        await asyncio.sleep(30)
        assert [p[1] for p in stage.posts] == ["r1"]

        intent = stage.log.records[0]
        assert isinstance(intent, Intent)
        stage.log.land(Outcome(intent.attempt, "r1", "A", intent.contact, Result.SUBMITTED, "h-9", "callback"))
        await stage.until(lambda: len(stage.ends) == 2)

        assert stage.ends == [("r1", "SUBMITTED"), ("r2", "SUBMITTED")]
        assert [p[1] for p in stage.posts] == ["r1", "r2"]

    run(story())


def test_an_attempt_in_doubt_is_parked_after_its_time_and_not_before() -> None:
    """Ten minutes by default; other contacts of the line go on meanwhile."""

    async def story() -> None:
        stage = Stage(answers=[LOST])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "other", number="+12025550124")
        await asyncio.sleep(599)
        assert stage.ends == [("other", "SUBMITTED")]

        await stage.until(lambda: len(stage.ends) == 2, within_s=20)

        assert stage.ends[-1] == ("r1", "PARKED")
        assert sum(isinstance(r, Park) for r in stage.log.records) == 1
        assert stage.sender.next_offsets() == {0: 2}

    run(story())


def test_the_drop_policy_parks_and_drops() -> None:
    """PARK, then RESOLVE(drop), then the DROPPED end."""

    async def story() -> None:
        stage = Stage(answers=[LOST], policy=Policy(park_after_s=60))
        stage.sender.assigned([0])
        stage.give(0, "r1", on_in_doubt=OnInDoubt.DROP)
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "DROPPED")]
        assert [type(r) for r in stage.log.records] == [Intent, Park, Resolve]

    run(story())


def test_a_rejection_ends_the_request() -> None:
    """A message-level 4xx is final: one POST, REJECTED."""

    async def story() -> None:
        stage = Stage(answers=[REFUSED])
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "REJECTED")]
        assert len(stage.posts) == 1

    run(story())


def test_a_request_expires_while_its_line_is_blocked() -> None:
    """A stopped account keeps consuming to expire; the end goes through a CLOSE."""

    async def story() -> None:
        stage = Stage(answers=[BAD_KEY], probes=[False] * 1000)
        stage.sender.assigned([0])
        stage.give(0, "r1", expires_at_ms=NOW_MS + 90_000)
        await stage.until(lambda: bool(stage.ends), within_s=100)
        await stage.account.close()

        assert stage.ends == [("r1", "EXPIRED")]
        assert len(stage.posts) == 1

    run(story())


def test_send_at_is_waited_for() -> None:
    """Not before its time, and without holding up others."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(0, "later", send_at_ms=NOW_MS + 60_000)
        stage.give(1, "now", number="+12025550124")
        await stage.until(lambda: len(stage.ends) == 2)

        assert [p[1] for p in stage.posts] == ["now", "later"]
        assert stage.posts[1][0] >= 60.0
        assert stage.announced == ["later"]

    run(story())


def test_a_bound_contact_hops_to_its_line() -> None:
    """P4: the contact heard from A first; a record on B moves to A's partition and is done here."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0, 1])
        stage.give(0, "r1", partition=0)
        await stage.until(lambda: bool(stage.ends))
        stage.give(0, "r2", partition=1)
        await stage.until(lambda: bool(stage.hops))

        assert stage.hops == [("r2", "A")]
        assert stage.sender.next_offsets()[1] == 1
        assert len(stage.posts) == 1

    run(story())
