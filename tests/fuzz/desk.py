"""The real ingress, its events encoded as for Kafka and counted, and the judge of what it lets in.

The judge knows every token that was issued, and nothing of keys. Whoever comes without one of them must be refused and
leave no trace; whoever comes with one must be answered 200 with its event published, or its raw bytes kept. So with the
secrets of account webhooks.
"""

import contextlib
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from functools import partial

from starlette.types import ASGIApp

from connector.core.account_webhooks import AccountEvent, InboundMessage
from connector.core.events import MessageEvent
from connector.core.facts import AccountWebhookAnswered, CallbackAnswered, Fact
from connector.core.recent_claims import RecentClaims
from connector.core.records import LedgerRecord
from connector.core.tokens import Ring, sign
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_events import event_row
from connector.kafka.wire_inbound import account_row, inbound_row
from connector.roles.account_webhooks import AccountWebhooks, Listeners
from connector.roles.ends import PublishFailed
from connector.roles.ingress import Ingress, Reply
from connector.roles.replica import Replica
from connector.roles.status_reports import StatusReports
from connector.sendblue.reading import json_value
from connector.web.callbacks import callbacks_app
from connector.web.crowd import Crowd
from connector.web.guard import GuardedProtocol
from connector.web.webhooks import webhooks_route
from tests.core.webhook_bodies import LINES
from tests.fuzz.hook_shots import SECRETS
from tests.kafka.test_codec import CODEC
from tests.web.peers import guarded

NOW_MS = 1_700_000_000_000
ISSUED = 64
RING = Ring({"k1": b"a signing key of the fuzz", "k2": b"another one of them, as long"}, "k2")


class Impatient(GuardedProtocol):
    """What never becomes whole is cut off soon: most damaged requests are of that kind."""

    receive_s = 0.25


@dataclass
class Desk:
    """An ingress, what it wrote, and what it should not have done (``faults``, a few of them)."""

    tokens: tuple[str, ...] = ()
    written: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    last: CallbackAnswered | AccountWebhookAnswered | None = None
    kept: bytes | None = None
    kind: type[Ingress] = Ingress
    hooks: type[AccountWebhooks] = AccountWebhooks

    def __post_init__(self) -> None:
        hour = NOW_MS // 3_600_000
        self.tokens = tuple(sign(RING, f"order-{n}", f"{n:016x}", hour) for n in range(ISSUED))
        self.replica = Replica("P", self)
        self.ingress = self.kind(
            lambda: RING, self.replica, self, self, json_value, lambda: NOW_MS, self.observe, (PublishFailed,)
        )

        self.webhooks = self.hooks(
            *(lambda: SECRETS, self, StatusReports(self), RecentClaims(), LINES, Listeners()),
            *(json_value, lambda: NOW_MS, self.observe),
        )

    @property
    def app(self) -> ASGIApp:
        """The routes before the judge."""
        return callbacks_app(self.accept, more=[webhooks_route(self.accept_hook)])

    async def accept(self, token: str, body: bytes) -> Reply:
        """Ask the ingress, then judge. Nothing in here waits, so nobody comes between."""
        before, self.kept = self.written.total(), None
        reply = await self.ingress.accept(token, body)
        result = self.last.result if self.last else ""
        if token in self.tokens:
            whole = self.kept == body if result == "unreadable" else result in ("accepted", "repeated")
            self._judge("genuine", reply.status == 200 and whole, f"{reply.status} {result}")
        else:
            self._judge("forged", reply.status == 401 and self.written.total() == before, f"{reply.status} {result}")
        return reply

    async def accept_hook(self, kind: str, secret: bytes, body: bytes) -> Reply:
        """The same of an account webhook."""
        before, self.kept = self.written.total(), None
        reply = await self.webhooks.accept(kind, secret, body)
        result, wrote = self.last.result if self.last else "", self.written.total() > before
        if secret in SECRETS:
            whole = {"unreadable": self.kept == body, "accepted": wrote, "repeated": not wrote}.get(result, False)
            self._judge("genuine hook", reply.status == 200 and whole, f"{reply.status} {result}")
        else:
            self._judge("forged hook", reply.status == 401 and not wrote, f"{reply.status} {result}")
        return reply

    def _judge(self, kind: str, right: bool, told: str) -> None:
        self.judged[kind] += 1
        if not right:
            self.faults.append(f"{kind}: {told}")

    def is_up(self) -> bool:
        return True

    def observe(self, fact: Fact, /) -> None:
        if isinstance(fact, CallbackAnswered | AccountWebhookAnswered):
            self.last = fact

    async def append(self, record: LedgerRecord) -> None:
        self.written["ledger"] += 1
        self.replica.feed(self.written["ledger"], NOW_MS, record, 0.0)

    async def event(self, event: MessageEvent) -> None:
        CODEC.encode(SchemaName.MESSAGE_EVENT, event_row(event))
        self.written["events"] += 1

    async def inbound(self, message: InboundMessage) -> None:
        CODEC.encode(SchemaName.INBOUND_MESSAGE, inbound_row(message))
        self.written["inbound"] += 1

    async def account(self, event: AccountEvent) -> None:
        CODEC.encode(SchemaName.ACCOUNT_EVENT, account_row(event, event.raw))
        self.written["account"] += 1

    async def unreadable(self, body: bytes, about: str, reason: str) -> None:
        self.written["unreadable"] += 1
        self.kept = body


@contextlib.asynccontextmanager
async def open_desk(desk: Desk) -> AsyncIterator[tuple[int, int]]:
    """The desk behind guarded sockets; gives the ports, the second one is impatient."""
    app = desk.app
    ordinary, impatient = (partial(protocol, crowd=Crowd()) for protocol in (GuardedProtocol, Impatient))
    async with guarded(app, ordinary) as port, guarded(app, impatient) as other:
        yield port, other
