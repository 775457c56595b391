"""Callbacks of one message that arrive at the same time: what is remembered of it never goes back."""

import asyncio

from connector.core.events import MessageEvent
from tests.test_ingress import World


class Crossing(World):
    """A topic that acknowledges each status when its gate opens."""

    def __init__(self) -> None:
        super().__init__()
        self.gates = {"SENT": asyncio.Event(), "DELIVERED": asyncio.Event()}

    async def event(self, event: MessageEvent) -> None:
        await self.gates[str(event.status)].wait()
        await super().event(event)


async def test_a_slow_publish_does_not_undo_a_later_status() -> None:
    """SENT began first and was durable last; what follows is still measured by DELIVERED."""
    world = Crossing()
    sent = asyncio.create_task(world.call("SENT"))
    delivered = asyncio.create_task(world.call("DELIVERED"))
    world.gates["DELIVERED"].set()
    await delivered
    world.gates["SENT"].set()
    await sent
    await world.call("SENT", date_updated="2026-11-24T12:00:00Z")

    assert [(event.status, event.out_of_order) for event in world.events] == [
        ("DELIVERED", False),
        ("SENT", False),
        ("SENT", True),
    ]
