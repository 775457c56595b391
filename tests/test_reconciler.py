"""The reconciler, in virtual time: parked requests come to their end, and contacts are written."""

import asyncio

from connector.core.messages import Disposition, EventType
from connector.core.records import Outcome, Rebind, Resolution, Resolve, Result
from connector.roles.reconciler import AT_ONCE, Binding, ParkedRecord
from connector.wiring.inbound import Elected
from tests.core.ledger_story import contact_id, intent, park, rejected, submitted
from tests.router_stage import SOURCE, Stage, held
from tests.sender_stage import NOW_MS
from tests.virtual_time import run


def test_a_parked_request_that_is_proved_gets_its_end_and_its_tombstone() -> None:
    """SUBMITTED after PARK: the event, then the record goes."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await stage.reconciler.look()
        kept = len(stage.reconciler)
        stage.log.land(submitted(a))
        await stage.reconciler.look()

        assert kept == 1
        assert [e.type for e in stage.topics.events] == [EventType.SUBMITTED]
        assert [written for _, written in stage.topics.parked_keys] == [False]
        assert len(stage.reconciler) == 0

    run(story())


def test_a_parked_request_resolved_not_sent_goes_back_to_its_line() -> None:
    """With its own origin, so that it is the same request."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.log.land(Resolve(a.attempt, "r", a.origin, a.line, a.contact, Resolution.NOT_SENT, "ann"))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await stage.reconciler.look()

        assert [dispatch.origin for dispatch in stage.topics.dispatched] == [a.origin]
        assert stage.topics.events == []

    run(story())


def test_21_nobody_resolved_it_for_71_hours() -> None:
    """RESOLVE(drop) by the reconciler, then DROPPED with its dead letter."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await asyncio.sleep(71 * 3600 + 1)
        stage.log.land(Rebind(contact_id("z"), "a"))
        await stage.reconciler.look()
        await stage.reconciler.look()

        assert [e.type for e in stage.topics.events] == [EventType.DROPPED]
        assert [letter.code for letter in stage.topics.letters] == ["expired"]
        standing = stage.replica.fold.standing("r")
        assert standing is not None
        assert standing.disposition is Disposition.DROPPED

    run(story())


def test_an_election_lost_and_won_again_leaves_a_reconciler_that_works() -> None:
    """Both callbacks of the group come in one turn of the loop; the second must not be undone by the first."""

    async def story() -> None:
        stage = Stage()
        elected = Elected(stage.reconciler)
        elected.assigned([0])
        elected.lost([0])
        elected.assigned([0])
        await asyncio.sleep(1)
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.log.land(rejected(a))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await asyncio.sleep(5)

        assert [e.type for e in stage.topics.events] == [EventType.REJECTED]

    run(story())


def test_another_attempts_minute_begins_anew_with_each_election() -> None:
    """What was seen before another instance was the active one says nothing of the minutes since."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS, owner="Q"))
        stage.log.land(park(a))
        stage.log.land(Resolve(a.attempt, "r", a.origin, a.line, a.contact, Resolution.NOT_SENT, "ann"))
        stage.log.land(intent("a2", "r", at_ms=NOW_MS, owner="Q"))
        for _ in range(2):
            stage.reconciler.begin()
            stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
            await asyncio.sleep(40)
            await stage.reconciler.end()

        assert stage.topics.dispatched == []

    run(story())


def test_contacts_are_written_with_how_far_they_reach() -> None:
    """Each moved binding once, then the ledger's offset; a failure is made up for at the next turn."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(submitted(a))
        stage.topics.refuse = 1
        await stage.reconciler.write_contacts()
        nothing = list(stage.topics.reached_to)
        await stage.reconciler.write_contacts()
        await stage.reconciler.write_contacts()

        assert nothing == []
        assert stage.topics.bindings == [(Binding(a.contact, "A", None), 1)]
        assert stage.topics.reached_to == [1]

    run(story())


def test_contacts_are_written_by_a_fold_that_has_all_of_the_ledger() -> None:
    """One that stood still while a contact was moved: its successor has written the new line, it writes no old one."""

    async def story() -> None:
        stage, contact = Stage(), b"contact."
        stage.log.land(Rebind(contact, "A"))
        stage.log.replicas.remove(stage.replica)
        stage.log.land(moved := Rebind(contact, "B"))
        await stage.reconciler.write_contacts()
        behind = list(stage.topics.bindings)
        stage.replica.feed(1, NOW_MS, moved, stage.mono())
        await stage.reconciler.write_contacts()

        assert behind == []
        assert stage.topics.bindings == [(Binding(contact, "B", None), 1)]

    run(story())


def test_a_line_that_moved_holds_up_no_parked_request() -> None:
    """Its contacts are written many at a time; one that fails is written the next time, and till then nothing reaches
    so far."""

    async def story() -> None:
        stage = Stage()
        for n in range(2_000):
            stage.log.land(Rebind(n.to_bytes(8), "B"))
        stage.topics.writes_s, stage.topics.refuse = 0.01, 1
        await stage.reconciler.write_contacts()
        first = len(stage.topics.bindings), list(stage.topics.reached_to)
        await stage.reconciler.write_contacts()

        assert first == (AT_ONCE - 1, [])
        assert len({binding.contact for binding, _ in stage.topics.bindings}) == len(stage.topics.bindings) == 2_000
        assert stage.topics.reached_to == [1_999]
        assert asyncio.get_running_loop().time() < 0.1

    run(story())


def test_a_parked_rejection_is_dead_lettered() -> None:
    """REJECTED by a late answer ends the parked request too."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.log.land(rejected(a))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await stage.reconciler.look()

        assert [e.type for e in stage.topics.events] == [EventType.REJECTED]
        assert [letter.source for letter in stage.topics.letters] == [SOURCE]
        assert isinstance(stage.log.records[-1], Outcome)
        assert stage.log.records[-1].result is Result.REJECTED

    run(story())
