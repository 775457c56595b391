"""Rules of lines, moves and account webhooks broken on purpose: see ``teeth``."""

import asyncio
from collections.abc import Callable, Mapping

from connector.core.account_webhooks import AccountEvent, InboundMessage
from connector.core.ledger import Step
from connector.core.line_facts import LineFacts, Room
from connector.core.moving import Move
from connector.core.records import LedgerRecord, Rebind
from connector.core.views import Views
from connector.roles.account_webhooks import ACCEPTED, AccountWebhooks, Taken
from connector.roles.ingress import Reply
from connector.roles.replica import LedgerLog, Replica
from tests.simulation.teeth import Teeth

_KEPT: list[asyncio.Task[None]] = []


class StubbornViews(Views):
    """Nobody is ever moved."""

    def note(self, offset: int, append_ms: int, record: LedgerRecord, step: Step, read_at: float) -> None:
        if not isinstance(record, Rebind):
            super().note(offset, append_ms, record, step, read_at)


class StubbornReplica(Replica):
    """Overlooks that a contact was moved."""

    def __init__(self, owner: str, log: LedgerLog, seen: Callable[[LedgerRecord, Step], None]) -> None:
        super().__init__(owner, log, seen)
        self.views = StubbornViews(self.fold, owner)


class ForgetfulFacts(LineFacts):
    """Refuses who names a line that was moved."""

    def moved_along(self, alias: str) -> frozenset[str]:
        return frozenset()


class OpenFacts(LineFacts):
    """A retired line takes new contacts."""

    def _retired(self, alias: str) -> bool:
        return False


class RoomyFacts(LineFacts):
    """A line has room for any number of new contacts."""

    def room(self, alias: str, now: float, now_ms: int) -> Room:
        return Room()


class CheerfulFacts(LineFacts):
    """No line is offline."""

    def stopped(self, alias: str, now: float, now_ms: int) -> bool:
        return False


class LonelyFacts(LineFacts):
    """What another replica was told of a line is not heard of."""

    def obey(self, moves: Mapping[str, Move], blocks: Mapping[str, int] | None = None) -> None:
        super().obey(moves)


class HastyWebhooks(AccountWebhooks):
    """Answers before the message is durable."""

    async def _message(self, message: InboundMessage) -> Taken:
        _KEPT.append(asyncio.create_task(self._later(message)))
        return ACCEPTED

    async def _later(self, message: InboundMessage) -> None:
        await super()._message(message)


class DeafWebhooks(AccountWebhooks):
    """Nobody hears that a line is blocked."""

    async def _event(self, event: AccountEvent) -> Taken:
        await self._outlet.account(event)
        return self._done(event.event_id)


class OpenWebhooks(AccountWebhooks):
    """Takes a webhook from whoever sends one."""

    async def accept(self, kind: str, secret: bytes, body: bytes) -> Reply:
        return await super().accept(kind, next(iter(self._secrets())), body)


BROKEN_OF_LINES = {
    "moved while a text is under way": Teeth(may_go=lambda *_, **__: True),
    "moved and texted from the old line": Teeth(replica=StubbornReplica),
    "a line is moved and its name is refused": Teeth(facts=ForgetfulFacts),
    "a retired line takes new contacts": Teeth(facts=OpenFacts),
    "full and texted": Teeth(facts=RoomyFacts),
    "offline and texted": Teeth(facts=CheerfulFacts),
    "a webhook is answered too early": Teeth(hooks=HastyWebhooks),
    "a block that others hear": Teeth(facts=LonelyFacts),
    "a block that nobody hears": Teeth(hooks=DeafWebhooks),
    "any webhook is taken": Teeth(hooks=OpenWebhooks),
}
