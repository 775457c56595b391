"""What the reconciler knows of our messages: read back from the events topic, and nowhere else.

A message is *outstanding* from its first event until a terminal status or STATUS_TIMEOUT. Outstanding ones are kept
whole; of the others, for a day, 8 bytes of the handle and 8 of how it ended. So it is known of every row of Sendblue's
list whether it is ours and whether it says something new, in memory that a million messages a day do not fill.
Whatever is published is learned again from the topic, where it may come late, twice, or from another replica.

A status of an outstanding message is looked up by its handle when it is ten minutes old, an hour, six hours, and a day:
the sweep finds changes, the look-up what the sweep did not see. After the last one the message is given up.

What is ugly: a message that is no longer outstanding has lost its request. A late change of it (an SMS that is
DELIVERED after all) is published without a request_id, to be joined by its handle. And a replay of the SUBMITTED of one
that ended longer ago than is kept makes it outstanding again: its status is looked up and told again under the same id,
or, if Sendblue cannot be reached for a day, STATUS_TIMEOUT after its end. To leave it out by its age would lose the end
of one whose SUBMITTED is told late for the first time.
"""

import heapq
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from connector.core.events import MessageEvent
from connector.core.handles import Handles, short
from connector.core.messages import EventOrigin, EventType
from connector.core.statuses import Seen, progress
from connector.core.tokens import Claim

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
READ_BACK_MS = 30 * HOUR_MS
"""How much of the events topic is read back: a day, and as long as the reconciler may be down without leaving messages
behind that nobody gives up."""
LOOK_UP_AT_MS = (10 * MINUTE_MS, HOUR_MS, 6 * HOUR_MS, 24 * HOUR_MS)
"""Ages at which an outstanding message is looked up."""
LOOK_AGAIN_MS = MINUTE_MS
"""After a look-up that brought no answer."""
LONGEST_MS = READ_BACK_MS - HOUR_MS
"""A message is given up at this age even without an answer: soon nobody would know it any more."""
MOST_LOOKED_UP = 300
"""Outstanding messages that are left to look-ups at the start; for more of them the list is read from further back,
which brings a hundred with each request."""
RECENT_MS = 10 * MINUTE_MS
"""How long the ids of all events are kept, so that a row of the last minutes is never told again."""
SPAN_MS, SPANS = 2 * HOUR_MS, 16


class Told(NamedTuple):
    """An event of a message, as read back. ``at_ms``: when the connector learned of it.

    ``hearsay``: an account webhook told it, of a message it could not tie to a request.
    """

    event_id: str
    type: str
    handle: str
    at_ms: int
    request_id: str | None = None
    attempt: str | None = None
    line: str | None = None
    seen: Seen | None = None
    code: str | None = None
    hearsay: bool = False

    @property
    def end(self) -> int:
        """What is remembered of a message that ended so."""
        return end_of(self.seen.status if self.seen else self.type, self.code)


@dataclass(frozen=True, slots=True)
class Message:
    """An outstanding message. ``since_ms``: its first event; ``due_ms``: of the next look-up; ``word``: the last event
    id's 8 bytes."""

    request_id: str
    attempt: str
    line: str | None
    since_ms: int
    seen: Seen | None
    word: int
    looks: int = 0

    @property
    def due_ms(self) -> int:
        """When it is to be looked up next."""
        return self.since_ms + LOOK_UP_AT_MS[min(self.looks, len(LOOK_UP_AT_MS) - 1)]


def end_of(status: str, code: str | None) -> int:
    """The 8 bytes of an end: a date that changes later makes no other end of it."""
    return short(f"{status} {code or ''}")


class Known(StrEnum):
    """How much of a handle is known."""

    OUTSTANDING = "outstanding"
    FINISHED = "finished"
    UNKNOWN = "unknown"


class Outstanding:
    """All messages of the last day. Times are milliseconds of our clock, but those in ``Seen``."""

    def __init__(self) -> None:
        self._messages: dict[str, Message] = {}
        self._finished = Handles(SPAN_MS, SPANS)
        self._recent = Handles(RECENT_MS, 2)
        self._due: list[tuple[int, str]] = []
        self._now_ms = 0

    def __len__(self) -> int:
        return len(self._messages)

    @property
    def finished(self) -> int:
        """How many messages of the last day are not outstanding any more."""
        return len(self._finished)

    def learn(self, told: Told) -> None:
        """Take an event of a message, in whatever order."""
        self._now_ms = max(self._now_ms, told.at_ms)
        if told.hearsay and self.knows(told.handle) is Known.UNKNOWN:
            return None  # the account tells of everybody's messages, and of ours before we know them
        if told.at_ms > self._now_ms - RECENT_MS:
            self._recent.put(short(told.event_id), 1, told.at_ms)
        message, key = self._messages.get(told.handle), short(told.handle)
        if message is None and (told.request_id is None or self._finished.get(key) is not None):
            return self._known(key, told)
        message = message or self._begun(told)
        latest = _latest(message.seen, told.seen)
        if told.type == EventType.STATUS_TIMEOUT or (latest is not None and latest.terminal):
            self._messages.pop(told.handle, None)
            self._trim()
            return self._finished.put(key, told.end, told.at_ms)
        changed = latest is not message.seen
        self._messages[told.handle] = replace(
            message,
            seen=latest,
            word=short(told.event_id) if changed else message.word,
            line=message.line or told.line,
            since_ms=min(message.since_ms, told.at_ms),
        )
        return None

    def knows(self, handle: str) -> Known:
        """Whether a message is ours, and how much of it is kept."""
        if handle in self._messages:
            return Known.OUTSTANDING
        return Known.UNKNOWN if self._finished.get(short(handle)) is None else Known.FINISHED

    def message(self, handle: str) -> Message | None:
        """Return an outstanding message."""
        return self._messages.get(handle)

    def claim(self, handle: str) -> Claim | None:
        """Return the request and attempt of an outstanding message."""
        message = self._messages.get(handle)
        return None if message is None else Claim(message.request_id, message.attempt, 0)

    def is_news(self, handle: str, event_id: str, end: int | None) -> bool:
        """Whether an event says something that none has said; ``end``: of a terminal status, None for another one.

        Of a message that is not outstanding only another end is news.
        """
        if self._recent.get(short(event_id)) is not None:
            return False
        if (message := self._messages.get(handle)) is not None:
            return short(event_id) != message.word
        finished = self._finished.get(short(handle))
        return finished is None or (end is not None and end != finished)

    def due(self, now_ms: int) -> str | None:
        """Return the handle whose look-up is due first, None while none is; it stays due until ``looked``."""
        while self._due and self._due[0][0] <= now_ms:
            due_ms, handle = self._due[0]
            message = self._messages.get(handle)
            if message is not None and message.due_ms <= now_ms:
                return handle
            heapq.heappop(self._due)
            if message is not None and message.due_ms > due_ms:
                heapq.heappush(self._due, (message.due_ms, handle))
        return None

    def looked(self, handle: str, now_ms: int, *, answered: bool) -> bool:
        """A look-up ended. True when it was the last one and the message is to be given up.

        Without an answer the same look-up is due again a minute later, up to LONGEST_MS.
        """
        message = self._messages.get(handle)
        if self._due and self._due[0][1] == handle:
            heapq.heappop(self._due)
        if message is None:
            return False
        if not answered:
            heapq.heappush(self._due, (now_ms + LOOK_AGAIN_MS, handle))
            return now_ms - message.since_ms >= LONGEST_MS
        passed = sum(message.since_ms + at <= now_ms for at in LOOK_UP_AT_MS)
        looked = self._messages[handle] = replace(message, looks=max(passed, message.looks + 1))
        if looked.looks >= len(LOOK_UP_AT_MS):
            heapq.heappush(self._due, (now_ms + LOOK_AGAIN_MS, handle))
            return True
        heapq.heappush(self._due, (looked.due_ms, handle))
        return False

    def place_ms(self, now_ms: int) -> int:
        """Where the first sweep begins: what a long outage left is brought by the list, the rest by look-ups."""
        words = sorted(
            (message.seen.date_updated_ms if message.seen else None) or message.since_ms
            for message in self._messages.values()
        )[MOST_LOOKED_UP:]
        return max(min(words, default=now_ms), now_ms - READ_BACK_MS)

    def _begun(self, told: Told) -> Message:
        heapq.heappush(self._due, (told.at_ms + LOOK_UP_AT_MS[0], told.handle))
        return Message(told.request_id or "", told.attempt or "", told.line, told.at_ms, None, short(told.event_id))

    def _trim(self) -> None:
        """Nobody asks what is due while a day is read back, and most of it has ended."""
        while self._due and self._due[0][1] not in self._messages:
            heapq.heappop(self._due)

    def _known(self, key: int, told: Told) -> None:
        """A message that is not outstanding: of its events the last terminal one counts, else the last one."""
        ends = told.seen is not None and told.seen.terminal
        if ends or (told.request_id is None and told.type == EventType.STATUS):
            self._finished.put(key, told.end, told.at_ms)


def told_by(event: MessageEvent) -> Told | None:
    """What an event tells of a message, None where it names none."""
    if event.message_handle is None:
        return None
    report = event.report
    return Told(
        event.event_id,
        event.type,
        event.message_handle,
        event.received_at_ms,
        event.request_id,
        event.attempt,
        event.line,
        report.seen if report else None,
        report.error_code if report else None,
        hearsay_of(event.request_id, event.origin),
    )


def hearsay_of(request_id: str | None, origin: str) -> bool:
    """Whether an event is an account webhook's word on a message of nobody known: a callback's names a request."""
    return request_id is None and origin == EventOrigin.CALLBACK


def _latest(before: Seen | None, now: Seen | None) -> Seen | None:
    return before if now is None else progress(before, now).latest
