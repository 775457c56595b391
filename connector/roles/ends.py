"""What the end of a request owes to the world, made durable.

The ledger decides how a request ended; here that end becomes records: its event, its dead letter, its parked record.
Everything is published until it is acknowledged, dead letter before event, so that whoever reads the event finds the
bytes. A replay publishes the same again under the same ``event_id``.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import NamedTuple, Protocol

from connector.core.adoption import LEDGER_LOST
from connector.core.callbacks import Report
from connector.core.delays import Defer, Delay, Wait
from connector.core.events import (
    MessageEvent,
    disposition_event,
    duplicate_event,
    parked_event,
    rejected_event,
    submitted_event,
    waiting_event,
)
from connector.core.facts import (
    DeadLettered,
    MessageSettled,
    Observer,
    PublishFailedOnce,
    PublishStuck,
    RequestDeferred,
    RequestScheduled,
)
from connector.core.messages import Dispatch, Disposition, EventOrigin, EventType, Origin, Source
from connector.core.outcome_table import REFUSED_SENTENCE, SENTENCES
from connector.core.parking import parked_key
from connector.core.refusals import REFUSALS
from connector.core.requests import due_ms
from connector.core.standing import Standing, Status
from connector.core.steps import Held, Owe
from connector.core.traceparent import sampled_trace

RETRY_S = 0.5  # between attempts to publish while Kafka is away
TOLD_EVERY = 10  # tries after which it is said, and said again: from five seconds of refusals on
DEAD_LETTERED = frozenset({EventType.REJECTED, EventType.EXPIRED, EventType.DROPPED})
"""Ends whose bytes are kept, because a person may want to send them round again."""


class PublishFailed(Exception):  # noqa: N818 - says what is known: no acknowledgement; the record may still land
    """The record was not acknowledged in time."""


class PublishRefused(PublishFailed):
    """The brokers refuse this very record, by its size or its time: asking again helps only if that changes."""


class DeadLetter(NamedTuple):
    """An untouched record with the reason it ends here; ``stage`` is the role that refused it."""

    source: Source
    origin: Origin
    code: str
    sentence: str
    stage: str


class Topics(Protocol):
    """The topics that ends go to. Each call returns once acknowledged by all replicas, else raises PublishFailed."""

    async def event(self, event: MessageEvent) -> None:
        """Append to the events topic, keyed by request id."""

    async def dead_letter(self, letter: DeadLetter) -> None:
        """Append to the dead-letter topic."""

    async def parked(self, key: bytes, held: Held | None, attempt: str) -> None:
        """Write the parked record, or its tombstone for None."""

    async def dispatch(self, dispatch: Dispatch) -> None:
        """Append to the dispatch topic, on the partition of the record's line."""

    async def delay(self, delay: Delay, contact: bytes, dispatch: Dispatch) -> None:
        """Append to a delay topic, keyed by contact."""


async def surely(publish: Callable[[], Awaitable[None]], failed: Callable[[int], None]) -> None:
    """Publish until it is acknowledged, however long Kafka is away. ``failed`` hears the number of each try."""
    tries = 0
    while True:
        try:
            return await publish()
        except PublishFailed:
            failed(tries := tries + 1)
            await asyncio.sleep(RETRY_S)


def loudly(what: str, observe: Observer) -> Callable[[int], None]:
    """Tell of each try that was not taken, and say so aloud now and then."""

    def failed(tries: int) -> None:
        observe(PublishFailedOnce(what.replace(" ", "_")))
        if tries % TOLD_EVERY == 0:
            observe(PublishStuck(what, tries))

    return failed


class Ends:
    """Publishes ends until they are durable; ``now_ms`` reads the wall clock."""

    def __init__(self, topics: Topics, now_ms: Callable[[], int], observe: Observer, stage: str = "sender") -> None:
        self._topics, self._now_ms, self._observe, self._stage = topics, now_ms, observe, stage
        self._stuck: dict[object, str] = {}

    def stuck(self) -> list[str]:
        """What has not been acknowledged for a while, one sentence each; the offsets behind it wait with it."""
        kinds = sorted(set(self._stuck.values()))
        return [f"Kafka does not take a record ({what}, {self._stage}), so its partition waits" for what in kinds]

    async def owed(self, held: Held, owe: Owe, report: Report | None = None) -> None:
        """Publish all that this end owes."""
        letter = self._letter(held.dispatch, owe)
        if owe.event is EventType.PARKED:
            attempt = owe.standing.attempt or ""
            key = parked_key(held.dispatch.origin, attempt)
            await self._surely("parked record", lambda: self._topics.parked(key, held, attempt))
        if letter is not None:
            await self.dead_letter(letter)
        event = self._event(held.dispatch, owe, report)
        await self._surely("event", lambda: self._topics.event(event))
        self._observe(_settled(held.dispatch, event, self._now_ms()))

    async def refused(self, source: Source, origin: Origin, code: str, rejected: MessageEvent | None) -> None:
        """A record whose bytes alone refuse it: the dead letter, and a REJECTED event where it has a request id."""
        await self.dead_letter(DeadLetter(source, origin, code, sentence_of(code), self._stage))
        if rejected is not None:
            await self._surely("event", lambda: self._topics.event(rejected))
        shown = rejected.request_id if rejected is not None else None
        self._observe(MessageSettled("REJECTED", code, "", shown or "", "", str(origin), 0.0))

    async def event(self, event: MessageEvent) -> None:
        """Append an event that is no request's end."""
        await self._surely("event", lambda: self._topics.event(event))

    async def hop(self, dispatch: Dispatch, line: str) -> None:
        """Move the record to another line's partition."""
        moved = replace(dispatch, line=line, hops=dispatch.hops + 1)
        await self._surely("dispatch", lambda: self._topics.dispatch(moved))

    async def dispatch(self, dispatch: Dispatch) -> None:
        """Append the record to its line's partition."""
        await self._surely("dispatch", lambda: self._topics.dispatch(dispatch))

    async def defer(self, held: Held, step: Defer) -> None:
        """Send the record through a delay topic; the first time, say so. All at once: a thousand may be scheduled."""
        dispatch, why = held.dispatch, step.reason
        deferred = replace(dispatch, deferrals=dispatch.deferrals + 1)
        moving = self._surely("delay", lambda: self._topics.delay(step.delay, held.contact, deferred))
        if dispatch.deferrals:
            await moving
        elif why is Wait.SCHEDULED and dispatch.request.send_at_ms is not None:
            await asyncio.gather(moving, self._waits(EventType.DEFERRED, dispatch, why), self.scheduled(held))
        else:
            await asyncio.gather(moving, self._waits(EventType.DEFERRED, dispatch, why))
        self._observe(RequestDeferred(dispatch.line, str(step.delay), why.name))

    async def scheduled(self, held: Held) -> None:
        """Say that the request waits for its send_at."""
        await self._waits(EventType.SCHEDULED, held.dispatch, Wait.SCHEDULED)
        self._observe(RequestScheduled(held.dispatch.line))

    async def _waits(self, type_: EventType, dispatch: Dispatch, why: Wait) -> None:
        event = waiting_event(type_, dispatch, why.name, _WAITS[why], self._now_ms())
        await self._surely("event", lambda: self._topics.event(event))

    async def unpark(self, held: Held, attempt: str) -> None:
        """Write the tombstone of a parked record whose end is published."""
        key = parked_key(held.dispatch.origin, attempt)
        await self._surely("parked record", lambda: self._topics.parked(key, None, attempt))

    async def dead_letter(self, letter: DeadLetter) -> None:
        """Append a dead letter."""
        await self._surely("dead letter", lambda: self._topics.dead_letter(letter))
        self._observe(DeadLettered(letter.code))

    async def _surely(self, what: str, publish: Callable[[], Awaitable[None]]) -> None:
        """``surely``, and loudly; who waits does not move its offset meanwhile."""
        this, tell = object(), loudly(what, self._observe)

        def failed(tries: int) -> None:
            tell(tries)
            if tries >= TOLD_EVERY:
                self._stuck[this] = what

        try:
            await surely(publish, failed)
        finally:
            self._stuck.pop(this, None)

    def _letter(self, dispatch: Dispatch, owe: Owe) -> DeadLetter | None:
        if owe.event in DEAD_LETTERED:
            code = _code(owe)
        elif owe.id_reused:
            code = "ID_REUSED"
        else:
            return None
        return DeadLetter(dispatch.source, dispatch.origin, code, sentence_of(code), self._stage)

    def _event(self, dispatch: Dispatch, owe: Owe, report: Report | None) -> MessageEvent:
        standing, at_ms = owe.standing, self._now_ms()
        attempt = standing.attempt or ""
        match owe.event:
            case EventType.SUBMITTED:
                origin = EventOrigin.API if report else EventOrigin.CONNECTOR
                return submitted_event(dispatch, attempt, standing.detail, report, at_ms, origin=origin)
            case EventType.DUPLICATE:
                handle = standing.detail if standing.status is Status.SUBMITTED else None
                return duplicate_event(dispatch, _disposition(standing), handle, at_ms, id_reused=owe.id_reused)
            case EventType.PARKED:
                code = standing.detail or IN_DOUBT
                return parked_event(dispatch, attempt, code, sentence_of(code), at_ms)
            case _:
                code = _code(owe)
                return disposition_event(owe.event, dispatch, standing.attempt, code, sentence_of(code), at_ms)


IN_DOUBT, OPERATOR = "IN_DOUBT", "operator"
_DECIDES = "a person decides, or it is dropped after 71 hours"
_WAITS = {
    Wait.SCHEDULED: "the request waits for its send_at",
    Wait.QUIET: "it is night where the recipient may be",
    Wait.OPEN: "another attempt of this request is under way",
    Wait.IN_DOUBT: "nobody knows yet whether the text went out",
    Wait.PARKED: "another request with this id is parked",
    Wait.BUSY: "another text to this contact is under way or in doubt",
    Wait.BEHIND: "an earlier request to this contact comes first",
    Wait.HELD: "an earlier request to this contact is held",
    Wait.MOVED: "the contact seems to hear from another line than this record is on",
    Wait.NEW: "the contact is new, and its line may text no more new ones for now",
    Wait.LINE: "the line is blocked and its queue is long",
    Wait.SUSPECTED: "the account was stopped when it was tried; others go first",
    Wait.LEDGER: "this replica has not read the ledger far enough to judge it",
    Wait.SERVICE: "Sendblue has not said yet whether the contact has iMessage",
    Wait.MEDIA: "the file behind media_url has not been uploaded yet",
    Wait.PAUSED: "an operator has paused its line, or everything, and the queue is long",
    Wait.TAG_PAUSED: "an operator has paused all requests with one of its tags",
    Wait.FUSE: "its contact gets too many texts, or its text goes to too many contacts",
}
_SENTENCES = {
    IN_DOUBT: f"nobody can prove whether the text went out; {_DECIDES}",
    LEDGER_LOST: f"it may have been sent under a ledger that is lost; {_DECIDES}",
    OPERATOR: "the attempt stayed in doubt and a person decided to drop it",
    "ID_REUSED": "this request_id was used before for another message; a corrected request needs a new id",
    "policy": "the attempt stayed in doubt and the request's policy is to drop it",
    "expired": "the attempt stayed in doubt and nobody resolved it for 71 hours",
}


def sentence_of(code: str) -> str:
    """The sentence for a code of ours, or of Sendblue's; for one that nobody documented, that Sendblue refused."""
    return REFUSALS.get(code) or _SENTENCES.get(code) or SENTENCES.get(code) or REFUSED_SENTENCE


def _code(owe: Owe) -> str:
    """Of a DROPPED the detail is who dropped it: a person's name stays in the ledger."""
    code = owe.standing.detail or str(owe.event)
    return code if owe.event is not EventType.DROPPED or code in _SENTENCES else OPERATOR


def refusal_event(request_id: str | None, origin: Origin, code: str, at_ms: int) -> MessageEvent:
    """The REJECTED event of a record that the router refuses."""
    return rejected_event(request_id, origin, code, sentence_of(code), at_ms)


def _disposition(standing: Standing) -> Disposition:
    if standing.status is Status.SUBMITTED:
        return Disposition.SUBMITTED
    return standing.disposition or Disposition.REJECTED


def _settled(dispatch: Dispatch, event: MessageEvent, now_ms: int) -> MessageSettled:
    return MessageSettled(
        disposition=str(event.type),
        code=event.code or "",
        line=dispatch.line,
        request_id=dispatch.request.request_id,
        attempt=event.attempt or "",
        origin=str(dispatch.origin),
        seconds=max(now_ms - due_ms(dispatch), 0) / 1000,
        trace_id=sampled_trace(dispatch.traceparent),
    )
