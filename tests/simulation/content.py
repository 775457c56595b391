"""What is asked outside before texts go, in the simulated world: who has iMessage, and a store that takes files.

One person has no iMessage, and one link is signed. Look-ups and uploads fail while faults last. Watched is what leaves
for the socket (docs/reliability.md, invariant 25).
"""

import asyncio
from typing import TYPE_CHECKING

from connector.core.inquiries import NoAnswer
from connector.core.looks import senders_rate, service_rate
from connector.core.messages import SendRequest, ServicePolicy
from connector.core.preparing import Media, Preparing, Uploaded
from connector.roles.inquiring import Desk, Preparations
from tests.simulation.plan import LINES

if TYPE_CHECKING:
    from tests.simulation.messages import Text
    from tests.simulation.process import Process
    from tests.simulation.world import World

GREEN = "+12025550123"
SIGNED = "https://files.example.com/a.png?sig=x"
PREPARING = Preparing(upload=True)


def may_be_refused(request: SendRequest) -> bool:
    """Whether NOT_IMESSAGE is true of it."""
    return request.service_policy is ServicePolicy.IMESSAGE_ONLY and request.number == GREEN


class Outside:
    """Whom one process asks."""

    def __init__(self, process: "Process") -> None:
        self._process, self._world = process, process.world
        self._uploads = 0

    async def service(self, number: str) -> str | NoAnswer:
        """Sendblue's look-up."""
        await asyncio.sleep(self._world.plan.span(0.05, 1.0))
        return NoAnswer() if self._fails() else "SMS" if number == GREEN else "iMessage"

    async def file(self, _: str) -> Media | NoAnswer:
        """An upload: another URL each time."""
        await asyncio.sleep(self._world.plan.span(0.1, 3.0))
        self._uploads += 1
        return (
            NoAnswer()
            if self._fails()
            else Uploaded(f"https://store.example.com/{self._process.owner}-{self._uploads}.png")
        )

    def _fails(self) -> bool:
        if not (self._world.sendblue.is_away or self._world.plan.chance(0.5)):
            return False
        self._world.saw("a question without an answer")
        return True


def preparations_of(process: "Process") -> Preparations:
    """The two desks of a process."""
    outside, edges = Outside(process), process.edges

    def rate() -> float:
        return service_rate(senders_rate(len(process.sender.lanes) if process.sender else 0, len(LINES)))

    def wake(names: tuple[bytes, ...]) -> None:
        if process.sender is not None:
            process.sender.wake(names)

    services: Desk[str, str] = Desk(outside.service, lambda _: 3_600.0, edges, edges.jitter, wake, at_once=4, rate=rate)
    files: Desk[str, Media] = Desk(outside.file, lambda _: 900.0, edges, edges.jitter, wake, at_once=2, rate=rate)
    process.watches += [services.watch, files.watch]
    process.closers += [services.close, files.close]
    return Preparations(PREPARING, services, files)


def wrote(world: "World", text: "Text") -> None:
    """25: by iMessage only, or not at all; and no link that Sendblue could not fetch."""
    request = text.dispatch.request
    if may_be_refused(request):
        world.oracle.wrong("25 content", f"{request.request_id} by {text.attempt} to who has no iMessage")
    if request.media_url == SIGNED:
        world.oracle.wrong("25 content", f"{request.request_id} by {text.attempt} with a link that nobody can fetch")
    if request.media_url is not None:
        world.saw("a text with an uploaded file")
