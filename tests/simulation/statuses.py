"""What was told of messages, against their stories (docs/reliability.md, "Invariants", by its numbers).

12: a status is told only if Sendblue has said it, with its attempt or none. 13: by whoever, under one id. 14: the view
that consumers are told to keep (docs/consumers.md) never goes back in a message's story. 15: each submitted message has
its end, or STATUS_TIMEOUT, within a day, and none is given up that had ended, unless who gave it up had asked and was
not answered. And the audit names no message of ours that everybody knows.
"""

from typing import TYPE_CHECKING

from connector.core.auditing import Kind
from connector.core.events import MessageEvent
from connector.core.facts import AuditFound, Fact
from connector.core.messages import EventOrigin, EventType
from connector.core.statuses import rank
from tests.simulation.broker import Entry
from tests.simulation.messages import Message, ms_of, seconds_of

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

DAY_S = 24 * 3600.0
SOON_S = 5400.0  # after a day: the watch looks once an hour, and a process may have to take over first
LISTED_WITHIN_S = 60.0  # a list that lags more than this is more than the sweep promises to cope with
KNOWN_FOR_S = 29 * 3600.0  # of an older row nobody can say any more whose it is


class Statuses:
    """Watches what is told of messages."""

    def __init__(self, world: "World") -> None:
        self.world, self.oracle = world, world.oracle
        self.submitted: dict[str, float] = {}
        self.begun: dict[str, float] = {}
        self.ended: set[str] = set()
        self.given_up: set[str] = set()
        self.found: dict[str, str] = {}
        self._unanswered: set[tuple[Process, str]] = set()
        self._ids: dict[tuple[str, str], str] = {}
        self._views: dict[str, MessageEvent] = {}
        world.broker.listen("events", self._event)

    def told(self, process: "Process", fact: Fact) -> None:
        """What the audit says."""
        if not isinstance(fact, AuditFound):
            return
        message = self.world.sendblue.messages[fact.handle]
        self.found[fact.handle] = fact.finding
        if fact.finding == Kind.MISSING:
            if message.visible_at - message.made_at <= LISTED_WITHIN_S and self.world.plan.calm:
                self.oracle.wrong("audit", f"{process} misses {fact.handle}, which is in the list")
        elif message.text is None:
            self.world.saw(f"the audit found a {fact.finding}")
        elif self.submitted.get(fact.handle, self.world.scheduler.now) > self.world.scheduler.now - LISTED_WITHIN_S:
            self.world.saw("the audit found a text that the ledger does not know")
        else:
            self.oracle.wrong("audit", f"{process} takes {fact.handle} of {message.text.attempt} for {fact.finding}")

    def looked_up(self, process: "Process", handle: str, *, answered: bool) -> None:
        """A process asked what became of a message."""
        if answered:
            self._unanswered.discard((process, handle))
        else:
            self._unanswered.add((process, handle))

    def _event(self, entry: Entry) -> None:
        event: MessageEvent = entry.value  # type: ignore[assignment]  # the events topic holds these
        handle = event.message_handle or ""
        match event.type:
            case EventType.SUBMITTED:
                self.submitted.setdefault(handle, self.world.scheduler.now)
                self._begin(event, handle)
            case EventType.STATUS_TIMEOUT:
                self._given_up(event, handle)
            case EventType.STATUS:
                self._said(event, handle)
        if event.status is not None and handle in self.world.sendblue.messages:
            self._viewed(event, handle)

    def _said(self, event: MessageEvent, handle: str) -> None:
        """12 and 13: word for word, of the right attempt, under one id."""
        message = self.world.sendblue.messages.get(handle)
        if message is None or self._place(event, message) is None:
            return self.oracle.wrong("12 event", f"{event.origin} tells {event.status} of {handle}, which it never was")
        if not self._is_about(event, message):
            return self.oracle.wrong("12 event", f"{event.origin} tells {handle} of {event.request_id}")
        if self._ids.setdefault((handle, event.status or ""), event.event_id) != event.event_id:
            self.oracle.wrong("13 event id", f"{event.status} of {handle} is told under two ids")
        if event.request_id is not None:
            self._begin(event, handle)
        if event.terminal:
            self.ended.add(handle)
        if event.origin is EventOrigin.SWEEP:
            self.world.saw("a status without its request" if event.request_id is None else "a status by the sweep")
        return None

    def _begin(self, event: MessageEvent, handle: str) -> None:
        """The day counts from when the connector learned of it, which may be long before the event landed."""
        self.begun[handle] = min(self.begun.get(handle, self.world.scheduler.now), seconds_of(event.received_at_ms))

    def _is_about(self, event: MessageEvent, message: Message) -> bool:
        told, by_sweep = (event.request_id, event.attempt), event.origin is EventOrigin.SWEEP
        if by_sweep and told == (None, None):
            known = message.text is not None or message.handle in self.submitted
            return known or self.world.scheduler.now - message.made_at > KNOWN_FOR_S
        if by_sweep and message.handle in self.submitted:
            return True  # as its SUBMITTED has it, which is looked at elsewhere
        text = message.text
        return text is not None and told == (text.dispatch.request.request_id, text.attempt)

    def _place(self, event: MessageEvent, message: Message) -> int | None:
        """Where in the story the event is, None where nowhere."""
        report = event.report
        assert report is not None, "a status has a report"
        said = (report.status, report.error_code, report.date_updated_ms)
        places = (n for n, m in enumerate(message.story) if said == (m.status, m.error_code, ms_of(m.at)))
        return next(places, None)

    def _viewed(self, event: MessageEvent, handle: str) -> None:
        """14: as the query of docs/consumers.md orders them."""
        before = self._views.get(handle)
        if before is not None and _precedence(event) <= _precedence(before):
            return
        self._views[handle] = event
        message = self.world.sendblue.messages[handle]
        now, was = (self._place(e, message) for e in (event, before or event))
        if now is not None and was is not None and now < was:
            self.oracle.wrong("14 view", f"{handle} goes back to {event.status}")

    def _given_up(self, event: MessageEvent, handle: str) -> None:
        """15: not before a day has passed, and not what the look-up could have shown to have ended.

        Who got no answer may have been frozen before it gave up, and the world is calm by then. That the end was told
        counts as little: a replay makes a message outstanding again that ended longer ago than anybody remembers.
        """
        now, message = self.world.scheduler.now, self.world.sendblue.messages.get(handle)
        self.world.saw("STATUS_TIMEOUT")
        self.given_up.add(handle)
        if message is None or now - self.begun.get(handle, now) < DAY_S - 10:
            return self.oracle.wrong("15 given up", f"{handle} too early, for {event.request_id}")
        if not message.report(now - LISTED_WITHIN_S).terminal:
            return None
        if any(asked == handle for _, asked in self._unanswered):
            return self.world.saw("given up without an answer, though it had ended")
        return self.oracle.wrong("15 given up", f"{handle}, which had ended")

    def finish(self) -> None:
        """15, when all days have been watched: what is older than a day has its end. And the audit saw all echoes."""
        for handle, at in self.begun.items():
            old = self.world.scheduler.now - at > DAY_S + SOON_S
            if old and handle not in self.ended and handle not in self.given_up:
                self.oracle.wrong("15 outstanding", f"{handle}, first told of at {at:.1f}, has no end")
        for handle in self.world.operators.echoes:
            if handle not in self.found and handle not in self.submitted:
                self.oracle.wrong("audit", f"{handle}, sent by hand, is not found")


def _precedence(event: MessageEvent) -> tuple[bool, bool, int, int]:
    place = rank(event.status or "")
    return (event.terminal, not event.out_of_order, -1 if place is None else place, event.occurred_at_ms)
