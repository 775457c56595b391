"""Account webhooks and callbacks in memory, with topics, listeners and secrets that may fail."""

import asyncio
import json

from connector.core.account_webhooks import AccountEvent, InboundMessage
from connector.core.callbacks import Report
from connector.core.events import MessageEvent
from connector.core.facts import AccountWebhookAnswered, Fact
from connector.core.recent_claims import RecentClaims
from connector.core.records import LedgerRecord
from connector.core.tokens import Ring, sign
from connector.roles.account_webhooks import AccountWebhooks, Listeners
from connector.roles.ends import PublishFailed
from connector.roles.ingress import Ingress, Reply
from connector.roles.replica import Replica
from connector.roles.status_reports import StatusReports
from connector.sendblue.reading import json_value
from tests.core.webhook_bodies import LINES, STATUS

NOW_MS = 1_700_000_000_000
SECRET, NEXT = b"a shared secret of the tests", b"the next shared secret of the tests"
HANDLE = str(STATUS["message_handle"])
ATTEMPT = "00000000000000a1"


class World:
    """Topics that may refuse or hang, listeners that may fail, secrets that may be unreadable, and the role."""

    def __init__(self) -> None:
        self.messages: list[InboundMessage] = []
        self.happened: list[AccountEvent] = []
        self.events: list[MessageEvent] = []
        self.dead: list[tuple[bytes, str, str]] = []
        self.heard: list[str] = []
        self.opted: list[str | None] = []
        self.appended: list[LedgerRecord] = []
        self.facts: list[Fact] = []
        self.secrets: tuple[bytes, ...] | None = (SECRET, NEXT)
        self.up, self.hangs = True, False
        self.trouble: type[PublishFailed] | None = None
        self.deaf = False
        self.claims = RecentClaims()
        self.listeners = Listeners()
        self.reports = StatusReports(self)
        self.replica = Replica("P", self)
        self.ring = Ring({"k1": b"a signing key of the tests"}, "k1")
        self.ingress = Ingress(
            lambda: self.ring, self.replica, self, self.callbacks, json_value, self.now_ms, self.facts.append,
            (PublishFailed,), reports=self.reports,
        )  # fmt: skip
        self.role = AccountWebhooks(
            self.valid, self, self.reports, self.claims, LINES, self.listeners, json_value, self.now_ms,
            self.facts.append, 0.05,
        )  # fmt: skip

    @property
    def callbacks(self) -> "Callbacks":
        return Callbacks(self)

    def now_ms(self) -> int:
        return NOW_MS

    def valid(self) -> tuple[bytes, ...]:
        if self.secrets is None:
            raise ValueError("unreadable")
        return self.secrets

    def is_up(self) -> bool:
        return self.up

    async def append(self, record: LedgerRecord) -> None:
        self.appended.append(record)
        self.replica.feed(len(self.appended), NOW_MS, record, 0.0)

    async def inbound(self, message: InboundMessage) -> None:
        await self._taken()
        self.messages.append(message)

    async def account(self, event: AccountEvent) -> None:
        await self._taken()
        self.happened.append(event)

    async def event(self, event: MessageEvent) -> None:
        await self._taken()
        self.events.append(event)

    async def unreadable(self, body: bytes, kind: str, reason: str) -> None:
        if self.trouble is PublishFailed:
            raise PublishFailed
        self.dead.append((body, kind, reason))

    async def hear(self, message: InboundMessage | AccountEvent, /) -> None:
        if self.deaf:
            raise PublishFailed
        self.heard.append(message.event_id)

    async def opts(self, report: Report, /) -> None:
        if self.deaf:
            raise PublishFailed
        self.opted.append(report.message_handle)

    async def _taken(self) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.trouble is not None:
            raise self.trouble

    async def tell(self, kind: str, body: object, secret: bytes = SECRET) -> Reply:
        return await self.role.accept(kind, secret, json.dumps(body).encode())

    async def call(self, body: object = STATUS) -> Reply:
        token = sign(self.ring, "r1", ATTEMPT, NOW_MS // 3_600_000)
        return await self.ingress.accept(token, json.dumps(body).encode())

    @property
    def published(self) -> int:
        return len(self.messages) + len(self.happened) + len(self.events)

    @property
    def results(self) -> list[tuple[str, str]]:
        return [(fact.type, fact.result) for fact in self.facts if isinstance(fact, AccountWebhookAnswered)]


class Callbacks:
    """The ingress's outlet of a world."""

    def __init__(self, world: World) -> None:
        self._world = world

    def is_up(self) -> bool:
        return True

    async def event(self, event: MessageEvent) -> None:
        await self._world.event(event)

    async def unreadable(self, body: bytes, request_id: str, reason: str) -> None:
        raise AssertionError(reason)
