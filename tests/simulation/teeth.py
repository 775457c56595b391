"""Rules broken on purpose, to see that the oracle notices. ``WHOLE`` breaks none: the connector as it is."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from connector.core.callbacks import Report
from connector.core.calls import Answer, Failure
from connector.core.ledger import GRANTED, Fold, Step, Verdict
from connector.core.records import Intent, LedgerRecord
from connector.core.steps import Held, Owe
from connector.core.tokens import Claim
from connector.core.views import Views
from connector.roles.ends import Ends
from connector.roles.ingress import Ingress
from connector.roles.replica import AppendFailed, LedgerLog, Replica


def _chance_attempt(rng: Random, _: int) -> str:
    return f"{rng.getrandbits(64):016x}"


@dataclass(frozen=True)
class Teeth:
    """The parts of a process that a broken rule replaces."""

    replica: type[Replica] = Replica
    ends: type[Ends] = Ends
    ingress: type[Ingress] = Ingress
    answer: Callable[[Answer], Answer] = lambda answer: answer
    attempt: Callable[[Random, int], str] = _chance_attempt


class TrustingFold(Fold):
    """Takes an acknowledged attempt for an open one."""

    def __init__(self) -> None:
        super().__init__()
        self.acknowledged: set[str] = set()

    def is_open(self, request_id: str, attempt: str) -> bool:
        return attempt in self.acknowledged or super().is_open(request_id, attempt)


class TrustingReplica(Replica):
    """Takes the producer's acknowledgement for the grant."""

    def __init__(self, owner: str, log: LedgerLog, seen: Callable[[LedgerRecord, Step], None]) -> None:
        super().__init__(owner, log, seen)
        self.fold = self.trusting = TrustingFold()
        self.views = Views(self.fold, owner)

    async def propose(self, intent: Intent, timeout_s: float) -> Verdict | None:
        try:
            async with asyncio.timeout(timeout_s):
                await self._log.append(intent)
        except (TimeoutError, AppendFailed):
            return None
        self.trusting.acknowledged.add(intent.attempt)
        return GRANTED


class HastyEnds(Ends):
    """Says that an end is durable before it is."""

    async def owed(self, held: Held, owe: Owe, report: Report | None = None) -> None:
        task = asyncio.create_task(super().owed(held, owe, report))
        _KEPT.append(task)


_KEPT: list[asyncio.Task[None]] = []


class ForgetfulIngress(Ingress):
    """Publishes the status and leaves the proof out of the ledger."""

    async def _prove(self, claim: Claim, report: Report, now_ms: int) -> None:
        return None


def server_error_is_unsent(answer: Answer) -> Answer:
    """A 5xx taken as "nothing was sent"."""
    if answer.status is not None and answer.status >= 500:
        return Answer(failure=Failure.NOT_WRITTEN, written_after_s=answer.written_after_s)
    return answer


WHOLE = Teeth()
BROKEN = {
    "trusts the acknowledgement": Teeth(replica=TrustingReplica),
    "done before durable": Teeth(ends=HastyEnds),
    "callback without proof": Teeth(ingress=ForgetfulIngress),
    "5xx is unsent": Teeth(answer=server_error_is_unsent),
    "attempts are counted": Teeth(attempt=lambda _, n: f"{n:016x}"),
}
