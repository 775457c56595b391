"""The sender and the ledger, in virtual time: one of two writes, a grant that comes too late is given back."""

import asyncio

from connector.core.records import Intent, LedgerRecord, Outcome, Rules
from tests.sender_stage import Log, Stage
from tests.virtual_time import run


def test_two_senders_of_one_partition_post_once() -> None:
    """A zombie and the new owner hold the same record: the ledger's order lets one of them write."""

    async def story() -> None:
        log = Log()
        stages = [Stage(log=log, owner=owner) for owner in "PQ"]
        for stage in stages:
            stage.sender.assigned([0])
            stage.give(0, "r1")
        await stages[0].until(lambda: all(stage.ends for stage in stages))

        assert sum(len(stage.posts) for stage in stages) == 1
        assert [stage.ends for stage in stages] == [[("r1", "SUBMITTED")]] * 2

    run(story())


def test_a_late_intent_is_given_back() -> None:
    """Counter-example 6: the append times out, lands later and is granted; its writer appends UNSENT(LATE)."""

    async def story() -> None:
        stage = Stage()
        late: list[LedgerRecord] = []

        def lose_first(record: LedgerRecord) -> bool:
            if isinstance(record, Intent) and not late:
                late.append(record)
                return True
            return False

        stage.log.lose = lose_first
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(late))
        stage.log.land(late[0])
        await stage.until(lambda: bool(stage.ends))

        codes = [r.detail for r in stage.log.records if isinstance(r, Outcome)]
        assert codes == ["LATE", "h-1"]
        assert len(stage.posts) == 1

    run(story())


def test_an_intent_acknowledged_but_read_back_too_late_is_given_back() -> None:
    """The append is acknowledged, the record comes back after the lease: UNSENT(LATE), then a new attempt."""

    async def story() -> None:
        stage = Stage()
        land = stage.log.land
        held_up: list[LedgerRecord] = []

        def slow(record: LedgerRecord) -> None:
            if isinstance(record, Intent) and not held_up:
                held_up.append(record)
            else:
                land(record)

        stage.log.land = slow  # type: ignore[method-assign]  # the log itself is what is slow
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await stage.until(lambda: bool(held_up))
        await asyncio.sleep(5.5)
        land(held_up[0])
        await stage.until(lambda: bool(stage.ends))

        codes = [r.detail for r in stage.log.records if isinstance(r, Outcome)]
        assert codes == ["LATE", "h-1"]
        assert len(stage.posts) == 1
        assert stage.ends == [("r1", "SUBMITTED")]

    run(story())


def test_an_outcome_is_appended_until_it_is_read_back() -> None:
    """Counter-example 23: the event comes only after the OUTCOME is in the ledger, however often it is lost."""

    async def story() -> None:
        stage = Stage()
        losses = [True] * 5
        stage.log.lose = lambda r: isinstance(r, Outcome) and bool(losses) and losses.pop()
        stage.sender.assigned([0])
        stage.give(0, "r1")
        await asyncio.sleep(1)
        assert stage.ends == []

        await stage.until(lambda: bool(stage.ends))
        assert stage.ends == [("r1", "SUBMITTED")]
        assert len(stage.posts) == 1

    run(story())


def test_rules_that_are_not_ours_stop_a_grant_before_its_write() -> None:
    """RULES lands between the grant and the socket: given back, and nothing is proposed any more."""

    async def story() -> None:
        stage = Stage()
        stage.sender.assigned([0])
        stage.give(0, "r1")
        stage.give(1, "r2", number="+12025550124")
        await stage.until(lambda: len([r for r in stage.log.records if isinstance(r, Intent)]) == 2)
        stage.log.land(Rules(2))
        await asyncio.sleep(60)

        codes = [r.detail for r in stage.log.records if isinstance(r, Outcome)]
        assert codes == ["h-1", "LATE"]
        assert [p[1] for p in stage.posts] == ["r1"]

    run(story())
