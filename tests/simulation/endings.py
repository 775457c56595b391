"""The oracle's second half: what became of every record of the requests topic (P2), and what was committed when.

Every event and every dead letter is looked at. A final disposition must be true: SUBMITTED only with a text of that
attempt; REJECTED only for what upstream, Sendblue or a binding gave cause for; EXPIRED only when it was time and
nothing was sent; DROPPED only after PARK. One to each origin, but for what a replay after a late proof, a redrive, or
72 h may add.
"""

from collections import defaultdict
from typing import TYPE_CHECKING, cast

from connector.core.events import FINAL_TYPES, MessageEvent
from connector.core.messages import Dispatch, EventType
from connector.core.orders import BY_ID, CancelRequest, CancelTag
from connector.core.requests import expires_ms
from connector.core.steps import Held
from connector.roles.ends import DEAD_LETTERED, DeadLetter
from tests.simulation.broker import DELAYS, EPOCH_MS, Entry
from tests.simulation.oracle import SKEW_MS

if TYPE_CHECKING:
    from connector.core.records import Intent
    from tests.simulation.messages import Message, Text
    from tests.simulation.world import World

AGE_S = 72 * 3600.0
BY_BYTES = frozenset({"NUMBER_INVALID", "EXPIRES_AT_TOO_EARLY", "FROM_NUMBER_MISSING"})
"""What the router says of one record, whatever became of another with the same id."""


FOR_A_DEAD_LETTER = frozenset({"OUT_OF_TIME", "TOO_OLD", "ID_REUSED", "operator", "policy", "expired"})
"""Reasons that are in no request's bytes; whatever an outage or a refused key brings is none."""


class Endings:
    """Watches the topics that requests end in."""

    def __init__(self, world: "World") -> None:
        self.world, self.oracle = world, world.oracle
        self.finals: dict[str, dict[tuple[EventType, str], float]] = defaultdict(dict)
        self.parked: dict[str, float] = {}
        self.letters: dict[str, set[str]] = defaultdict(set)
        self.dispatches: dict[str, list[Entry]] = defaultdict(list)
        self.parked_records: set[tuple[str, str]] = set()
        self.delayed: dict[str, list[Dispatch]] = defaultdict(list)
        broker = world.broker
        for topic in DELAYS:
            broker.listen(topic, self._delayed)
        broker.listen("events", self._event)
        broker.listen("dlq", self._letter)
        broker.listen("dispatch", self._dispatched)
        broker.listen("parked", self._parked)

    def committed_requests(self, partition: int, was: int, now: int) -> None:
        """8: what is committed has its end, or its dispatch record."""
        for offset in range(was, now):
            origin = f"requests/{partition}/{offset}"
            if not (origin in self.dispatches or origin in self.finals or origin in self.letters):
                self.oracle.wrong("8 commit", f"{origin} is committed and nowhere")

    def committed_dispatch(self, partition: int, was: int, now: int) -> None:
        """8: what is committed has its end, is parked, or went on to another line."""
        for entry in self.world.broker.log("dispatch", partition)[was:now]:
            dispatch: Dispatch = entry.value  # type: ignore[assignment]  # the dispatch topic holds these
            origin = str(dispatch.origin)
            onward = any(e.value.hops > dispatch.hops for e in self.dispatches[origin])  # type: ignore[attr-defined]
            onward = onward or any(d.deferrals > dispatch.deferrals for d in self.delayed.get(origin, ()))
            if not (origin in self.finals or origin in self.parked or onward):
                self.oracle.wrong("8 commit", f"{origin} on line {dispatch.line} is committed without its end")

    def committed_delay(self, topic: str, partition: int, was: int, now: int) -> None:
        """8: what is committed of a delay topic is on its line again."""
        for entry in self.world.broker.log(topic, partition)[was:now]:
            dispatch: Dispatch = entry.value  # type: ignore[assignment]  # the delay topics hold these
            if not any(e.value == dispatch for e in self.dispatches[str(dispatch.origin)]):
                self.oracle.wrong("8 commit", f"{dispatch.origin} is committed on {topic} and not on its line again")

    def _delayed(self, entry: Entry) -> None:
        dispatch: Dispatch = entry.value  # type: ignore[assignment]  # the delay topics hold these
        self.delayed[str(dispatch.origin)].append(dispatch)
        self.world.saw(f"a hop through {entry.topic}")

    def _dispatched(self, entry: Entry) -> None:
        dispatch: Dispatch = entry.value  # type: ignore[assignment]  # the dispatch topic holds these
        self.dispatches[str(dispatch.origin)].append(entry)
        self.world.moves.dispatched(dispatch)
        if dispatch.hops:
            self.world.saw("a hop to the bound line")

    def _parked(self, entry: Entry) -> None:
        if entry.value is not None:
            held, attempt = cast("tuple[Held, str]", entry.value)
            self.parked_records.add((str(held.dispatch.origin), attempt))

    def _letter(self, entry: Entry) -> None:
        letter = entry.value
        assert isinstance(letter, DeadLetter), "no callback of this world is unreadable"
        origin = str(letter.origin)
        self.letters[origin].add(letter.code)
        theirs = self.world.upstream.first_of(origin).removeprefix("requests/").encode()
        if letter.source.value != theirs:
            self.oracle.wrong("7 letter", f"{origin} is dead-lettered with other bytes: {letter.source.value!r}")
        if letter.code not in FOR_A_DEAD_LETTER | self.world.upstream.faults_of(origin):
            self.oracle.wrong("19 letter", f"{origin} is dead-lettered as {letter.code}, without cause")
        self.world.say(None, "dead letter", f"{letter.code} {origin}")

    def _event(self, entry: Entry) -> None:
        event: MessageEvent = entry.value  # type: ignore[assignment]  # the events topic holds these
        origin = event.request_origin or ""
        if event.type is EventType.PARKED:
            self.parked.setdefault(origin, self.world.scheduler.now)
            if (origin, event.attempt) not in self.parked_records:
                self.oracle.wrong("7 parked", f"{origin} is told parked and its record is not kept")
        if event.type in FINAL_TYPES:
            self.finals[origin].setdefault((event.type, event.attempt or ""), self.world.scheduler.now)
            self._true(event, origin)

    def _true(self, event: MessageEvent, origin: str) -> None:
        request_id, wrong = event.request_id or "", self.oracle.wrong
        if (event.type in DEAD_LETTERED or event.id_reused) and not self.letters[origin]:
            wrong("7 letter", f"{event.type} of {origin} is told before its dead letter")
        if event.id_reused:
            self.world.saw("an id used again")
        match event.type:
            case EventType.SUBMITTED:
                self._submitted(event, request_id)
            case EventType.REJECTED:
                self._rejected(event, request_id)
            case EventType.EXPIRED:
                self._expired(request_id, origin)
            case EventType.CANCELLED:
                self._cancelled(event, origin)
            case EventType.DUPLICATE:
                self.world.saw("a duplicate by another origin")

    def _submitted(self, event: MessageEvent, request_id: str) -> None:
        """Only by a text of that attempt; the design excepts one sent by hand that looks exactly like it."""
        message = self.world.sendblue.messages.get(event.message_handle or "")
        text = self.oracle.by_attempt.get(event.attempt or "")
        if message is not None and text is not None and message.text is text:
            return
        _, intent = self.oracle.granted.get(event.attempt or "", (0, None))
        if message is None or intent is None or not self._looks_like(message, intent):
            self.oracle.wrong("7 submitted", f"{request_id} by {event.attempt}, as {event.message_handle}")
        elif message.text is None:
            self.oracle.noted("7 a text sent by hand, taken for ours")
        else:
            self.oracle.noted("7 two texts alike, taken for each other")

    def _looks_like(self, message: "Message", intent: "Intent") -> bool:
        request = self.world.upstream.origins[str(intent.origin)]
        to = (message.request.number, message.request.content, message.line)
        return request is not None and to == (request.number, request.content, intent.line)

    def _cancelled(self, event: MessageEvent, origin: str) -> None:
        request = self.world.upstream.origins[origin]
        assert request is not None
        orders = [entry.value for entry in self.world.broker.log("control")]
        by_id = any(isinstance(o, CancelRequest) and o.request_id == request.request_id for o in orders)
        by_tag = any(isinstance(o, CancelTag) and request.tags.get(o.name) == o.value for o in orders)
        if not (by_id if event.code == BY_ID else by_tag):
            self.oracle.wrong("7 cancelled", f"{origin} as {event.code}, and nobody ordered it")
        if self._sent(request.request_id, origin) and not self.world.upstream.is_old(request.request_id):
            self.oracle.wrong("7 cancelled", f"{request.request_id} was sent")

    def _sent(self, request_id: str, origin: str) -> "list[Text]":
        """Texts of the request that had gone out, but by a later redrive."""
        number, granted = self.world.upstream.redrive_of(origin), self.oracle.granted
        texts = self.oracle.texts[request_id]
        known = [text for text in texts if not self.oracle.came_late(text.attempt)]
        return [text for text in known if granted[text.attempt][1].redrive <= number]

    def _rejected(self, event: MessageEvent, request_id: str) -> None:
        if event.code not in self.world.upstream.faults_of(event.request_origin or ""):
            self.oracle.wrong("7 rejected", f"{request_id} as {event.code}, without cause")
        if event.code in BY_BYTES or self.world.upstream.is_old(request_id):
            return
        if self._sent(request_id, event.request_origin or ""):
            self.oracle.wrong("7 rejected", f"{request_id} as {event.code}, and it was sent")

    def _expired(self, request_id: str, origin: str) -> None:
        now_ms = EPOCH_MS + int(self.world.scheduler.now * 1000)
        dispatches = [e.value for e in self.dispatches[origin] if isinstance(e.value, Dispatch)]
        if all(now_ms + SKEW_MS < expires_ms(dispatch) for dispatch in dispatches):
            self.oracle.wrong("7 expired", f"{request_id} before its time")
        if sent := self._sent(request_id, origin):
            age_s = self.world.scheduler.now - sent[-1].written_at
            if age_s > AGE_S:
                self.oracle.noted("7 EXPIRED by a replay more than 72 h after the end")
            elif self._used_again(sent[-1], origin):
                self.oracle.noted("7 EXPIRED of a record whose id another one used again, after 72 h")
            else:
                self.oracle.wrong("7 expired", f"{request_id} was sent")

    def _used_again(self, text: "Text", origin: str) -> bool:
        """Whether the text is another record's, and went when this one was too old to be sent."""
        theirs = str(self.oracle.granted[text.attempt][1].origin)
        return theirs != origin and text.written_at - (self.world.upstream.made_ms[origin] - EPOCH_MS) / 1000 > AGE_S

    def finish(self) -> None:
        """7 and 24: every origin has exactly one end."""
        for origin, request in self.world.upstream.origins.items():
            ends = list(self.finals.get(origin, {}).items())
            if not ends and not (request is None and self.letters[origin]):
                self.oracle.wrong("7 lost", f"{origin} has no end; parked: {origin in self.parked}")
            if len(ends) > 1 and not self._may_have_two(origin, ends):
                told = ", ".join(f"{kind} {attempt} at {at:.1f}" for (kind, attempt), at in ends)
                self.oracle.wrong("7 two ends", f"{origin}: {told}")
            for (kind, _), _ in ends:
                self.world.saw(f"ended {kind}")

    def _may_have_two(self, origin: str, ends: "list[tuple[tuple[EventType, str], float]]") -> bool:
        request = self.world.upstream.origins[origin]
        request_id = request.request_id if request else ""
        if request_id in self.world.operators.resolved:
            return True
        (_, first_at), ((last, _), last_at) = ends[0], ends[-1]
        if last is EventType.DUPLICATE and len(ends) == 2 and request_id in self.world.operators.redriven:
            return True  # a replay, after the redriven record had its own end
        if self.world.upstream.is_old(request_id, last_at):
            return True
        proved_at = self.oracle.submitted_at.get(request_id, -1.0)
        return last is EventType.SUBMITTED and len(ends) == 2 and proved_at > first_at - 60
