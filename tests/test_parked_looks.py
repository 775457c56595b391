"""Parked attempts that the message list shows after all. In virtual time."""

import asyncio

from connector.core.callbacks import Report
from connector.core.facts import DoubtLooked
from connector.core.looks import PARKED_LOOKS_AT_S
from connector.core.parking import parked_key
from connector.core.proofs import Listing
from connector.core.records import Outcome, Park
from connector.core.seen import PARK_AFTER_S
from connector.core.steps import Held, Owe
from connector.roles.ends import Ends
from connector.roles.parked_looks import ParkedLooks
from connector.roles.reconciler import Binding, ParkedRecord, Reconciler
from tests.sender_stage import LOST, Stage
from tests.test_doubts import ROW
from tests.virtual_time import run


class Topics:
    """The topics a reconciler writes; parked records come back to it as from the topic."""

    def __init__(self) -> None:
        self.events: list[str] = []
        self.reconciler: Reconciler | None = None

    async def event(self, event: object) -> None:
        self.events.append(str(getattr(event, "type", "")))

    async def dead_letter(self, letter: object) -> None:
        raise AssertionError("nothing ends badly here")

    async def dispatch(self, dispatch: object) -> None:
        raise AssertionError("nothing is sent again here")

    async def parked(self, key: bytes, held: Held | None, attempt: str) -> None:
        if self.reconciler is not None:
            self.reconciler.record(key, None if held is None else ParkedRecord(held, attempt))

    async def delay(self, delay: object, contact: bytes, dispatch: object) -> None:
        raise AssertionError("nothing waits here")

    async def write(self, binding: Binding, ledger_offset: int) -> None:
        return

    async def reached(self, ledger_offset: int) -> None:
        return


class Parking(Stage):
    """A stage that keeps the parked record, whole."""

    async def owed(self, held: Held, owe: Owe, report: Report | None) -> None:
        self.held = held
        await super().owed(held, owe, report)


async def parked(stage: Parking) -> tuple[Topics, Reconciler, ParkedLooks]:
    """One request whose fate is unknown, parked, and an active reconciler that looks every minute."""
    topics = Topics()
    reconciler = Reconciler(
        stage.replica,
        Ends(topics, stage.now_ms, stage.facts.append),
        topics,
        stage.mono,
        stage.facts.append,
        stage.log.end,
    )
    topics.reconciler = reconciler
    stage.sender.assigned([0])
    stage.give(0, "r1")
    reconciler.begin()
    await stage.until(lambda: bool(stage.ends))
    assert stage.ends == [("r1", "PARKED")]
    attempt = next(r.attempt for r in stage.log.records if isinstance(r, Park))
    reconciler.record(parked_key(stage.held.dispatch.origin, attempt), ParkedRecord(stage.held, attempt))
    proofs = stage.proofs
    return topics, reconciler, ParkedLooks(stage.replica, proofs, reconciler.parked, stage.now_ms, stage.facts.append)


async def no_wait() -> None:
    return


def test_a_parked_attempt_that_the_list_shows_later_is_submitted() -> None:
    """The proof goes to the ledger, and the comparison with it ends the parked record."""

    async def story() -> None:
        stage = Parking(answers=[LOST])
        topics, reconciler, looks = await parked(stage)
        stage.listing = lambda: Listing((ROW,), 0)
        for _ in range(20):
            await looks.look(no_wait)
            await asyncio.sleep(60)

        assert topics.events == ["SUBMITTED"]
        assert len(reconciler) == 0
        assert [(r.detail, r.via) for r in stage.log.records if isinstance(r, Outcome)] == [("h-9", "list")]
        assert len(stage.posts) == 1
        await reconciler.end()

    run(story())


def test_looks_are_rare_and_absence_ends_nothing() -> None:
    """Four in a day; then a person decides."""

    async def story() -> None:
        stage = Parking(answers=[LOST])
        topics, reconciler, looks = await parked(stage)
        stage.listing = lambda: Listing((), 0)
        before, facts = len(stage.looks), len(stage.facts)
        for _ in range(2 * 1440):
            await looks.look(no_wait)
            await asyncio.sleep(60)

        times = [at for at, _ in stage.looks[before:]]
        assert [round((at - PARK_AFTER_S) / 60) for at in times] == [round(at / 60) for at in PARKED_LOOKS_AT_S]
        assert {fact.result for fact in stage.facts[facts:] if isinstance(fact, DoubtLooked)} == {"absent"}
        assert topics.events == []
        assert len(reconciler) == 1
        await reconciler.end()

    run(story())


def test_a_look_without_an_answer_is_made_again() -> None:
    """At the next minute: the schedule counts answers."""

    async def story() -> None:
        stage = Parking(answers=[LOST])
        _, reconciler, looks = await parked(stage)
        before = len(stage.looks)
        await asyncio.sleep(PARKED_LOOKS_AT_S[0] + 1)
        for _ in range(3):
            await looks.look(no_wait)

        assert len(stage.looks) - before == 3
        await reconciler.end()

    run(story())


def test_an_instance_that_loses_its_place_and_gets_it_back_goes_on() -> None:
    """Lost, then assigned before the loop turned: the new work is not what is given up."""

    async def story() -> None:
        stage = Parking(answers=[LOST])
        topics, reconciler, looks = await parked(stage)
        (record,) = reconciler.parked()
        reconciler.drop()
        reconciler.begin()
        reconciler.record(parked_key(record.held.dispatch.origin, record.attempt), record)
        stage.listing = lambda: Listing((ROW,), 0)
        await asyncio.sleep(PARKED_LOOKS_AT_S[0] + 1)
        await looks.look(no_wait)
        await asyncio.sleep(5)

        assert topics.events == ["SUBMITTED"]
        await reconciler.end()

    run(story())
