"""What Sendblue tells the account: inbound messages, events of the account, and statuses once more.

The secret first, then as with callbacks: parse, tell who listens, publish, answer. Our own trouble is 503 with
Retry-After, an unreadable body goes to the dead letters and is answered 200, and so is one that no topic takes. A wrong
secret is 401, and without any of ours so is everything. Never 410.

An ``outbound`` becomes the STATUS event that the message's own callback becomes. It is no proof: the secret does not
cover the body, and no token says which attempt it means. Its request is named where the ledger has just told whose the
handle is.

Who listens (``Listeners``) has heard of a message before it is answered: if a listener fails, all of it comes again.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from connector.core.account_webhooks import (
    AccountEvent,
    InboundMessage,
    Kind,
    account_event,
    inbound,
    kind_of,
    object_of,
    outbound,
    parts,
)
from connector.core.callbacks import Report, Unreadable
from connector.core.facts import AccountWebhookAnswered, Observer
from connector.core.recent_claims import RecentClaims
from connector.core.webhook_secrets import accepts
from connector.roles.ends import PublishFailed, PublishRefused
from connector.roles.ingress import FORGED, LATER, OK, PUBLISH_S, Reply
from connector.roles.status_reports import StatusReports, answered, remember

REMEMBERED = 20_000  # event ids kept against repeats: about 3 MB


class Taken(NamedTuple):
    """What became of one part of a body; the least counts for the whole. ``reason``: of an unreadable one, a code."""

    order: int
    result: str
    reason: str = ""

    @classmethod
    def unreadable(cls, reason: str) -> "Taken":
        """It is kept as a dead letter."""
        return cls(0, "unreadable", reason)


ACCEPTED, REPEATED = Taken(1, "accepted"), Taken(2, "repeated")


class Outlet(Protocol):
    """Where webhooks go; each call returns once acknowledged. Raises PublishFailed, PublishRefused."""

    def is_up(self) -> bool:
        """False while no broker is known to be reachable."""

    async def inbound(self, message: InboundMessage) -> None:
        """Append to the inbound topic."""

    async def account(self, event: AccountEvent) -> None:
        """Append to the account topic."""

    async def unreadable(self, body: bytes, kind: str, reason: str) -> None:
        """Append the raw body to the dead-letter topic."""


class Heard(Protocol):
    """Listens to what contacts write. May be told twice. Raises PublishFailed when it must be told again."""

    async def __call__(self, message: InboundMessage, /) -> None:
        """Take one message."""


class Happened(Protocol):
    """Listens to what happens to the account. May be told twice. Raises PublishFailed when it must be told again."""

    async def __call__(self, event: AccountEvent, /) -> None:
        """Take one event."""


class Opted(Protocol):
    """Listens to statuses, which may say that a recipient has opted out. Raises PublishFailed as the others."""

    async def __call__(self, report: Report, /) -> None:
        """Take one status."""


async def nobody(_: object, /) -> None:
    """Listens to nothing."""


@dataclass
class Listeners:
    """Who hears of inbound messages, of lines that are blocked, and of statuses."""

    heard: Heard = nobody
    line_blocked: Happened = nobody
    opted: Opted = nobody


class Secrets(Protocol):
    """Those that are valid now."""

    def __call__(self) -> Iterable[bytes]:
        """Return them. Raises ValueError when they cannot be read."""


class AccountWebhooks:
    """Answers webhooks; ``decode`` reads JSON and raises ValueError. ``lines``: number -> alias."""

    def __init__(
        self,
        secrets: Secrets,
        outlet: Outlet,
        reports: StatusReports,
        claims: RecentClaims,
        lines: Mapping[str, str],
        listeners: Listeners,
        decode: Callable[[bytes], object],
        now_ms: Callable[[], int],
        observe: Observer,
        publish_s: float = PUBLISH_S,
    ) -> None:
        self._secrets, self._outlet, self._reports, self._claims = secrets, outlet, reports, claims
        self._lines, self._listeners = lines, listeners
        self._decode, self._now_ms, self._observe = decode, now_ms, observe
        self._publish_s = publish_s
        self._published: OrderedDict[str, None] = OrderedDict()

    async def accept(self, kind: str, secret: bytes, body: bytes) -> Reply:
        """Answer one webhook of this type."""
        began = self._now_ms()
        try:
            genuine = accepts(self._secrets(), secret)
        except ValueError:
            return self._answered(LATER, kind, "refused", began)
        if not genuine:
            return self._answered(FORGED, kind, "forged", began)
        if not self._outlet.is_up():
            return self._answered(LATER, kind, "refused", began)
        try:
            async with asyncio.timeout(self._publish_s):
                return self._answered(OK, kind, await self._take(kind, body, began), began)
        except (PublishFailed, TimeoutError):
            return self._answered(LATER, kind, "refused", began)

    async def _take(self, kind: str, body: bytes, began: int) -> str:
        """Publish what the body says; the whole body as a dead letter, too, if any part of it cannot be."""
        said = list[Taken]()
        try:
            for part in parts(self._decode(body)):
                said.append(await self._part(kind, part, began))
        except Unreadable as error:
            said.append(Taken.unreadable(error.reason))
        except (ValueError, RecursionError):
            said.append(Taken.unreadable("NOT_JSON"))
        if reason := next((one.reason for one in said if one.reason), ""):
            await self._outlet.unreadable(body, kind, reason)
        return min(said).result

    async def _part(self, kind: str, part: object, began: int) -> "Taken":
        try:
            body = object_of(part)
            match kind:
                case Kind.RECEIVE:
                    return await self._message(inbound(body, self._lines, began))
                case Kind.OUTBOUND:
                    return await self._status(body, began)
                case _:
                    return await self._event(account_event(kind, body, self._lines, began))
        except Unreadable as error:
            return Taken.unreadable(error.reason)
        except PublishRefused:
            return Taken.unreadable("TOO_LARGE")

    async def _message(self, message: InboundMessage) -> "Taken":
        if message.event_id in self._published:
            return REPEATED
        if not message.report.is_outbound:
            await _heard(self._listeners.heard(message))
        await self._outlet.inbound(message)
        return self._done(message.event_id)

    async def _event(self, event: AccountEvent) -> "Taken":
        if event.event_id in self._published:
            return REPEATED
        if event.type == Kind.LINE_BLOCKED:
            await _heard(self._listeners.line_blocked(event))
        await self._outlet.account(event)
        return self._done(event.event_id)

    def _done(self, event_id: str) -> "Taken":
        remember(self._published, event_id, None, REMEMBERED)
        return ACCEPTED

    async def _status(self, body: Mapping[str, object], began: int) -> "Taken":
        report = outbound(body)
        await _heard(self._listeners.opted(report))  # first: two reports that differ in this alone are one event
        claim = self._claims.of(report.message_handle)
        event = self._reports.event(report, claim, began)
        if self._reports.is_repeat(event):
            return REPEATED
        await self._reports.publish(event, report, claim)
        if claim is not None:
            self._observe(answered("accepted", report, self._since(began)))
        return ACCEPTED

    def _answered(self, reply: Reply, kind: str, result: str, began: int) -> Reply:
        self._observe(AccountWebhookAnswered(kind_of(kind) or "other", result, self._since(began)))
        return reply

    def _since(self, began: int) -> float:
        return max(self._now_ms() - began, 0) / 1000


async def _heard(listening: Awaitable[None]) -> None:
    """A record that is refused here is the listener's: nothing is wrong with the webhook, which comes again."""
    try:
        await listening
    except PublishRefused as refused:
        raise PublishFailed(str(refused)) from None
