"""What Sendblue says of a message, whoever brought it: one event for each thing said, in the order of their coming.

Exact repeats are dropped only after a successful publish. A callback names its request and an account webhook may not
be able to, so one event is told again when the second word on it knows more.
"""

from collections import OrderedDict
from typing import Protocol, TypeVar

from connector.core.callbacks import Report
from connector.core.delivery import delivered_after_s
from connector.core.events import MessageEvent, status_event
from connector.core.facts import CallbackAnswered
from connector.core.statuses import Seen, progress
from connector.core.tokens import Claim

REMEMBERED = 100_000  # event ids and handles kept against repeats: about 20 MB

V = TypeVar("V")


class EventTopic(Protocol):
    """The events topic."""

    async def event(self, event: MessageEvent) -> None:
        """Append; returns once acknowledged, else raises an exception of the publisher."""


class StatusReports:
    """STATUS events of this process's ingress."""

    def __init__(self, topic: EventTopic) -> None:
        self._topic = topic
        self._published: OrderedDict[str, bool] = OrderedDict()
        self._last: OrderedDict[str, Seen] = OrderedDict()

    def event(self, report: Report, claim: Claim | None, now_ms: int) -> MessageEvent:
        """The event of a report; ``claim`` is None where nobody knows the request."""
        return status_event(report, claim, progress(self._last.get(_message(report, claim)), report.seen), now_ms)

    def is_repeat(self, event: MessageEvent) -> bool:
        """Whether it was published before, with its request if this one has it."""
        named = self._published.get(event.event_id)
        return named is not None and (named or event.request_id is None)

    async def publish(self, event: MessageEvent, report: Report, claim: Claim | None) -> None:
        """Append it. Raises what the topic raises."""
        await self._topic.event(event)
        remember(self._published, event.event_id, event.request_id is not None, REMEMBERED)
        # asked again: another report of this message may have become durable meanwhile
        message = _message(report, claim)
        remember(self._last, message, progress(self._last.get(message), report.seen).latest, REMEMBERED)


def answered(result: str, report: Report | None, seconds: float) -> CallbackAnswered:
    """The fact of a report that was answered, ``None`` for one that could not be read."""
    if report is None:
        return CallbackAnswered(result, "", "", "", seconds)
    return CallbackAnswered(
        result,
        report.status,
        report.service or "",
        report.error_code or "",
        seconds,
        delivered_after_s(report),
        report.fell_back,
    )


def _message(report: Report, claim: Claim | None) -> str:
    return report.message_handle or (claim.attempt if claim else "")


def remember(memory: "OrderedDict[str, V]", key: str, value: V, most: int) -> None:
    """Put it last, and forget what was put longest ago."""
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > most:
        memory.popitem(last=False)
