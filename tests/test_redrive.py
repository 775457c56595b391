"""What the router does with a redriven record, and what an end does while Kafka refuses its dead letter."""

import asyncio

import pytest

from connector.core.facts import DeadLettered, Fact, PublishStuck
from connector.core.messages import Disposition, EventType
from connector.core.records import Close, Park, Resolution, Resolve
from connector.core.redriving import Redriven, headers_of
from connector.core.steps import Owe
from connector.roles.ends import TOLD_EVERY, Ends
from connector.roles.reconciler import ParkedRecord
from tests.core.ledger_story import attempt_id, intent, origin, park, rejected
from tests.router_stage import Stage, held, request
from tests.sender_stage import NOW_MS
from tests.virtual_time import run

HOUR_MS = 3600 * 1000
FIRST = str(origin("o1"))


def headers(number: int = 1, time_ms: int = NOW_MS - HOUR_MS) -> tuple[tuple[str, bytes], ...]:
    """As ``dlq redrive`` writes them."""
    return tuple(headers_of([("h", b"x")], Redriven(number, FIRST, time_ms)))


def test_a_redriven_record_carries_its_number_and_its_age() -> None:
    """The older of both times; the headers ride along for the next dead letter."""

    async def story() -> None:
        stage = Stage()
        await stage.route(request("old"), offset=1, headers=headers(2))
        await stage.route(request("new"), offset=2, headers=headers(1, NOW_MS + 1000))
        old, new = stage.topics.dispatched

        assert (old.redrive, old.request_time_ms) == (2, NOW_MS - HOUR_MS)
        assert (new.redrive, new.request_time_ms) == (1, NOW_MS)
        assert headers(2) == old.source.headers

    run(story())


def test_a_renewed_record_is_as_young_as_its_headers_say() -> None:
    """An operator renewed it: created_at counts no more. Without the headers it does."""

    async def story() -> None:
        stage = Stage()
        made = request(created_at_ms=NOW_MS - 30 * HOUR_MS)
        await stage.route(made, offset=1, headers=headers(1, NOW_MS))
        await stage.route(made, offset=2)

        assert [d.request_time_ms for d in stage.topics.dispatched] == [NOW_MS, NOW_MS - 30 * HOUR_MS]

    run(story())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((("sendblue.redrive", b"x"),), "REDRIVE_INVALID"),
        (headers(6), "REDRIVE_TOO_MANY"),
        (headers(1, NOW_MS + HOUR_MS), "REDRIVE_IN_THE_FUTURE"),
    ],
)
def test_wrong_headers_refuse_the_record(given: tuple[tuple[str, bytes], ...], code: str) -> None:
    """By its bytes alone, so a replay is refused again; the bytes are kept."""

    async def story() -> None:
        stage = Stage()
        await stage.route(request(), headers=given)

        assert [code] == [letter.code for letter in stage.topics.letters]
        assert [(EventType.REJECTED, code)] == [(event.type, event.code) for event in stage.topics.events]
        assert stage.topics.dispatched == []

    run(story())


@pytest.mark.parametrize(("number", "told"), [(1, EventType.REJECTED), (0, EventType.DUPLICATE)])
def test_an_end_through_the_ledger_has_the_redrives_number(number: int, told: EventType) -> None:
    """A redriven record that settings refuse is closed anew; a second record without a number is a duplicate."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(intent("a1"))
        stage.log.land(rejected(intent("a1")))
        given = headers(number) if number else ()
        await stage.route(request(from_number="+13035550199"), offset=9, headers=given)
        closes = [record for record in stage.log.records if isinstance(record, Close)]

        assert [told] == [event.type for event in stage.topics.events]
        assert [(number, Disposition.REJECTED)] * number == [(c.redrive, c.disposition) for c in closes]

    run(story())


def test_a_refused_dead_letter_stops_its_partition_loudly() -> None:
    """The offset does not move; after ten tries it is said, and in the readiness; then all goes on."""

    async def story() -> None:
        facts = list[Fact]()
        stage = Stage(facts.append)
        ends = stage.ends
        stage.topics.refuse = 3 * TOLD_EVERY
        await stage.route(None, offset=4)
        await asyncio.sleep(4)
        waiting, said = ends.stuck(), [fact for fact in facts if isinstance(fact, PublishStuck)]
        offsets = stage.router.next_offsets()
        await asyncio.sleep(30)

        assert [PublishStuck("dead letter", TOLD_EVERY)] == said
        assert len(waiting) == 1
        assert "dead letter" in waiting[0]
        assert offsets == {}
        assert stage.router.next_offsets() == {0: 5}
        assert ends.stuck() == []
        assert DeadLettered("UNDECODABLE") in facts
        assert len([fact for fact in facts if isinstance(fact, PublishStuck)]) == 3

    run(story())


@pytest.mark.parametrize(("operator", "code"), [("ann", "operator"), ("expired", "expired"), ("policy", "policy")])
def test_an_operators_name_stays_in_the_ledger(operator: str, code: str) -> None:
    """A request that a person dropped says so, in event and dead letter, without the name."""

    async def story() -> None:
        stage = Stage()
        stage.log.land(a := intent("a1", "r", at_ms=NOW_MS))
        stage.log.land(park(a))
        stage.log.land(Resolve(a.attempt, "r", a.origin, a.line, a.contact, Resolution.DROP, operator))
        stage.reconciler.record(b"k", ParkedRecord(held(), a.attempt))
        await stage.reconciler.look()

        assert [(EventType.DROPPED, code)] == [(event.type, event.code) for event in stage.topics.events]
        assert [code] == [letter.code for letter in stage.topics.letters]

    run(story())


def test_a_parked_event_tells_why() -> None:
    """In doubt, or under a lost ledger: the reason of the PARK."""

    async def story() -> None:
        stage, reasons = Stage(), ["IN_DOUBT", "LEDGER_LOST"]
        ends = Ends(stage.topics, stage.now_ms, lambda _: None)
        for reason in reasons:
            stage.log.land(Park(attempt_id(reason), reason, origin("o1"), "a", b"c" * 8, reason))
            standing = stage.replica.fold.standing(reason)
            assert standing is not None
            await ends.owed(held(), Owe(standing, EventType.PARKED, False))

        assert reasons == [event.code for event in stage.topics.events]
        assert len({event.reason for event in stage.topics.events}) == 2

    run(story())
