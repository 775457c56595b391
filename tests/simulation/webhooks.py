"""What Sendblue tells the account: what people write, and lines that are blocked (invariant 29).

Each webhook goes to one of the processes, and comes again until it is answered with a 2xx, now and then all the same.
Whoever answers so has its event durable, and has told those who listen: a STOP is in the optouts topic, and a line that
is blocked is left alone. Its repeats have its id. Who does not know the secret is told so.
"""

import json
from typing import TYPE_CHECKING, NamedTuple, cast

from connector.core.account_webhooks import AccountEvent, InboundMessage, Kind
from connector.core.callbacks import time_of
from connector.core.recent_claims import RecentClaims
from connector.roles.ingress import Reply
from connector.roles.status_reports import StatusReports
from connector.wiring.hearing import listeners_of
from tests.simulation.broker import Entry
from tests.simulation.messages import NUMBERS, iso
from tests.simulation.oracle import SKEW_MS
from tests.simulation.rooms import BLOCKED

if TYPE_CHECKING:
    from connector.roles.account_webhooks import AccountWebhooks
    from tests.simulation.process import Process
    from tests.simulation.world import World

SECRET = b"shared by Sendblue and by us"
ANSWER_S = 45.0
TRIES = 8


class Hook(NamedTuple):
    """One webhook. ``name``: of what it tells, which its event has too."""

    kind: Kind
    name: str
    body: dict[str, object]
    at_ms: int


class Webhooks:
    """Tells one world, and judges what is answered."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self._ids: dict[str, str] = {}
        self._told = 0
        world.broker.listen("inbound", self._landed)
        world.broker.listen("account", self._landed)

    def says(self, number: str, text: str, at_ms: int) -> None:
        """Somebody writes to one of our lines."""
        self._told += 1
        body: dict[str, object] = {"from_number": number, "number": number, "content": text, "date_sent": iso(at_ms)}
        ours: dict[str, object] = {"to_number": NUMBERS["a"], "sendblue_number": NUMBERS["a"], "is_outbound": False}
        name = f"in-{self._told}"
        self._send(Hook(Kind.RECEIVE, name, {**body, **ours, "message_handle": name, "status": "RECEIVED"}, at_ms))

    def blocked(self, line: str, at_ms: int) -> None:
        """A line of ours is blocked."""
        body: dict[str, object] = {"sendblue_number": NUMBERS[line], "status": "BLOCKED", "timestamp": iso(at_ms)}
        self._send(Hook(Kind.LINE_BLOCKED, f"{line} {at_ms}", body, at_ms))

    def _send(self, hook: Hook) -> None:
        rng = self.world.plan.rng
        if rng.random() < 0.3:
            return self.world.saw("a webhook lost")
        self._call(hook, SECRET, 0)
        if rng.random() < 0.2:
            self.world.scheduler.after(rng.choice((0.01, 5.0, 60.0)), self._call, hook, SECRET, TRIES)
        if rng.random() < 0.1:
            self._call(hook._replace(name="forged"), b"not the secret that we share", TRIES)
        return None

    def _call(self, hook: Hook, secret: bytes, tries: int) -> None:
        ready = [p for p in self.world.processes if p.live]
        if not ready:
            return self._again(hook, secret, tries)
        process, state = self.world.plan.rng.choice(ready), {"open": True}
        process.hear(0.01, process.loop.start, self._accept, process, hook, secret, tries, state)
        self.world.scheduler.after(ANSWER_S, self._give_up, hook, secret, tries, state)
        return None

    async def _accept(self, process: "Process", hook: Hook, secret: bytes, tries: int, state: dict[str, bool]) -> None:
        reply = await process.hooks.accept(hook.kind, secret, json.dumps(hook.body).encode())
        if reply.status == 200:
            self._heard(process, hook)
        if state.pop("open", False):
            self._answered(process, hook, reply)
            if reply.status != 200:
                self.world.saw("a webhook refused")
                self._again(hook, secret, tries)

    def _heard(self, process: "Process", hook: Hook) -> None:
        if hook.kind is Kind.LINE_BLOCKED:
            self.world.saw("a line's block told")
            self.world.rooms.told[process].hears(hook.name[0], hook.at_ms)

    def _answered(self, process: "Process", hook: Hook, reply: Reply) -> None:
        """29: durable before the answer, and only to who knows the secret."""
        wrong = self.world.oracle.wrong
        if hook.name == "forged":
            self.world.saw("a forged webhook")
            if reply.status != 401:
                wrong("29 forged", f"{process} answered {reply.status}")
        elif reply.status == 200:
            if hook.name not in self._ids:
                wrong("29 durable", f"{process} answered {hook.name} without an event")
            if hook.kind is Kind.LINE_BLOCKED and not self._is_ordered(hook):
                wrong("29 durable", f"{process} answered {hook.name} and tells nobody")
            if hook.kind is Kind.RECEIVE:
                self.world.consents.answered(process, str(hook.body["from_number"]), hook.at_ms)

    def _is_ordered(self, hook: Hook) -> bool:
        """All replicas read of the block, which began by then: by the clock of who heard of it, if that is behind."""
        key, since_ms = BLOCKED + hook.name[0].encode(), hook.at_ms - SKEW_MS
        found = (cast("int", entry.value) for entry in self.world.broker.log("control") if entry.key == key)
        return any(since_ms <= at_ms <= hook.at_ms for at_ms in found)

    def _give_up(self, hook: Hook, secret: bytes, tries: int, state: dict[str, bool]) -> None:
        if state.pop("open", False):
            self._again(hook, secret, tries)

    def _again(self, hook: Hook, secret: bytes, tries: int) -> None:
        if tries < TRIES:
            self.world.scheduler.after(10.0 * (tries + 1), self._call, hook, secret, tries + 1)

    def _landed(self, entry: Entry) -> None:
        """29: whoever was told, and however often: under one id."""
        event = cast("InboundMessage | AccountEvent", entry.value)
        name = _name(event)
        self.world.say(None, entry.topic, f"{event.event_id} {name}")
        if name in self._ids:
            self.world.saw("a webhook's event again")
        if self._ids.setdefault(name, event.event_id) != event.event_id:
            self.world.oracle.wrong("29 event id", f"{name} is told under two ids")


class Topics:
    """Where the webhooks of one process go."""

    def __init__(self, process: "Process") -> None:
        self._process, self._edges = process, process.edges
        self.is_up, self.unreadable = self._edges.is_up, self._edges.unreadable

    async def inbound(self, message: InboundMessage) -> None:
        """What somebody wrote."""
        await self._process.point("before an inbound message")
        await self._edges.publish("inbound", message)

    async def account(self, event: AccountEvent) -> None:
        """Anything else."""
        await self._edges.publish("account", event)

    async def block(self, line: str, at_ms: int) -> None:
        """When a line was blocked, for every replica."""
        await self._edges.publish("control", at_ms, BLOCKED + line.encode())


def _name(event: InboundMessage | AccountEvent) -> str:
    if isinstance(event, InboundMessage):
        return event.report.message_handle or ""
    return f"{event.line} {time_of(json.loads(event.raw)['timestamp'])}"


def hooks_of(process: "Process") -> "AccountWebhooks":
    """The role of a process."""
    edges, lines = process.edges, {number: line for line, number in NUMBERS.items()}
    return process.world.teeth.hooks(
        lambda: (SECRET,),
        Topics(process),
        StatusReports(edges),
        RecentClaims(),
        lines,
        listeners_of(process.ears.role, process.facts, Topics(process).block),
        json.loads,
        edges.now_ms,
        process.observe,
    )
