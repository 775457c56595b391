"""After a lost ledger was adopted, in virtual time: what may have gone out is parked, whatever is younger is texted."""

import asyncio

from connector.core.adoption import LEDGER_LOST
from connector.core.messages import Dispatch, OnInDoubt, Origin, SendRequest
from connector.core.parking import Reproduce, next_of
from connector.core.records import Intent, Park
from connector.core.resolving import Word, record_of
from connector.core.steps import Held, Owe
from connector.roles.surroundings import DispatchRecord
from tests.sender_stage import NOW_MS, Stage
from tests.virtual_time import run

T = NOW_MS + 60_000
"""The operator's time: a minute into the story."""


def stage() -> Stage:
    """A sender that has heard of the adoption, and has the line's partition."""
    one = Stage()
    one.orders.park_before_ms = T
    one.sender.assigned([0])
    return one


def only_park(one: Stage) -> Park:
    """The one PARK in the ledger."""
    (found,) = [record for record in one.log.records if isinstance(record, Park)]
    return found


def replay(park: Park) -> Dispatch:
    """The parked request's record once more."""
    return Dispatch(SendRequest(park.request_id, number="+12025550123", content="hello"), park.origin, NOW_MS, "A")


def test_what_is_older_is_parked_and_what_is_younger_is_texted() -> None:
    """No INTENT for the first, whatever comes; other requests of the line, and of the contact, go on."""

    async def story() -> None:
        one = stage()
        one.give(0, "old")
        await asyncio.sleep(61)
        one.give(1, "new")
        await one.until(lambda: len(one.ends) == 2)
        await asyncio.sleep(3600)

        assert one.ends == [("old", "PARKED"), ("new", "SUBMITTED")]
        assert [request_id for _, request_id, _ in one.posts] == ["new"]
        assert [record.request_id for record in one.log.records if isinstance(record, Intent)] == ["new"]
        assert only_park(one).reason == LEDGER_LOST
        assert one.sender.next_offsets() == {0: 2}

    run(story())


def test_a_request_that_this_ledger_knows_is_not_parked() -> None:
    """It was settled after the loss: the replay gets its end again."""

    async def story() -> None:
        one = stage()
        one.give(0, "old")
        await one.until(lambda: bool(one.ends))
        one.log.land(record_of(only_park(one), Word.SENT, "h-1", "ann"))
        one.sender.records([DispatchRecord(0, 1, NOW_MS, 300, replay(only_park(one)))])
        await one.until(lambda: len(one.ends) == 2)

        assert one.ends == [("old", "PARKED"), ("old", "SUBMITTED")]
        assert one.posts == []

    run(story())


def test_resolved_not_sent_it_is_texted_once() -> None:
    """A person knows better: the reconciler sends the record round, and the ledger now knows it as free."""

    async def story() -> None:
        one = stage()
        one.give(0, "old")
        await one.until(lambda: bool(one.ends))
        park = only_park(one)
        one.log.land(record_of(park, Word.NOT_SENT, "", "ann"))
        dispatch = replay(park)
        held = Held(dispatch, NOW_MS, park.contact, b"")
        assert Reproduce() == next_of(held, park.attempt, one.replica.fold.standing("old"), NOW_MS, 0.0)

        one.sender.records([DispatchRecord(0, 1, NOW_MS, 300, dispatch)])
        await one.until(lambda: len(one.ends) == 2)

        assert one.ends == [("old", "PARKED"), ("old", "SUBMITTED")]
        assert len(one.posts) == 1

    run(story())


def test_dropped_or_proved_by_a_late_callback_it_has_its_end() -> None:
    """A person's word, or the proof of an attempt that only the lost ledger knew."""

    async def story() -> None:
        one = stage()
        one.give(0, "dropped", number="+12025550123")
        one.give(1, "proved", number="+12025550124")
        await one.until(lambda: len(one.ends) == 2)
        parks = {record.request_id: record for record in one.log.records if isinstance(record, Park)}
        dropped, proved = parks["dropped"], parks["proved"]
        one.log.land(record_of(dropped, Word.DROP, "", "ann"))
        proof = record_of(Park("00" * 8, "proved", proved.origin, "A", proved.contact, ""), Word.SENT, "h-7", "ann")
        one.log.land(proof)
        ends = {}
        for park in (dropped, proved):
            dispatch = Dispatch(SendRequest(park.request_id), park.origin, NOW_MS, "A")
            standing = one.replica.fold.standing(park.request_id)
            step = next_of(Held(dispatch, NOW_MS, park.contact, b""), park.attempt, standing, T, 0.0)
            assert isinstance(step, Owe)
            ends[park.request_id] = str(step.event)

        assert ends == {"dropped": "DROPPED", "proved": "SUBMITTED"}
        assert one.posts == []

    run(story())


def test_what_would_have_expired_is_parked_too_within_72_hours() -> None:
    """EXPIRED would say that it was not sent, which nobody knows; past 72 h it is left to expire."""

    async def story() -> None:
        one = stage()
        for offset, (name, hours) in enumerate([("day-old", 30), ("too-old", 73)]):
            made_ms = NOW_MS - hours * 3600 * 1000
            request = SendRequest(name, number=f"+120255501{offset:02d}", content="hello")
            dispatch = Dispatch(request, Origin("sendblue.requests", 0, offset), made_ms, "A")
            one.sender.records([DispatchRecord(0, offset, NOW_MS, 300, dispatch)])
        await one.until(lambda: len(one.ends) == 2)

        assert {("day-old", "PARKED"), ("too-old", "EXPIRED")} == set(one.ends)
        assert one.posts == []

    run(story())


def test_with_the_policy_to_drop_it_is_dropped() -> None:
    """The request's own word on what nobody can prove holds here too."""

    async def story() -> None:
        one = stage()
        one.give(0, "old", on_in_doubt=OnInDoubt.DROP)
        await one.until(lambda: bool(one.ends))

        assert one.ends == [("old", "DROPPED")]
        assert one.posts == []

    run(story())
