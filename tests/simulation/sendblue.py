"""A Sendblue that counts: what arrived, what it accepted, what it answered, and the callbacks it owes.

A POST passes three doors: the check (the role decided to write), the socket (the bytes leave the process; it may
have been frozen in between), and the arrival, up to a minute after the bytes left, even of a process that is dead by
then. What arrives may be accepted and its answer lost. Callbacks are lost, doubled, delayed and late, and repeated
until a 2xx.
"""

import asyncio
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from connector.core.calls import Answer, Failure
from connector.core.identities import contact_hash
from connector.core.messages import Dispatch
from connector.core.tokens import Ring, sign
from connector.roles.ingress import Reply
from tests.simulation.broker import EPOCH_MS
from tests.simulation.plan import PostFate

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

NUMBERS = {"a": "+13035550100", "b": "+13035550101", "c": "+13035550102"}
RING = Ring({"k1": b"c" * 16}, "k1")
DEADLINE_S = 20.0  # of one call
CALLBACK_S = 45.0  # how long Sendblue waits for an answer
REFUSALS = {
    "429": Answer(status=429, body={"status": "ERROR", "message": "slow down"}, is_json=True),
    "window": Answer(status=400, body={"error_key": "LINE_HOURLY_LIMIT_REACHED", "error_code": 429}, is_json=True),
    "busy account": Answer(status=400, body={"status": "ERROR", "error_code": 5003}, is_json=True),
    "unauthorized": Answer(status=401, body={"status": "ERROR", "message": "Invalid Credentials"}, is_json=True),
    "blacklisted": Answer(status=400, body={"status": "ERROR", "error_code": 4002}, is_json=True),
    "5xx": Answer(status=503, body={"status": "ERROR", "message": "sorry"}, is_json=True),
}
RESET, NOT_WRITTEN = Answer(failure=Failure.WRITTEN), Answer(failure=Failure.NOT_WRITTEN)


@dataclass(eq=False)
class Text:
    """A POST on its way, and a text once it is accepted."""

    process: "Process"
    dispatch: Dispatch
    attempt: str
    contact: bytes
    checked_at: float
    lease_end: float
    written_at: float = -1.0
    arrived: bool = False
    lost: bool = False
    accepted_at: float | None = None
    visible_at: float = float("inf")
    handle: str = ""
    answered: Answer | None = None

    @property
    def late(self) -> bool:
        """Written after its lease: the process was frozen between the last check and the socket."""
        return self.written_at > self.lease_end + 1e-6


class Sendblue:
    """The account."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.posts: list[Text] = []
        self.unauthorized_until = 0.0
        self.unreachable_until = 0.0
        self.silent_until = 0.0
        self.blacklist: set[str] = set()

    async def post(self, process: "Process", dispatch: Dispatch, attempt: str, lease_end: float) -> Answer:
        """One POST, as ``SendblueClient`` makes it; nothing is written after ``lease_end``."""
        world, now = self._world, self._world.scheduler.now
        contact = contact_hash(dispatch.request, b"k" * 16)
        text = Text(process, dispatch, attempt, contact, now, lease_end)
        world.oracle.checked(text)
        await process.point("before the write", often=2.5)
        fate = world.plan.post(self.silent_until > world.scheduler.now)
        if fate.connect_s:
            await asyncio.sleep(fate.connect_s)
        if not fate.connects or self.unreachable_until > world.scheduler.now or world.scheduler.now > text.lease_end:
            world.saw("not written")
            return NOT_WRITTEN
        await process.point("at the write", often=2.0)
        answer: asyncio.Future[Answer] = process.loop.create_future()
        self._written(text, fate, answer)
        await process.point("after the write")
        try:
            async with asyncio.timeout(DEADLINE_S - (world.scheduler.now - now)):
                answered = await answer
        except TimeoutError:
            answered = RESET
        await process.point("at the answer")
        return replace(answered, written_after_s=text.written_at - now)

    async def probe(self, process: "Process") -> bool:
        """A GET."""
        await asyncio.sleep(0.05)
        self._world.saw("a probe")
        return max(self.unauthorized_until, self.unreachable_until) <= self._world.scheduler.now

    def _written(self, text: Text, fate: PostFate, answer: "asyncio.Future[Answer]") -> None:
        scheduler = self._world.scheduler
        text.written_at = scheduler.now
        self.posts.append(text)
        self._world.oracle.wrote(text)
        if fate.arrives_s is None:
            text.lost = True
            self._world.saw("a request lost")
            text.process.loop.call_later(fate.answers_s, _tell, answer, RESET)
        else:
            scheduler.after(fate.arrives_s, self._arrived, text, fate, answer)

    def _arrived(self, text: Text, fate: PostFate, answer: "asyncio.Future[Answer]") -> None:
        world = self._world
        text.arrived = True
        if text.process.loop.dead:
            world.saw("an arrival after the kill")
        if world.scheduler.now - text.written_at > 1:
            world.saw("a late arrival")
        reply = self._judge(text, fate.answer)
        text.answered = reply
        world.say(text.process, "arrived", f"{text.attempt} {fate.answer} -> {reply.status}")
        if fate.answer in ("reset", "silence") and text.accepted_at is not None:
            world.saw("an answer lost")
        if fate.answer == "silence":
            return
        told = RESET if fate.answer == "reset" else reply
        text.process.hear(fate.answers_s, _tell, answer, told)

    def _judge(self, text: Text, wish: str) -> Answer:
        now = self._world.scheduler.now
        if self.unauthorized_until > now:
            self._world.saw("401")
            return REFUSALS["unauthorized"]
        if text.dispatch.request.number in self.blacklist:
            return REFUSALS["blacklisted"]
        if wish in ("429", "window", "busy account"):
            self._world.saw(wish)
            return REFUSALS[wish]
        if wish == "5xx before":
            return REFUSALS["5xx"]
        body = self._accept(text)
        if wish == "5xx after":
            self._world.saw(wish)
            return REFUSALS["5xx"]
        if wish == "no handle":
            del body["message_handle"]
        return Answer(status=202, body=body, is_json=True)

    def _accept(self, text: Text) -> dict[str, object]:
        world = self._world
        text.accepted_at, text.handle = world.scheduler.now, f"h-{len(self.posts)}-{text.attempt[:4]}"
        text.visible_at = world.scheduler.now + world.plan.rng.choice((0.1, 1.0, 20.0, 200.0))
        world.oracle.accepted(text)
        for status, delay in (("QUEUED", 0.0), ("SENT", 2.0), ("DELIVERED", 5.0)):
            self._callback(text, status, delay + world.plan.rng.choice((0.001, 0.3, 3.0)))
        return self._body(text, "QUEUED")

    def _body(self, text: Text, status: str) -> dict[str, object]:
        at = "2023-11-14T22:13:20.000Z"
        return {"status": status, "message_handle": text.handle, "date_updated": at, "is_outbound": True}

    def _callback(self, text: Text, status: str, delay: float) -> None:
        plan = self._world.plan
        later = plan.callback_s()
        if later is None:
            return self._world.saw("a callback lost")
        hour = (EPOCH_MS + int(text.written_at * 1000)) // 3_600_000
        token = sign(RING, text.dispatch.request.request_id, text.attempt, hour)
        for _ in range(1 + plan.chance(0.1)):
            self._world.scheduler.after(delay + later, self._call, text, status, token, 0)
        return None

    def _call(self, text: Text, status: str, token: str, tries: int) -> None:
        world = self._world
        ready = [p for p in world.processes if p.live and p.ingress is not None]
        if not ready:
            return self._again(text, status, token, tries)
        process = world.plan.rng.choice(ready)
        state = {"open": True}
        process.hear(0.01, process.loop.start, self._accept_callback, process, text, status, token, tries, state)
        world.scheduler.after(CALLBACK_S, self._give_up, text, status, token, tries, state)
        return None

    async def _accept_callback(
        self, process: "Process", text: Text, status: str, token: str, tries: int, state: dict[str, bool]
    ) -> None:
        body = json.dumps(self._body(text, status)).encode()
        assert process.ingress is not None
        reply: Reply = await process.ingress.accept(token, body)
        if state.pop("open", False):
            self._world.oracle.answered(process, text, status, reply)
            if reply.status != 200:
                self._world.saw("a callback refused")
                self._again(text, status, token, tries)

    def _give_up(self, text: Text, status: str, token: str, tries: int, state: dict[str, bool]) -> None:
        if state.pop("open", False):
            self._again(text, status, token, tries)

    def _again(self, text: Text, status: str, token: str, tries: int) -> None:
        if tries < 5:
            self._world.scheduler.after(10.0 * (tries + 1), self._call, text, status, token, tries + 1)


def _tell(answer: "asyncio.Future[Answer]", what: Answer) -> None:
    if not answer.done():
        answer.set_result(what)
