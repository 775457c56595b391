"""A Sendblue that counts: what arrived, what it accepted, what it answered, and the callbacks it owes.

A POST passes three doors: the check (the role decided to write), the socket (the bytes leave the process; it may
have been frozen in between), and the arrival, up to a minute after the bytes left, even of a process that is dead by
then. What arrives may be accepted and its answer lost. Callbacks are lost, doubled, delayed and late, and repeated
until a 2xx.
"""

import asyncio
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from connector.core.calls import Answer, Failure, MayWrite
from connector.core.identities import contact_hash
from connector.core.messages import Dispatch, SendRequest
from connector.core.tokens import Ring, sign
from connector.roles.ingress import Reply
from tests.simulation.messages import Message, Moment, Text, drawn, ms_of
from tests.simulation.plan import PostFate
from tests.simulation.teeth import FORGERS

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

RING = Ring({"k1": b"c" * 16}, "k1")
DEADLINE_S = 20.0  # of one call
CALLBACK_S = 45.0  # how long Sendblue waits for an answer
REFUSALS = {
    "429": Answer(status=429, body={"status": "ERROR", "message": "slow down"}, is_json=True),
    "window": Answer(status=400, body={"error_key": "LINE_HOURLY_LIMIT_REACHED", "error_code": 429}, is_json=True),
    "busy account": Answer(status=400, body={"status": "ERROR", "error_code": 5003}, is_json=True),
    "unauthorized": Answer(status=401, body={"status": "ERROR", "message": "Invalid Credentials"}, is_json=True),
    "blacklisted": Answer(status=400, body={"status": "ERROR", "error_code": 4002}, is_json=True),
    "opted out": Answer(status=400, body={"status": "ERROR", "error_key": "OPTED_OUT"}, is_json=True),
    "5xx": Answer(status=503, body={"status": "ERROR", "message": "sorry"}, is_json=True),
}
RESET, NOT_WRITTEN = Answer(failure=Failure.WRITTEN), Answer(failure=Failure.NOT_WRITTEN)


class Sendblue:
    """The account."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self.posts: list[Text] = []
        self.messages: dict[str, Message] = {}
        self.forged: set[str] = set()
        self.unauthorized_until = 0.0
        self.unreachable_until = 0.0
        self.silent_until = 0.0
        self.stuck: dict[str, PostFate] = {}
        self.blacklist: set[str] = set()

    @property
    def is_away(self) -> bool:
        """Whether GETs fail now."""
        return max(self.unauthorized_until, self.unreachable_until) > self._world.scheduler.now

    async def post(self, process: "Process", dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
        """One POST, as ``SendblueClient`` makes it: ``may_write`` is asked when the connection is there."""
        world, now = self._world, self._world.scheduler.now
        contact = contact_hash(dispatch.request, b"k" * 16)
        lease_end = world.oracle.proposals.get(attempt, now) + process.setup.lease_s
        text = Text(process, dispatch, attempt, contact, now, lease_end)
        world.oracle.checked(text)
        await process.point("before the write", often=2.5)
        fate = self.stuck.get(dispatch.line) or world.plan.post(self.silent_until > world.scheduler.now)
        if fate.connect_s:
            await asyncio.sleep(fate.connect_s)
        if not fate.connects or self.unreachable_until > world.scheduler.now or not await self._let_through(may_write):
            world.saw("not written")
            return NOT_WRITTEN
        text.passed_at = world.scheduler.now
        world.consents.check(process, contact, "writes")
        world.standstill.passes(text)
        world.moves.check(text)
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
        world.bounds.heard(text, answered)
        world.rooms.heard(text, answered)
        return replace(answered, written_after_s=text.written_at - now)

    async def _let_through(self, may_write: MayWrite) -> bool:
        while wait_s := may_write():
            self._world.saw("held up at the socket")
            await asyncio.sleep(wait_s)
        return wait_s is not None

    async def probe(self, process: "Process") -> bool:
        """A GET."""
        await asyncio.sleep(0.05)
        self._world.saw("a probe")
        if not self.is_away:
            self._world.bounds.reached(process)
        return not self.is_away

    def by_hand(self, request: SendRequest, line: str) -> Message:
        """Somebody sends a message from the dashboard."""
        return self._made(request, line, None)

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
        if fate.answer in ("reset", "silence") and text.message is not None:
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
        if text.dispatch.request.number in self._world.consents.listed:
            self._world.saw("refused as opted out")
            return REFUSALS["opted out"]
        if full := self._world.rooms.full(text):
            return full
        if wish in ("429", "window", "busy account"):
            self._world.saw(wish)
            return REFUSALS[wish]
        if wish == "5xx before":
            return REFUSALS["5xx"]
        message = self._accept(text)
        if wish == "5xx after":
            self._world.saw(wish)
            return REFUSALS["5xx"]
        body = message.body(message.story[0])
        if wish == "no handle":
            del body["message_handle"]
        return Answer(status=202, body=body, is_json=True)

    def _accept(self, text: Text) -> Message:
        text.message = self._made(text.dispatch.request, text.dispatch.line, text)
        self._world.oracle.accepted(text)
        self._world.rooms.accepted(text)
        for moment in text.message.story:
            self._callback(text, moment)
        return text.message

    def _made(self, request: SendRequest, line: str, text: Text | None) -> Message:
        now, plan = self._world.scheduler.now, self._world.plan
        handle = f"h-{len(self.messages)}-{text.attempt[:4] if text else 'hand'}"
        service, story = drawn(plan.rng, now)
        visible_at = now + plan.rng.choice(plan.list_lags)
        message = self.messages[handle] = Message(handle, request, line, now, visible_at, service, story, text)
        return message

    def _callback(self, text: Text, moment: Moment) -> None:
        plan, scheduler = self._world.plan, self._world.scheduler
        later = plan.callback_s()
        if later is None:
            return self._world.saw("a callback lost")
        hour = ms_of(text.written_at) // 3_600_000
        token = sign(RING, text.dispatch.request.request_id, text.attempt, hour)
        delay = moment.at - scheduler.now + plan.rng.choice((0.001, 0.3, 3.0))
        for _ in range(1 + plan.chance(0.1)):
            scheduler.after(delay + later, self._call, text, moment, token, 0)
        if plan.chance(0.05):
            self._forge(text, moment, hour)
        return None

    def _forge(self, text: Text, moment: Moment, hour: int) -> None:
        """Somebody who does not know the key says what never happened."""
        token = sign(FORGERS, text.dispatch.request.request_id, text.attempt, hour)
        self.forged.add(token)
        self._world.scheduler.after(
            self._world.plan.span(0.1, 9), self._call, text, Moment(moment.at, "DECLINED"), token, 5
        )

    def _call(self, text: Text, moment: Moment, token: str, tries: int) -> None:
        world = self._world
        ready = [p for p in world.processes if p.live and p.ingress is not None]
        if not ready:
            return self._again(text, moment, token, tries)
        process = world.plan.rng.choice(ready)
        state = {"open": True}
        process.hear(0.01, process.loop.start, self._accept_callback, process, text, moment, token, tries, state)
        world.scheduler.after(CALLBACK_S, self._give_up, text, moment, token, tries, state)
        return None

    async def _accept_callback(
        self, process: "Process", text: Text, moment: Moment, token: str, tries: int, state: dict[str, bool]
    ) -> None:
        assert process.ingress is not None
        assert text.message is not None
        out = text.dispatch.request.number in self._world.consents.listed
        body = json.dumps({**text.message.body(moment), "opted_out": out}).encode()
        reply: Reply = await process.ingress.accept(token, body)
        if state.pop("open", False):
            self._world.oracle.answered(process, text, moment, token, reply)
            if reply.status != 200:
                self._world.saw("a callback refused")
                self._again(text, moment, token, tries)

    def _give_up(self, text: Text, moment: Moment, token: str, tries: int, state: dict[str, bool]) -> None:
        if state.pop("open", False):
            self._again(text, moment, token, tries)

    def _again(self, text: Text, moment: Moment, token: str, tries: int) -> None:
        if tries < 5:
            self._world.scheduler.after(10.0 * (tries + 1), self._call, text, moment, token, tries + 1)


def _tell(answer: "asyncio.Future[Answer]", what: Answer) -> None:
    if not answer.done():
        answer.set_result(what)
