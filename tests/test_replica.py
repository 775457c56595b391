"""The replica's way to the ledger, in virtual time: what is given back, recorded and heard."""

import asyncio

import pytest

from connector.core.records import LedgerRecord, Outcome, Result
from connector.roles.replica import DRAIN_S, Replica
from tests.core.ledger_story import intent, submitted
from tests.sender_stage import NOW_MS, Log
from tests.virtual_time import run

A1 = intent("a1", at_ms=NOW_MS)


def replica_of(log: Log, owner: str = "P") -> Replica:
    replica = Replica(owner, log)
    log.replicas.append(replica)
    replica.restored.set()
    return replica


def given_back(log: Log) -> list[str]:
    return [r.attempt for r in log.records if isinstance(r, Outcome) and r.detail == "LATE"]


@pytest.mark.parametrize("acknowledged_s", [0.0, 2.0])
def test_a_grant_whose_proposer_is_cancelled_as_it_arrives_is_given_back(acknowledged_s: float) -> None:
    """The verdict is there, before or after the acknowledgement, and in the same moment its turn is cancelled."""

    class Slow(Log):
        async def append(self, record: LedgerRecord) -> None:
            await asyncio.sleep(acknowledged_s)
            if record is not A1:
                self.land(record)

    async def story() -> None:
        log = Slow()
        replica = replica_of(log)
        turn = asyncio.create_task(replica.propose(A1, 5.0))
        await asyncio.sleep(1)
        log.land(A1)
        turn.cancel()
        await asyncio.sleep(5)

        assert turn.cancelled()
        assert given_back(log) == [A1.attempt]
        assert replica.views.open_attempts() == 0

    run(story())


@pytest.mark.parametrize("hours", [1, 71])
def test_an_intent_is_given_back_however_late_it_lands(hours: int) -> None:
    """The append failed, and the record lands hours later."""

    async def story() -> None:
        log = Log()
        replica = replica_of(log)
        log.lose = lambda r: r is A1
        assert await replica.propose(A1, 5.0) is None
        await asyncio.sleep(hours * 3600)
        log.land(A1)
        await asyncio.sleep(1)

        assert given_back(log) == [A1.attempt]

    run(story())


def test_an_intent_that_lands_a_second_time_after_its_end_is_given_back() -> None:
    """A repeated append after UNSENT is granted to nobody: it must not stay open."""

    async def story() -> None:
        log = Log()
        replica = replica_of(log)
        await replica.propose(A1, 5.0)
        await replica.record(Outcome(A1.attempt, "r", "A", A1.contact, Result.UNSENT, "HTTP_429", "test"))
        log.land(A1)
        await asyncio.sleep(1)

        assert given_back(log) == [A1.attempt]
        assert replica.views.open_attempts() == 0

    run(story())


def test_only_the_writer_gives_back() -> None:
    """Another replica sees the same grant and leaves it alone; so does the writer while somebody waits for it."""

    async def story() -> None:
        log = Log()
        writer, _ = replica_of(log), replica_of(log, "Q")
        await writer.propose(A1, 5.0)
        await asyncio.sleep(60)

        assert log.records == [A1]

    run(story())


def test_one_of_two_who_record_the_same_may_be_cancelled() -> None:
    """The other still waits until the record is read back."""

    async def story() -> None:
        log = Log()
        replica = replica_of(log)
        away = [True]
        log.lose = lambda _: away[0]
        proof = submitted(A1)
        one, other = (asyncio.create_task(replica.record(proof)) for _ in range(2))
        await asyncio.sleep(3)
        one.cancel()
        await asyncio.sleep(3)
        done_early = other.done()
        away[0] = False
        await asyncio.wait_for(other, 10)

        assert not done_early
        assert proof in log.records

    run(story())


def test_the_end_does_not_wait_for_a_kafka_that_is_away() -> None:
    """What could not be recorded within the time is left as a kill would leave it: in doubt, for the next owner."""

    async def story() -> None:
        log = Log()
        replica = replica_of(log)
        log.lose = lambda _: True
        replica.record_later(submitted(A1))
        began = asyncio.get_running_loop().time()
        await replica.drain()

        assert asyncio.get_running_loop().time() - began == DRAIN_S
        assert log.records == []

    run(story())


def test_the_end_waits_for_what_its_own_draining_gives_back() -> None:
    """A grant that lands while the rest is being recorded is given back before the process ends."""

    async def story() -> None:
        log = Log()
        replica = replica_of(log)
        log.delay_s = 1.0
        replica.record_later(submitted(intent("b1", "other")))
        asyncio.get_running_loop().call_later(0.5, log.land, A1)
        await replica.drain()

        assert given_back(log) == [A1.attempt]

    run(story())


def test_a_background_record_that_fails_is_heard() -> None:
    """An error nobody foresaw must end the process, not one record in silence."""

    class Broken:
        async def append(self, record: LedgerRecord) -> None:
            raise LookupError("unforeseen")

    async def story() -> None:
        replica = Replica("P", Broken())
        replica.record_later(submitted(A1))
        await asyncio.wait([replica.watch.failed])

        assert isinstance(replica.watch.failed.exception(), LookupError)

    run(story())


def test_an_append_that_fails_is_made_again_until_it_is_read_back() -> None:
    """However long Kafka is away."""

    async def story() -> None:
        log = Log()
        replica = replica_of(log)
        losses = 1000
        refused: list[LedgerRecord] = []

        def lose(record: LedgerRecord) -> bool:
            refused.append(record)
            return len(refused) <= losses

        log.lose = lose
        await replica.record(submitted(A1))

        assert len(refused) == losses + 1
        assert log.records == [submitted(A1)]

    run(story())
