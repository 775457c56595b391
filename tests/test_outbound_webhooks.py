"""Statuses by account webhooks: the events of callbacks, tied to their requests where possible, and never a proof."""

from connector.core.facts import CallbackAnswered
from connector.core.records import Outcome, Result
from connector.roles.ingress import Reply
from tests.core.webhook_bodies import STATUS
from tests.webhook_stage import ATTEMPT, HANDLE, World


async def test_an_outbound_is_a_status_and_no_proof() -> None:
    """Its event has the id of the callback's; the ledger learns nothing from it."""
    world, other = World(), World()
    reply = await world.tell("outbound", STATUS)
    await other.call()

    assert reply == Reply(200)
    assert [(e.event_id, e.status, e.terminal) for e in world.events] == [
        (e.event_id, e.status, e.terminal) for e in other.events
    ]
    assert world.appended == []
    assert [r.detail for r in other.appended if isinstance(r, Outcome)] == [HANDLE]


async def test_an_outbound_of_a_known_handle_names_its_request() -> None:
    """As the ledger told it a moment ago; then the callback is a repeat, and is counted once."""
    world = World()
    world.claims.note(Outcome(ATTEMPT, "r1", "line-1", b"c" * 8, Result.SUBMITTED, HANDLE, "api"))
    await world.tell("outbound", STATUS)
    reply = await world.call()

    assert reply == Reply(200)
    assert [(event.request_id, event.attempt) for event in world.events] == [("r1", ATTEMPT)]
    assert [fact.result for fact in world.facts if isinstance(fact, CallbackAnswered)] == ["accepted", "repeated"]


async def test_a_callback_names_the_request_that_an_outbound_could_not() -> None:
    """The same event once more, with its request; a third word on it is a repeat."""
    world = World()
    await world.tell("outbound", STATUS)
    await world.call()
    await world.tell("outbound", STATUS)

    assert [event.request_id for event in world.events] == [None, "r1"]
    assert len({event.event_id for event in world.events}) == 1
    assert [fact.result for fact in world.facts if isinstance(fact, CallbackAnswered)] == ["accepted"]


async def test_a_callback_proves_its_attempt_though_an_outbound_told_the_same() -> None:
    """The handle was proved for another attempt: what the token says counts all the same."""
    world = World()
    world.claims.note(Outcome("00000000000000ff", "r9", "line-1", b"c" * 8, Result.SUBMITTED, HANDLE, "list"))
    await world.tell("outbound", STATUS)
    await world.call()

    assert [(r.request_id, r.attempt) for r in world.appended if isinstance(r, Outcome)] == [("r1", ATTEMPT)]


async def test_both_ways_know_what_was_told_last() -> None:
    """A status that was overtaken is flagged, whichever way it comes."""
    world = World()
    await world.tell("outbound", STATUS)
    await world.call({**STATUS, "status": "SENT", "date_updated": "2026-05-09T17:20:30.000Z"})

    assert [event.out_of_order for event in world.events] == [False, True]


async def test_an_opt_out_that_a_status_tells_is_heard_whichever_way_it_comes_first() -> None:
    """The callback is a repeat of the outbound by then, and nobody would hear of it any more."""
    world = World()
    world.claims.note(Outcome(ATTEMPT, "r1", "line-1", b"c" * 8, Result.SUBMITTED, HANDLE, "api"))
    world.listeners.opted = world.opts
    await world.tell("outbound", {**STATUS, "opted_out": True})
    await world.call({**STATUS, "opted_out": True})

    assert world.opted == [HANDLE]


async def test_an_outbound_whose_opt_out_is_not_durable_comes_again() -> None:
    """Neither answered 200 nor remembered."""
    world = World()
    world.listeners.opted, world.deaf = world.opts, True
    first = await world.tell("outbound", STATUS)
    world.deaf = False
    again = await world.tell("outbound", STATUS)

    assert (first.status, again.status, world.opted, len(world.events)) == (503, 200, [HANDLE], 1)
