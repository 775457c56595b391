"""Replies from end to end: a contact writes to the local Sendblue, and the record is on its topic."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import Any

import httpx2

from connector.app import Connector
from connector.commands.webhook_commands import Wish, applied
from connector.core.account_webhooks import AccountEvent, InboundMessage, Kind
from connector.core.identities import contact_hash
from connector.core.messages import SendRequest
from connector.core.tokens import sign
from connector.demo import _assign, _upstream
from connector.kafka.avro import Row
from connector.kafka.looking_on import PartitionTails
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName
from connector.kafka.topics import TopicNames
from connector.roles.account_webhooks import Listeners
from connector.settings import Settings
from connector.settings_webhooks import Webhooks
from connector.simulator.broker import CLIENT
from connector.wiring.parts import Parts
from tests.installed import installed
from tests.test_draining import ready

PERSON, OTHER, NAMES, HANG_S = "+12025550123", "+12025550124", TopicNames(), 120.0
KINDS = (Kind.RECEIVE, Kind.OUTBOUND, Kind.LINE_BLOCKED)
SCHEMAS = {
    NAMES.inbound: SchemaName.INBOUND_MESSAGE,
    NAMES.account: SchemaName.ACCOUNT_EVENT,
    NAMES.events: SchemaName.MESSAGE_EVENT,
}
KEYS = {"sb-api-key-id": "demo-key", "sb-api-secret-key": "demo-secret"}


class Heard:
    """Listens to contacts and lines, beside those who do in every process."""

    def __init__(self) -> None:
        self.texts: list[str | None] = []
        self.lines: list[str | None] = []
        self.first = Listeners()

    async def message(self, message: InboundMessage, /) -> None:
        await self.first.heard(message)
        self.texts.append(message.report.content)

    async def blocked(self, event: AccountEvent, /) -> None:
        await self.first.line_blocked(event)
        self.lines.append(event.line)

    def join(self, listeners: Listeners) -> None:
        self.first = replace(listeners)
        listeners.heard, listeners.line_blocked = self.message, self.blocked


class Site:
    """A connector's ingress that runs, its topics as they fill, and Sendblue beside it."""

    parts: Parts

    def __init__(self, settings: Settings, codec: Any) -> None:
        self.settings, self._codec, self.heard = settings, codec, Heard()
        self.rows: dict[str, asyncio.Queue[tuple[bytes | None, Row]]] = {topic: asyncio.Queue() for topic in SCHEMAS}

    async def take(self, records: Sequence[KafkaRecord]) -> None:
        """Records of any of the topics."""
        for record in records:
            row = self._codec.decode(SCHEMAS[record.topic], record.value)
            self.rows[record.topic].put_nowait((record.key, row))

    async def next(self, topic: str) -> tuple[bytes | None, Row]:
        """The next key and row of a topic."""
        return await asyncio.wait_for(self.rows[topic].get(), HANG_S)

    def out(self, number: str) -> bool:
        """Whether the process takes this person to have opted out."""
        return contact_hash(SendRequest("", number=number), self.parts.hash_key) in self.parts.opt_outs.known

    async def call_back(self, **body: object) -> int:
        """A callback on a signed address; return its HTTP status."""
        token = sign(self.parts.ring()(), "r1", "00000000000000a1", self.parts.system.now_ms() // 3_600_000)
        url = f"http://127.0.0.1:{self.parts.callback_port}/v1/callbacks/{token}"
        async with httpx2.AsyncClient(trust_env=False, timeout=120) as client:
            return (await client.post(url, json={"status": "SENT", "is_outbound": True, **body})).status_code

    async def sendblue(self, method: str, path: str, **body: object) -> None:
        """Something happens at Sendblue."""
        base = self.settings.sendblue.base_url
        async with httpx2.AsyncClient(base_url=base, headers=KEYS, trust_env=False, timeout=120) as client:
            (await client.request(method, path, json=body)).raise_for_status()


@contextlib.asynccontextmanager
async def replying() -> AsyncIterator[Site]:
    """The whole of it, with the webhooks registered by our own command."""
    stop = asyncio.Event()
    async with installed() as there, _upstream(there) as (codec, producer, clients):
        hooks = Webhooks.model_validate({"secrets": {"w1": "a shared secret of the tests"}})
        settings = there.model_copy(update={"webhooks": hooks})
        await _assign(codec, producer, settings)
        site = Site(settings, codec)
        connector = Connector(settings, ("ingress",), client_extra=CLIENT, preflight=False)
        running = await ready(settings, connector, stop)
        assert connector.parts is not None
        site.parts = connector.parts
        site.heard.join(site.parts.listeners)
        tails = [PartitionTails(clients, topic, asyncio.get_running_loop()) for topic in SCHEMAS]
        for tail in tails:
            await tail.start(site.take, from_beginning=True)
        await applied(settings, Wish(KINDS))
        try:
            yield site
        finally:
            stop.set()
            await running
            for tail in tails:
                await tail.close()


async def test_a_reply_is_heard_and_on_its_topic() -> None:
    """Its photo and its text, each as it came, in order; keyed by who wrote them."""
    async with replying() as site:
        line = site.settings.lines[0]
        photo = "https://storage.googleapis.com/inbound/Cat.jpeg"
        about = {"number": PERSON, "line": line.number}
        await site.sendblue("POST", "/_sim/inbound", **about, content="Look", media_url=photo)
        await site.sendblue("POST", "/_sim/inbound", **about, content="STOP")
        found = [await site.next(NAMES.inbound) for _ in range(3)]

    assert {key for key, _ in found} == {PERSON.encode()}
    assert sorted((row["content"] or "", row["media_url"] or "") for _, row in found) == [
        ("", photo),
        ("Look", ""),
        ("STOP", ""),
    ]
    assert {(row["contact"], row["line"], row["status"]) for _, row in found} == {(PERSON, line.alias, "RECEIVED")}
    assert sorted(site.heard.texts, key=str) == ["Look", None, "STOP"]
    assert site.out(PERSON)


async def test_a_callback_that_says_so_takes_its_recipient_out() -> None:
    """Put together as in every process; another recipient stays in."""
    async with replying() as site:
        answers = [await site.call_back(number=PERSON, opted_out=True), await site.call_back(number=OTHER)]

        assert answers == [200, 200]
        assert (site.out(PERSON), site.out(OTHER)) == (True, False)


async def test_what_happens_to_the_account_is_on_its_topics() -> None:
    """A line that is blocked, and the statuses of a message that somebody else sent."""
    async with replying() as site:
        line = site.settings.lines[0]
        await site.sendblue("PUT", f"/_sim/lines/{line.number}", status="OFFLINE")
        await site.sendblue("POST", "/api/send-message", number=PERSON, from_number=line.number, content="by hand")
        key, blocked = await site.next(NAMES.account)
        statuses = [(await site.next(NAMES.events))[1] for _ in range(4)]

    assert (key, blocked["type"], blocked["line"], blocked["about"]) == (
        line.number.encode(),
        "line_blocked",
        line.alias,
        line.number,
    )
    assert site.heard.lines == [line.alias]
    assert site.parts.known.facts.troubled(line.alias)
    assert sorted(row["status"] for row in statuses) == ["ACCEPTED", "DELIVERED", "QUEUED", "SENT"]
    assert {(row["request_id"], row["origin"], row["type"]) for row in statuses} == {(None, "CALLBACK", "STATUS")}
    assert len({row["message_handle"] for row in statuses}) == 1
