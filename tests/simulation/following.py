"""Topics that a process follows without a group: the events, read back and on, and what operators order."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, cast

from connector.core.moving import Move
from connector.core.orders import Order
from connector.core.outstanding import Told, told_by
from connector.core.pauses import Pause
from connector.wiring.obeying import obey
from tests.simulation.broker import Entry
from tests.simulation.moves import MOVE
from tests.simulation.rooms import BLOCKED

if TYPE_CHECKING:
    from connector.core.events import MessageEvent
    from tests.simulation.process import Process


class EventsBack:
    """The events topic, as ``wiring.inbound.EventsBack`` reads it."""

    def __init__(self, process: "Process") -> None:
        self._process, self._world = process, process.world

    async def follow(self, since_ms: int, take: Callable[[Sequence[Told]], None], at_end: Callable[[], None]) -> None:
        """Read what was told of messages since then, and go on."""
        broker, landed = self._world.broker, asyncio.Event()
        log = broker.log("events")
        position = next((entry.offset for entry in log if entry.ms >= since_ms), len(log))

        def heard(_: Entry) -> None:
            self._process.hear(self._world.plan.lag_s(), landed.set)

        broker.listen("events", heard)
        try:
            while True:
                entries, position = log[position:], len(log)
                take([told for entry in entries if (told := told_by(cast("MessageEvent", entry.value))) is not None])
                at_end()
                landed.clear()
                await landed.wait()
        finally:
            broker.unlisten("events", heard)


class Obedience:
    """What operators order, as this process has read it so far: up to ``position`` of the control topic."""

    def __init__(self, process: "Process") -> None:
        self._process, self._world = process, process.world
        self.orders = self._world.teeth.orders()
        self.moves: dict[str, Move] = {}
        self.blocks: dict[str, int] = {}
        self.position = 0
        self._read(self._world.broker.end("control"))
        self._world.broker.listen("control", self._landed)

    def _landed(self, entry: Entry) -> None:
        if not self._process.loop.dead:
            self._process.hear(self._world.plan.lag_s(), self._read, entry.offset + 1)

    def _read(self, end: int) -> None:
        for entry in self._world.broker.log("control")[self.position : end]:
            key, value = entry.key or b"", entry.value
            if key.startswith(MOVE):
                self._moved(key.removeprefix(MOVE).decode(), cast("Move | None", value))
            elif key.startswith(BLOCKED):
                line, at_ms = key.removeprefix(BLOCKED).decode(), cast("int", value)
                self.blocks[line] = max(at_ms, self.blocks.get(line, 0))
            else:
                order = cast("Order | None", value)
                before = self.orders.put(key, order)
                self._obey(before if order is None and isinstance(before, Pause) else order)
        self.position = max(self.position, end)

    def _moved(self, line: str, move: Move | None) -> None:
        """As ``kafka.control.Control``: nobody is woken."""
        if move is None:
            self.moves.pop(line, None)
        else:
            self.moves[line] = move

    def _obey(self, order: Order | None) -> None:
        """As ``wiring.assembly.Parts.ordered``: the records it may mean look again."""
        sender = self._process.sender
        if order is not None and sender is not None:
            obey(order, self._process.observe, sender.wake, sender.stir)
