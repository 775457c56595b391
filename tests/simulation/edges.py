"""What a process's roles get from outside, over the simulated Kafka and Sendblue: every Protocol they declare.

``Edges`` is all of them in one: the ledger's log, the topics of ends, the contacts topic, the ingress's outlet,
clocks, chance, and the call of Sendblue. Each call passes a *point* where the plan may kill or freeze the process.
"""

import asyncio
from functools import cached_property
from typing import TYPE_CHECKING

from connector.core.callbacks import Report, Unreadable, parse
from connector.core.calls import Answer, MayWrite, message_of
from connector.core.delays import Delay
from connector.core.events import MessageEvent
from connector.core.messages import Dispatch, Priority
from connector.core.opt_outs import Word
from connector.core.records import Close, Intent, LedgerRecord
from connector.core.steps import Held
from connector.roles.account import Account
from connector.roles.ends import DeadLetter, PublishFailed
from connector.roles.reconciler import Binding
from connector.roles.replica import AppendFailed
from tests.simulation.broker import EPOCH_MS, TOPICS, NotAcknowledged
from tests.simulation.plan import place_of

if TYPE_CHECKING:
    from tests.simulation.process import Process

PROGRESS = b""


class Edges:
    """The outside of one process."""

    def __init__(self, process: "Process") -> None:
        self.process, self.world = process, process.world
        self._attempts = 0
        self._boot = self.world.plan.span(0, 1e5)

    @cached_property
    def account(self) -> Account:
        """The account, made once the process runs."""
        return self.world.teeth.account(self.probe, self.mono, self._stir, self.process.observe)

    def mono(self) -> float:
        """Boot-time seconds of this machine."""
        return self._boot + self.world.scheduler.now

    def now_ms(self) -> int:
        """This machine's wall clock, which is off by its skew."""
        return EPOCH_MS + int(self.world.scheduler.now * 1000) + self.process.setup.skew_ms

    def attempt(self) -> str:
        self._attempts += 1
        return self.world.teeth.attempt(self.world.plan.rng, self._attempts)

    def jitter(self) -> float:
        return self.world.plan.rng.random()

    async def append(self, record: LedgerRecord) -> None:
        if isinstance(record, Intent):
            self.world.oracle.proposed(self.process, record)
        elif isinstance(record, Close):
            self.world.moves.closes(self.process, record)
        try:
            await self.world.broker.append(self.process, "ledger", 0, record)
        except NotAcknowledged:
            raise AppendFailed from None
        await self.process.point(f"after {type(record).__name__}")

    async def log_end(self) -> int | None:
        """Where the ledger ends now, after the time an answer takes."""
        await asyncio.sleep(0.005)
        return None if self.world.broker.down_until > self.world.scheduler.now else self.world.broker.end("ledger")

    async def event(self, event: MessageEvent) -> None:
        await self.process.point("before an event")
        await self.publish("events", event)

    async def dead_letter(self, letter: DeadLetter) -> None:
        await self.publish("dlq", letter)

    async def unreadable(self, body: bytes, request_id: str, reason: str) -> None:
        await self.publish("dlq", (request_id, reason, body))

    async def dispatch(self, dispatch: Dispatch) -> None:
        await self.publish("dispatch", dispatch, partition=place_of(dispatch.line, dispatch.request.priority))
        await self.process.point("after a dispatch")

    async def delay(self, delay: Delay, contact: bytes, dispatch: Dispatch) -> None:
        await self.publish(f"delay.{delay}", dispatch, partition=contact[0] % TOPICS[f"delay.{delay}"])
        await self.process.point("after a delay")

    async def again(self, line: str, priority: Priority, value: bytes) -> None:
        """A delayed record goes back; its bytes are its place here."""
        topic, partition, offset = value.decode().split("/")
        dispatch = self.world.broker.log(topic, int(partition))[int(offset)].value
        await self.publish("dispatch", dispatch, partition=place_of(line, priority))

    async def parked(self, key: bytes, held: Held | None, attempt: str) -> None:
        await self.publish("parked", (held, attempt) if held else None, key)

    async def write(self, binding: Binding, ledger_offset: int) -> None:
        await self.publish("contacts", binding, binding.contact)

    async def reached(self, ledger_offset: int) -> None:
        await self.publish("contacts", ledger_offset, PROGRESS)

    async def opt_out(self, key: bytes, word: Word) -> None:
        await self.process.point("before an opt-out")
        if self.process.ears.known.is_behind(key):
            self.world.saw("a word put right")
        await self.publish("optouts", word, key)

    def is_up(self) -> bool:
        return self.world.broker.down_until <= self.world.scheduler.now

    async def send(self, dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
        return self.world.teeth.answer(await self.world.sendblue.post(self.process, dispatch, attempt, may_write))

    async def probe(self) -> bool:
        return await self.world.sendblue.probe(self.process)

    def report(self, answer: Answer) -> Report | None:
        try:
            return parse(message_of(answer))
        except Unreadable:
            return None

    async def publish(self, topic: str, value: object, key: bytes | None = None, partition: int = 0) -> None:
        """Append to a topic. Raises PublishFailed."""
        try:
            await self.world.broker.append(self.process, topic, partition, value, key)
        except NotAcknowledged:
            raise PublishFailed from None

    def _stir(self) -> None:
        if self.process.sender is not None:
            self.process.sender.stir()
