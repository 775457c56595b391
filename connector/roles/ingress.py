"""The ingress: every status callback becomes an event, and is answered 2xx only once that event is durable.

Verify, parse, append the proof if the ledger lacks it, publish, answer. Our own trouble is 503 with Retry-After, at
once while no broker is known to be reachable; never a 4xx, never an early 2xx, never 410 (Sendblue might forget us).
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import NamedTuple, Protocol

from connector.core.callbacks import Report, Unreadable, parse
from connector.core.events import MessageEvent
from connector.core.facts import Observer
from connector.core.records import Outcome, Result
from connector.core.tokens import Claim, Ring, is_stale, verify
from connector.roles.replica import AppendFailed, LedgerLog, Replica
from connector.roles.status_reports import StatusReports, answered

PUBLISH_S = 5.0  # Sendblue waits 45 s for us; what is not durable by now is asked for again
RETRY_AFTER_S = 5


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


async def _unheard(_: Report) -> None:
    """Nobody keeps opt-outs."""


class Ingress:
    """Answers callbacks; ``decode`` reads JSON and raises ValueError, ``failed`` are the publisher's exceptions.

    ``opt_outs`` hears each status before it is answered, repeats too, and raises one of those exceptions too.
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
        reports: StatusReports | None = None,
        opt_outs: Callable[[Report], Awaitable[None]] = _unheard,
    ) -> None:
        self._ring, self._replica, self._log, self._outlet = ring, replica, log, outlet
        self._decode, self._now_ms, self._observe = decode, now_ms, observe
        self._failed: tuple[type[Exception], ...] = (*failed, AppendFailed, TimeoutError)
        self._publish_s, self._opt_outs = publish_s, opt_outs
        self._reports = reports or StatusReports(outlet)

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
        await self._prove(claim, report, began)
        await self._opt_outs(report)  # first: two callbacks that differ in this alone are one event
        event = self._reports.event(report, claim, began)
        if self._reports.is_repeat(event):
            return self._answered(OK, "repeated", report, began)
        await self._reports.publish(event, report, claim)
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
        seconds = max(self._now_ms() - began, 0) / 1000
        self._observe(answered(result, report, seconds))
        return reply
