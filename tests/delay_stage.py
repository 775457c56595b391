"""The sender's stage with its queues: dispatch and delay topics in memory, the real delayers between them."""

import asyncio
from collections import defaultdict, deque
from dataclasses import dataclass, field

from connector.core.delays import Defer, Delay
from connector.core.events import MessageEvent
from connector.core.messages import Dispatch, Origin, Priority, SendRequest
from connector.core.priorities import Places
from connector.core.steps import Held
from connector.roles.delayer import Delayer, DelayRecord
from connector.roles.ends import DeadLetter, Ends
from connector.roles.surroundings import DispatchRecord
from tests.sender_stage import Stage


class DelayTopic:
    """One delay topic: four partitions by contact, and the delayer that has them. It can be handed to another one."""

    def __init__(self, stage: "DelayStage", delay: Delay) -> None:
        self._stage, self._delay = stage, delay
        self._logs: dict[int, list[DelayRecord]] = defaultdict(list)
        self.take_over()

    def append(self, contact: bytes, dispatch: Dispatch) -> None:
        partition = contact[0] % 4
        value = self._stage.value_of(dispatch)
        place, lane = (partition, len(self._logs[partition])), dispatch.request.priority
        record = DelayRecord(*place, self._stage.now_ms(), dispatch.line, value, lane)
        self._logs[partition].append(record)
        self.delayer.records([record])

    def take_over(self) -> None:
        """Another delayer has the partitions now and reads them from the beginning: nothing was committed."""
        stage = self._stage
        self.delayer = Delayer(self._delay, stage, stage, stage.facts.append, lambda *_: None)
        self.delayer.assigned(range(4))
        for log in self._logs.values():
            self.delayer.records(log)


@dataclass
class DelayStage(Stage):
    """``events``: what was published by the way; each dispatch partition is read while it is not paused."""

    events: list[MessageEvent] = field(default_factory=list)
    made: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        self._queues: dict[int, deque[Dispatch]] = defaultdict(deque)
        self._next: dict[int, int] = defaultdict(int)
        self._stopped: set[int] = set()
        self._values: dict[bytes, Dispatch] = {}
        self._ends = Ends(self, self.now_ms, self.facts.append)
        self.topics = {delay: DelayTopic(self, delay) for delay in Delay}

    def request(self, request_id: str, number: str = "+12025550123", partition: int = 0, **more: object) -> Dispatch:
        """Append a fresh request to a line's partition, as the router does; origins count from 0."""
        request = SendRequest(request_id, number=number, content="hello", **more)  # type: ignore[arg-type]  # fields
        origin = Origin("sendblue.requests", 0, self.made)
        self.made += 1
        dispatch = Dispatch(request, origin, self.now_ms(), "AB"[partition])
        self.append(dispatch)
        return dispatch

    def append(self, dispatch: Dispatch) -> None:
        """Append to the line's partition."""
        place = Places("AB".index(dispatch.line), self.replies.get(dispatch.line))
        partition = place.of(dispatch.request.priority)
        self._queues[partition].append(dispatch)
        self._read(partition)

    def value_of(self, dispatch: Dispatch) -> bytes:
        value = f"{dispatch.origin} {dispatch.deferrals}".encode()
        self._values[value] = dispatch
        return value

    def backlog(self, partition: int = 0) -> int:
        """Records of a partition that were not read."""
        return len(self._queues[partition])

    def pause(self, partition: int, full: bool) -> None:
        super().pause(partition, full)
        (self._stopped.add if full else self._stopped.discard)(partition)
        asyncio.get_running_loop().call_soon(self._read, partition)

    async def defer(self, held: Held, step: Defer) -> None:
        await super().defer(held, step)
        await self._ends.defer(held, step)

    async def scheduled(self, held: Held) -> None:
        await super().scheduled(held)
        await self._ends.scheduled(held)

    async def event(self, event: MessageEvent) -> None:
        self.events.append(event)

    async def delay(self, delay: Delay, contact: bytes, dispatch: Dispatch) -> None:
        await asyncio.sleep(0.002)
        self.topics[delay].append(contact, dispatch)

    async def again(self, line: str, priority: Priority, value: bytes) -> None:
        await asyncio.sleep(0.002)
        assert self._values[value].request.priority is priority
        self.append(self._values[value])

    async def dead_letter(self, letter: DeadLetter) -> None:
        raise AssertionError("the stage notes ends itself")

    async def parked(self, key: bytes, held: Held | None, attempt: str) -> None:
        raise AssertionError("the stage notes ends itself")

    async def dispatch(self, dispatch: Dispatch) -> None:
        raise AssertionError("the stage notes hops itself")

    def _read(self, partition: int) -> None:
        while self._queues[partition] and partition not in self._stopped:
            dispatch, offset = self._queues[partition].popleft(), self._next[partition]
            self._next[partition] += 1
            self.sender.records([DispatchRecord(partition, offset, dispatch.request_time_ms, 300, dispatch)])
