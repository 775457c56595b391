"""The ingress: every status callback becomes an event, and is answered 2xx only once that event is durable.

Verify, parse, append the proof if the ledger lacks it, publish, answer. Our own trouble is 503 with Retry-After, at
once while no broker is known to be reachable; never a 4xx, never an early 2xx, never 410 (Sendblue might forget us).
Exact repeats are dropped only after a successful publish.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import NamedTuple, Protocol, TypeVar

from connector.core.callbacks import Report, Unreadable, parse
from connector.core.delivery import delivered_after_s
from connector.core.events import MessageEvent, status_event
from connector.core.facts import CallbackAnswered, Observer
from connector.core.records import Outcome, Result
from connector.core.statuses import Seen, progress
from connector.core.tokens import Claim, Ring, is_stale, verify
from connector.roles.replica import AppendFailed, LedgerLog, Replica

PUBLISH_S = 5.0  # Sendblue waits 45 s for us; what is not durable by now is asked for again
RETRY_AFTER_S = 5
REMEMBERED = 100_000  # event ids and handles kept against repeats: about 20 MB


V = TypeVar("V")


class Reply(NamedTuple):
    """The HTTP answer: a status, and the Retry-After of a 503."""

    status: int
    retry_after_s: int | None = None


OK = Reply(200)
FORGED = Reply(401)
LATER = Reply(503, RETRY_AFTER_S)


class Outlet(Protocol):
    """Where callbacks go; each call returns once acknowledged, else raises an exception of the publisher."""

    def is_up(self) -> bool:
        """False while no broker is known to be reachable."""

    async def event(self, event: MessageEvent) -> None:
        """Append to the events topic."""

    async def unreadable(self, body: bytes, request_id: str, reason: str) -> None:
        """Append the raw body to the dead-letter topic."""


class Ingress:
    """Answers callbacks; ``decode`` reads JSON and raises ValueError, ``failed`` are the publisher's exceptions.

    ``ring`` is asked for each callback, so that a new key is accepted, and a retired one is not, without a restart.
    """

    def __init__(
        self,
        ring: Callable[[], Ring],
        replica: Replica,
        log: LedgerLog,
        outlet: Outlet,
        decode: Callable[[bytes], object],
        now_ms: Callable[[], int],
        observe: Observer,
        failed: tuple[type[Exception], ...],
        publish_s: float = PUBLISH_S,
    ) -> None:
        self._ring, self._replica, self._log, self._outlet = ring, replica, log, outlet
        self._decode, self._now_ms, self._observe = decode, now_ms, observe
        self._failed: tuple[type[Exception], ...] = (*failed, AppendFailed, TimeoutError)
        self._publish_s = publish_s
        self._published: OrderedDict[str, None] = OrderedDict()
        self._last: OrderedDict[str, Seen] = OrderedDict()

    async def accept(self, token: str, body: bytes) -> Reply:
        """Answer one callback."""
        began = self._now_ms()
        claim = verify(self._ring(), token)
        if claim is None:
            return self._answered(FORGED, "forged", None, began)
        if not self._outlet.is_up():
            return self._answered(LATER, "refused", None, began)
        try:
            async with asyncio.timeout(self._publish_s):
                return await self._take(claim, body, began)
        except self._failed:
            return self._answered(LATER, "refused", None, began)

    async def _take(self, claim: Claim, body: bytes, began: int) -> Reply:
        try:
            report = parse(self._decode(body))
        except Unreadable as error:
            return await self._unreadable(claim, body, error.reason, began)
        except (ValueError, RecursionError):
            return await self._unreadable(claim, body, "NOT_JSON", began)
        message = report.message_handle or claim.attempt
        flags = progress(self._last.get(message), report.seen)
        event = status_event(report, claim, flags, began)
        if event.event_id in self._published:
            return self._answered(OK, "repeated", report, began)
        await self._prove(claim, report, began)
        await self._outlet.event(event)
        _remember(self._published, event.event_id, None)
        # asked again: another callback of this message may have become durable meanwhile
        _remember(self._last, message, progress(self._last.get(message), report.seen).latest)
        return self._answered(OK, "accepted", report, began)

    async def _prove(self, claim: Claim, report: Report, now_ms: int) -> None:
        """A callback on an attempt's own URL proves it sent: the ledger must hold that, unless it is too old."""
        if not report.message_handle or is_stale(claim, now_ms):
            return
        if self._replica.fold.is_submitted(claim.request_id, claim.attempt):
            return
        live = self._replica.views.attempt(claim.attempt)
        line, contact = (live.line, live.contact) if live else ("", b"")
        handle = report.message_handle
        await self._log.append(
            Outcome(claim.attempt, claim.request_id, line, contact, Result.SUBMITTED, handle, "callback")
        )

    async def _unreadable(self, claim: Claim, body: bytes, reason: str, began: int) -> Reply:
        await self._outlet.unreadable(body, claim.request_id, reason)
        return self._answered(OK, "unreadable", None, began)

    def _answered(self, reply: Reply, result: str, report: Report | None, began: int) -> Reply:
        status, service = (report.status, report.service or "") if report else ("", "")
        code = (report.error_code if report else None) or ""
        seconds = max(self._now_ms() - began, 0) / 1000
        delivered_s, fell_back = (
            (delivered_after_s(report), report.terminal and report.downgraded) if report else (None, False)
        )
        self._observe(CallbackAnswered(result, status, service, code, seconds, delivered_s, fell_back))
        return reply


def _remember(memory: "OrderedDict[str, V]", key: str, value: V) -> None:
    memory[key] = value
    memory.move_to_end(key)
    if len(memory) > REMEMBERED:
        memory.popitem(last=False)
