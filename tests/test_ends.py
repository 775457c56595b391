"""What an end leaves behind, and in which order: who finds the later record must find the earlier one too."""

from dataclasses import dataclass, field, replace

import pytest

from connector.core.delays import Defer, Delay, Wait
from connector.core.events import MessageEvent
from connector.core.facts import Fact, MessageSettled, PublishFailedOnce, PublishStuck
from connector.core.messages import Dispatch, EventType, Origin, SendRequest, Source
from connector.core.records import LedgerRecord, Resolution
from connector.core.standing import Standing, Status
from connector.core.steps import Held, Owe
from connector.roles.ends import TOLD_EVERY, DeadLetter, Ends, PublishFailed, refusal_event, sentence_of
from connector.roles.reconciler import Binding, ParkedRecord, Reconciler
from connector.roles.replica import Replica
from tests.core.ledger_story import contact_id, intent, origin, park, resolve, submitted
from tests.sender_stage import NOW_MS, Log
from tests.virtual_time import run

SOURCE = Source(b"key", b"value", (), NOW_MS)
REQUEST = SendRequest("r", number="+12025550123", content="hello")
HELD = Held(Dispatch(REQUEST, origin(), NOW_MS, "A", source=SOURCE), NOW_MS, contact_id("c"), contact_id("b"))
PARKED = Standing(Status.PARKED, NOW_MS, "00000000000000a1", origin(), "A", HELD.body)
REJECTED, SUBMITTED = PARKED._replace(status=Status.REJECTED), PARKED._replace(status=Status.SUBMITTED)


@dataclass
class InOrder:
    """Every topic, as one list of names."""

    written: list[str] = field(default_factory=list)
    back: list[Dispatch] = field(default_factory=list)

    async def event(self, event: MessageEvent) -> None:
        self.written.append(str(event.type))

    async def dead_letter(self, letter: DeadLetter) -> None:
        self.written.append("dead letter")

    async def parked(self, key: bytes, held: Held | None, attempt: str) -> None:
        self.written.append("tombstone" if held is None else "parked record")

    async def dispatch(self, dispatch: Dispatch) -> None:
        self.written.append("dispatch")
        self.back.append(dispatch)

    async def delay(self, *_: object) -> None:
        self.written.append("delay")


class NoContacts:
    """The contacts topic, which these tests leave alone."""

    async def write(self, binding: Binding, ledger_offset: int) -> None:
        raise AssertionError("no contact is written")

    async def reached(self, ledger_offset: int) -> None:
        raise AssertionError("nor how far they reach")


def ends(topics: InOrder) -> Ends:
    return Ends(topics, lambda: NOW_MS, lambda _: None)


@pytest.mark.parametrize(
    ("owe", "order"),
    [
        (Owe(REJECTED, EventType.REJECTED, False), ["dead letter", "REJECTED"]),
        (Owe(SUBMITTED, EventType.DUPLICATE, True), ["dead letter", "DUPLICATE"]),
        (Owe(PARKED, EventType.PARKED, False), ["parked record", "PARKED"]),
        (Owe(SUBMITTED, EventType.SUBMITTED, False), ["SUBMITTED"]),
    ],
)
def test_the_event_comes_last(owe: Owe, order: list[str]) -> None:
    """Its dead letter, or its parked record, is there before anybody reads of it; a kill in between repeats both."""
    topics = InOrder()
    run(ends(topics).owed(HELD, owe))

    assert topics.written == order


def test_the_event_of_a_refusal_comes_last() -> None:
    """The same for a record whose bytes alone refuse it."""
    topics = InOrder()
    event = refusal_event("r", Origin("sendblue.requests", 0, 1), "NUMBER_INVALID", NOW_MS)
    run(ends(topics).refused(SOURCE, origin(), "NUMBER_INVALID", event))

    assert topics.written == ["dead letter", "REJECTED"]


@pytest.mark.parametrize(
    ("end", "order"),
    [
        (submitted(intent("a1")), ["SUBMITTED", "tombstone"]),
        (resolve(intent("a1"), Resolution.DROP), ["dead letter", "DROPPED", "tombstone"]),
        (resolve(intent("a1"), Resolution.NOT_SENT), ["dispatch", "tombstone"]),
    ],
)
def test_a_parked_record_goes_last(end: LedgerRecord, order: list[str]) -> None:
    """Its end, or its way back to its line, is durable first: a kill in between would leave nobody who knows of it."""

    async def story() -> None:
        topics, log = InOrder(), Log()
        replica = Replica("P", log)
        log.replicas.append(replica)
        replica.restored.set()
        reconciler = Reconciler(replica, ends(topics), NoContacts(), lambda: 0.0, lambda _: None, log.end)
        attempt = intent("a1")._replace(request_time_ms=NOW_MS)
        for record in (attempt, park(attempt), end):
            log.land(record)
        reconciler.record(b"k", ParkedRecord(HELD, attempt.attempt))
        await reconciler.look()

        assert topics.written == order
        assert [log.replicas[0].next_offset] * len(topics.back) == [back.after_ledger for back in topics.back]

    run(story())


@pytest.mark.parametrize("request_id", ["r", None])
def test_what_the_bytes_refuse_has_its_end_like_all_others(request_id: str | None) -> None:
    """One disposition a record, also of one that is no request: else what came in would not add up."""
    told = list[Fact]()

    async def story() -> None:
        event = refusal_event(request_id, origin(), "UNDECODABLE", NOW_MS) if request_id else None
        await Ends(InOrder(), lambda: NOW_MS, told.append, "router").refused(SOURCE, origin(), "UNDECODABLE", event)

    run(story())
    settled = [(f.disposition, f.code, f.request_id, f.origin) for f in told if isinstance(f, MessageSettled)]

    assert settled == [("REJECTED", "UNDECODABLE", request_id or "", str(origin()))]


@pytest.mark.parametrize(("send_at_ms", "late_s"), [(None, 60.0), (NOW_MS + 30_000, 30.0), (NOW_MS - 5, 60.0)])
def test_a_scheduled_text_is_late_from_its_send_at_on(send_at_ms: int | None, late_s: float) -> None:
    """What waits because it was told to is not slow."""
    told = list[Fact]()
    dispatch = replace(HELD.dispatch, request=replace(REQUEST, send_at_ms=send_at_ms))
    end = Owe(SUBMITTED, EventType.SUBMITTED, False)
    run(Ends(InOrder(), lambda: NOW_MS + 60_000, told.append).owed(replace(HELD, dispatch=dispatch), end))

    assert [late_s] == [fact.seconds for fact in told if isinstance(fact, MessageSettled)]


@pytest.mark.parametrize("reason", Wait)
def test_every_wait_is_told_by_its_name_and_a_sentence(reason: Wait) -> None:
    """A record that hops says why; a wait without a sentence would stop its line."""
    told = list[MessageEvent]()

    class Told(InOrder):
        """Keeps the events."""

        async def event(self, event: MessageEvent) -> None:
            told.append(event)

    run(ends(Told()).defer(HELD, Defer(Delay.MINUTE, reason)))

    assert [(event.type, event.code) for event in told] == [(EventType.DEFERRED, reason.name)]
    assert told[0].reason


def test_what_sendblue_refused_says_what_to_do() -> None:
    """Its codes have sentences too; only what nobody documented has none of its own."""
    unverified, odd = sentence_of("CONTACT_NOT_VERIFIED"), sentence_of("4711")

    assert "text one of the lines first" in unverified
    assert "without a code that tells why" in odd


def test_every_try_that_is_not_taken_is_told() -> None:
    """By what was to be written; aloud only now and then."""

    class Full(InOrder):
        """Its dead-letter topic takes a record at the eleventh try."""

        tries = 0

        async def dead_letter(self, letter: DeadLetter) -> None:
            self.tries += 1
            if self.tries <= TOLD_EVERY:
                raise PublishFailed
            await super().dead_letter(letter)

    told = list[Fact]()
    run(Ends(Full(), lambda: NOW_MS, told.append, "router").refused(SOURCE, origin(), "UNDECODABLE", None))

    assert [fact for fact in told if isinstance(fact, PublishFailedOnce)] == [
        PublishFailedOnce("dead_letter")
    ] * TOLD_EVERY
    assert [fact for fact in told if isinstance(fact, PublishStuck)] == [PublishStuck("dead letter", TOLD_EVERY)]


@pytest.mark.parametrize("why", list(Wait))
async def test_every_reason_to_wait_has_its_sentence(why: Wait) -> None:
    """Whatever a record takes a hop for, its DEFERRED event says so."""
    topics = InOrder()
    await ends(topics).defer(HELD, Defer(Delay.MINUTE, why))

    assert "DEFERRED" in topics.written
