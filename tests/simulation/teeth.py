"""Rules broken on purpose, to see that the oracle notices. ``WHOLE`` breaks none: the connector as it is."""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from random import Random

from connector.core.callbacks import Report
from connector.core.calls import Answer, Failure, MayWrite
from connector.core.facts import DeadLettered
from connector.core.fuses import Blown, Fuses
from connector.core.ledger import GRANTED, Fold, Step, Verdict
from connector.core.line_facts import LineFacts
from connector.core.messages import Dispatch
from connector.core.moving import may_go
from connector.core.opt_outs import OptedOut
from connector.core.orders import Orders
from connector.core.pauses import Pauses
from connector.core.preparing import Inconclusive
from connector.core.records import Intent, LedgerRecord
from connector.core.seen import Policy
from connector.core.steps import Held, Owe
from connector.core.tokens import Claim, Ring, verify
from connector.core.views import Views
from connector.roles.account import Account
from connector.roles.account_webhooks import AccountWebhooks
from connector.roles.ends import DeadLetter, Ends
from connector.roles.ingress import Ingress, Reply
from connector.roles.replica import AppendFailed, LedgerLog, Replica
from connector.roles.surroundings import Sendblue
from tests.simulation.messages import NUMBERS

FORGERS = Ring({"k1": b"f" * 16}, "k1")
"""Of somebody who knows how a token looks, and not the key."""


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
    policy: Callable[[Policy], Policy] = lambda policy: policy
    sendblue: Callable[[Sendblue], Sendblue] = lambda sendblue: sendblue
    account: type[Account] = Account
    orders: type[Orders] = Orders
    opted_out: type[OptedOut] = OptedOut
    fuses: type[Fuses] = Fuses
    facts: type[LineFacts] = LineFacts
    hooks: type[AccountWebhooks] = AccountWebhooks
    may_go: Callable[..., bool] = may_go


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


class OpenIngress(Ingress):
    """Takes a callback from whoever knows how a token looks."""

    async def accept(self, token: str, body: bytes) -> Reply:
        if verify(self._ring(), token) is None:
            self._ring, genuine = lambda: FORGERS, self._ring
            try:
                return await super().accept(token, body)
            finally:
                self._ring = genuine
        return await super().accept(token, body)


class ForgetfulIngress(Ingress):
    """Publishes the status and leaves the proof out of the ledger."""

    async def _prove(self, claim: Claim, report: Report, now_ms: int) -> None:
        return None


class TalkativeEnds(Ends):
    """Says in a fact whom a request was for."""

    async def dead_letter(self, letter: DeadLetter) -> None:
        await super().dead_letter(letter)
        self._observe(DeadLettered(NUMBERS["a"]))


class OneAtATime:
    """A call of Sendblue holds up the calls of all other lines."""

    def __init__(self, edges: Sendblue) -> None:
        self._edges, self._lock = edges, asyncio.Lock()

    async def send(self, dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
        async with self._lock:
            return await self._edges.send(dispatch, attempt, may_write)

    def report(self, answer: Answer) -> Report | None:
        return self._edges.report(answer)


class DeafAccount(Account):
    """A refused key stops nobody."""

    def stop(self, code: str) -> bool:
        return False


def never_parked(policy: Policy) -> Policy:
    """Nobody ever gives up an attempt in doubt."""
    return replace(policy, park_after_s=1e9)


class DeafOrders(Orders):
    """What operators cancel is sent all the same."""

    def cancels(self, request_id: str, tags: Mapping[str, str], request_time_ms: int, now_ms: int) -> str | None:
        return None


class DeafOptedOut(OptedOut):
    """Whoever has opted out is texted all the same."""

    def __contains__(self, contact: bytes) -> bool:
        return False


class RestlessOrders(Orders):
    """What operators pause is sent all the same."""

    def __init__(self) -> None:
        super().__init__()
        self.pauses = RestlessPauses()


class RestlessPauses(Pauses):
    """Hold nothing."""

    def line_s(self, alias: str, now_ms: int) -> float:
        return 0.0

    def tags_s(self, tags: Mapping[str, str], now_ms: int) -> float:
        return 0.0


class BlindFuses(Fuses):
    """Nobody is ever texted too much."""

    def holds(self, contact: bytes, text: bytes, now_ms: int) -> Blown | None:
        return None

    def beyond(self, attempt: str, now_ms: int) -> bool:
        return False


def server_error_is_unsent(answer: Answer) -> Answer:
    """A 5xx taken as "nothing was sent"."""
    if answer.status is not None and answer.status >= 500:
        return Answer(failure=Failure.NOT_WRITTEN, written_after_s=answer.written_after_s)
    return answer


def unasked(policy: Policy) -> Policy:
    """A look-up that failed is taken for an answer."""
    hasty = replace(policy.preparing, inconclusive=Inconclusive.SEND, give_up_after_s=0.0)
    return replace(policy, preparing=hasty)


WHOLE = Teeth()
BROKEN = {
    "trusts the acknowledgement": Teeth(replica=TrustingReplica),
    "done before durable": Teeth(ends=HastyEnds),
    "callback without proof": Teeth(ingress=ForgetfulIngress),
    "5xx is unsent": Teeth(answer=server_error_is_unsent),
    "attempts are counted": Teeth(attempt=lambda _, n: f"{n:016x}"),
    "any callback is taken": Teeth(ingress=OpenIngress),
    "a number in a fact": Teeth(ends=TalkativeEnds),
    "a refused key stops nobody": Teeth(account=DeafAccount),
    "nothing is parked": Teeth(policy=never_parked),
    "cancelled and sent": Teeth(orders=DeafOrders),
    "texted without an answer": Teeth(policy=unasked),
    "out and texted": Teeth(opted_out=DeafOptedOut),
    "paused and sent": Teeth(orders=RestlessOrders),
    "a fuse that never blows": Teeth(fuses=BlindFuses),
}
