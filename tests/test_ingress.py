"""Callbacks: 2xx means durable, forged ones publish nothing, our own trouble is 503."""

import asyncio
import json

import pytest

from connector.core.callbacks import Report
from connector.core.events import MessageEvent
from connector.core.facts import CallbackAnswered, Fact
from connector.core.records import LedgerRecord, Outcome, Result
from connector.core.tokens import Ring, sign
from connector.roles.ends import PublishFailed
from connector.roles.ingress import Ingress, Reply
from connector.roles.replica import AppendFailed, Replica
from connector.sendblue.reading import json_value
from tests.core.ledger_story import intent
from tests.test_opt_outs import CONTACT, NUMBER, Ear

NOW_MS = 1_700_000_000_000
ATTEMPT = "00000000000000a1"
KEY = b"a signing key of the tests"
HANDLE = "5a17319e-cbcf-443e-897e-d8b0c04b1b09"


class World:
    """A ledger that may refuse, topics that may refuse or hang, and an ingress between them."""

    def __init__(self) -> None:
        self.appended: list[LedgerRecord] = []
        self.events: list[MessageEvent] = []
        self.dead: list[tuple[bytes, str, str]] = []
        self.facts: list[Fact] = []
        self.up = True
        self.appends, self.publishes, self.hangs = True, True, False
        self.replica = Replica("P", self)
        self.ring = Ring({"k1": KEY}, "k1")
        self.opted_out: list[str | None] = []
        self.opt_outs = True
        self.ingress = Ingress(
            lambda: self.ring,
            *(self.replica, self, self, json_value, lambda: NOW_MS, self.facts.append, (PublishFailed,)),
            publish_s=0.05,
            opt_outs=self.told,
        )

    def is_up(self) -> bool:
        return self.up

    async def append(self, record: LedgerRecord) -> None:
        if not self.appends:
            raise AppendFailed
        self.appended.append(record)
        self.replica.feed(len(self.appended), NOW_MS, record, 0.0)

    async def event(self, event: MessageEvent) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if not self.publishes:
            raise PublishFailed
        self.events.append(event)

    async def told(self, report: Report) -> None:
        if not self.opt_outs:
            raise PublishFailed
        self.opted_out.append(report.number)

    async def unreadable(self, body: bytes, request_id: str, reason: str) -> None:
        self.dead.append((body, request_id, reason))

    async def call(self, status: str = "DELIVERED", token: str | None = None, **fields: object) -> Reply:
        body = {"status": status, "message_handle": HANDLE, "service": "iMessage", **fields}
        return await self.ingress.accept(token or self.token(), json.dumps(body).encode())

    def token(self, hours_ago: int = 0) -> str:
        return sign(self.ring, "r1", ATTEMPT, NOW_MS // 3_600_000 - hours_ago)

    @property
    def results(self) -> list[str]:
        return [fact.result for fact in self.facts if isinstance(fact, CallbackAnswered)]


async def test_a_callback_becomes_an_event_and_a_proof() -> None:
    """200 after both are durable: the SUBMITTED of the attempt, and the STATUS event with its request."""
    world = World()

    reply = await world.call()

    assert reply == Reply(200)
    assert [(r.result, r.detail) for r in world.appended if isinstance(r, Outcome)] == [(Result.SUBMITTED, HANDLE)]
    assert [(e.request_id, e.status, e.terminal) for e in world.events] == [("r1", "DELIVERED", True)]


async def test_the_proof_names_line_and_contact_of_a_live_attempt() -> None:
    """So that the contact is bound to the line it heard from."""
    world = World()
    open_attempt = intent("x", "r1", line="A", contact="c", at_ms=NOW_MS)
    await world.append(open_attempt._replace(attempt=ATTEMPT))

    await world.call()
    proof = world.appended[-1]

    assert isinstance(proof, Outcome)
    assert (proof.line, proof.contact) == ("A", open_attempt.contact)


async def test_a_settled_attempt_is_not_proved_again() -> None:
    """The second status of a message appends nothing to the ledger."""
    world = World()

    await world.call("SENT")
    await world.call("DELIVERED")

    assert len(world.appended) == 1
    assert len(world.events) == 2


async def test_an_old_token_proves_nothing_but_is_published() -> None:
    """72 h after it was issued, the ledger may have forgotten the attempt."""
    world = World()

    reply = await world.call(token=world.token(hours_ago=74))

    assert reply == Reply(200)
    assert world.appended == []
    assert len(world.events) == 1


@pytest.mark.parametrize("token", ["", "k1.x.y", "k2.AAAA.BBBB", "." * 200])
async def test_a_forged_callback_publishes_nothing(token: str) -> None:
    """Bad token or unknown key: 401."""
    world = World()

    reply = await world.ingress.accept(token, b"{}")

    assert reply == Reply(401)
    assert (world.events, world.appended, world.dead, world.results) == ([], [], [], ["forged"])


async def test_a_token_of_another_ring_is_forged() -> None:
    """Same key id, other key."""
    world = World()
    other = sign(Ring({"k1": b"another key of the tests"}, "k1"), "r1", ATTEMPT, NOW_MS // 3_600_000)

    assert (await world.call(token=other)).status == 401
    assert world.events == []


async def test_keys_rotate_while_it_runs() -> None:
    """A key that has come into the ring is accepted, one that has gone is not, and nothing begins anew."""
    world = World()
    old = world.token()
    world.ring = Ring({"k1": KEY, "k2": b"a younger key of the tests"}, "k2")
    meanwhile = [(await world.call(token=token)).status for token in (old, world.token())]
    world.ring = Ring({"k2": b"a younger key of the tests"}, "k2")
    afterwards = [(await world.call("READ", token=token)).status for token in (old, world.token())]

    assert (meanwhile, afterwards) == ([200, 200], [401, 200])


@pytest.mark.parametrize("trouble", ["down", "ledger refuses", "topic refuses", "topic hangs"])
async def test_our_own_trouble_is_503_with_retry_after(trouble: str) -> None:
    """Never a 2xx for what is not durable, never a 4xx that makes Sendblue give up."""
    world = World()
    world.up, world.appends = trouble != "down", trouble != "ledger refuses"
    world.publishes, world.hangs = trouble != "topic refuses", trouble == "topic hangs"

    reply = await world.call()

    assert reply.status == 503
    assert reply.retry_after_s
    assert world.events == []
    assert world.results == ["refused"]


async def test_a_repeat_is_dropped_only_after_it_was_published() -> None:
    """The first try failed, so the second must go through; the third is a repeat."""
    world = World()
    world.publishes = False
    await world.call()
    world.publishes = True

    replies = [(await world.call()).status, (await world.call()).status]

    assert replies == [200, 200]
    assert len(world.events) == 1
    assert world.results == ["refused", "accepted", "repeated"]


async def test_an_overtaken_status_is_published_and_flagged() -> None:
    """DELIVERED came first; SENT follows, out of order."""
    world = World()

    await world.call("DELIVERED")
    await world.call("SENT")

    assert [event.out_of_order for event in world.events] == [False, True]


async def test_a_text_cut_within_an_emoji_hides_no_status() -> None:
    """Half a surrogate pair becomes a question mark; the status and the proof are what counts."""
    world = World()

    reply = await world.call("DELIVERED", content="cut \ud83d")

    assert reply == Reply(200)
    assert [(event.status, event.report and event.report.content) for event in world.events] == [("DELIVERED", "cut ?")]
    assert world.dead == []


@pytest.mark.parametrize("body", [b"", b"not json", b"[]", b"{}", b'{"status": null}', b"[" * 5000])
async def test_an_unreadable_body_is_kept_raw(body: bytes) -> None:
    """A valid token with a body nobody can read: the bytes go to the dead-letter topic, then 200."""
    world = World()

    reply = await world.ingress.accept(world.token(), body)

    assert reply == Reply(200)
    assert [(raw, request) for raw, request, _ in world.dead] == [(body, "r1")]
    assert world.events == []


async def test_a_callback_tells_how_the_delivery_went() -> None:
    """How long it took, by Sendblue's own dates; that the person has no iMessage, once the message has ended."""
    world = World()
    dates = {"date_sent": "2023-11-14T22:13:20.000Z", "date_updated": "2023-11-14T22:13:23.500Z"}
    await world.call(**dates)
    await world.call("SENT", service="SMS", was_downgraded=True)
    await world.call("QUEUED", service="SMS")
    told = [(f.status, f.delivered_s, f.downgraded) for f in world.facts if isinstance(f, CallbackAnswered)]

    assert told == [("DELIVERED", 3.5, False), ("SENT", None, True), ("QUEUED", None, False)]


async def test_an_opt_out_that_is_not_durable_is_asked_for_again() -> None:
    """503; the repeat is not taken for one that was done, and the opt-out is heard then."""
    world = World()
    world.opt_outs = False
    first = await world.call(number="+12025550123", opted_out=True)
    world.opt_outs = True
    again = [await world.call(number="+12025550123", opted_out=True) for _ in range(2)]

    assert (first.status, [reply.status for reply in again]) == (503, [200, 200])
    assert world.opted_out == ["+12025550123"] * 2
    assert len({event.event_id for event in world.events}) == 1


async def test_an_opt_out_is_heard_though_its_event_is_a_repeat() -> None:
    """Two callbacks that differ in it alone are one event; the second must not be lost behind the first."""
    world = World()
    ear = Ear()
    world.ingress = Ingress(
        lambda: world.ring,
        *(world.replica, world, world, json_value, lambda: NOW_MS, world.facts.append, (PublishFailed,)),
        opt_outs=ear.opt_outs.told,
    )
    for opted_out in (None, False, True):
        await world.call(number=NUMBER, opted_out=opted_out)

    assert len(world.events) == 1
    assert CONTACT in ear.opt_outs.known
