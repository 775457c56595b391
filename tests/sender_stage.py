"""A stage for the sender in virtual time: a ledger in memory, a Sendblue that answers as told, ends that are noted."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from connector.core.budget import Budget
from connector.core.callbacks import Report, parse
from connector.core.calls import CALL_S, Answer, Failure, MayWrite, message_of
from connector.core.delays import Defer
from connector.core.facts import Fact
from connector.core.inquiries import NoAnswer
from connector.core.line_facts import LineFacts, Usage
from connector.core.messages import Dispatch, Origin, SendRequest
from connector.core.opt_outs import OptedOut
from connector.core.orders import Orders
from connector.core.own_limits import Limits, own_usage
from connector.core.pool import Circle, Pool
from connector.core.preparing import Media
from connector.core.priorities import Places
from connector.core.proofs import Listing, Text
from connector.core.records import LedgerRecord
from connector.core.seen import Policy
from connector.core.spans import OFF, Tracing
from connector.core.steps import Held, Owe
from connector.roles.account import Account
from connector.roles.doubts import Doubts
from connector.roles.inquiring import Desk, Preparations
from connector.roles.line_worker import work
from connector.roles.list_proofs import ListProofs
from connector.roles.replica import AppendFailed, Replica
from connector.roles.sender import Sender
from connector.roles.surroundings import DispatchRecord, LineInfo, Surroundings

NOW_MS = 1_700_000_000_000
LINES = {"+13035550100": "A", "+13035550101": "B"}
ACCEPTED = Answer(status=202, body={"status": "QUEUED", "message_handle": "h-1"}, is_json=True)
NOT_WRITTEN = Answer(failure=Failure.NOT_WRITTEN)
LOST = Answer(failure=Failure.WRITTEN)
TOO_MANY = Answer(status=429, body={"status": "ERROR", "message": "slow down"}, is_json=True)
REFUSED = Answer(status=400, body={"status": "ERROR", "error_code": 4002, "error_message": "no"}, is_json=True)
BAD_KEY = Answer(status=401, body={"status": "ERROR", "message": "Invalid Credentials"}, is_json=True)


class Log:
    """One ledger read by any number of replicas; appends land after ``delay_s``, or are lost when told so."""

    def __init__(self) -> None:
        self.records: list[LedgerRecord] = []
        self.replicas: list[Replica] = []
        self.delay_s = 0.002
        self.lose: Callable[[LedgerRecord], bool] = lambda _: False

    async def end(self) -> int | None:
        return len(self.records)

    async def append(self, record: LedgerRecord) -> None:
        await asyncio.sleep(self.delay_s)
        if self.lose(record):
            raise AppendFailed
        self.land(record)

    def land(self, record: LedgerRecord) -> None:
        now = asyncio.get_running_loop().time()
        self.records.append(record)
        for replica in self.replicas:
            replica.feed(len(self.records) - 1, NOW_MS + int(now * 1000), record, now)


@dataclass
class Stage:
    """Everything around one sender, and what it did: POSTs as (time, request id, line), ends as event types.

    ``services`` and ``files``: what is answered to what is asked before a text goes, one after the other; then always
    the last. ``media``: the URLs that were posted; ``sought``: what the message list was asked for.
    ``connects_s``: how long each call waits for its connection, 0 when there are no more. ``replies``: the partition
    for replies of a line that has one.
    """

    log: Log = field(default_factory=Log)
    owner: str = "P"
    policy: Policy = field(default_factory=Policy)
    gap_s: float = 1.0
    in_flight: int = 1
    answers: list[Answer] = field(default_factory=list)
    posts: list[tuple[float, str, str]] = field(default_factory=list)
    ends: list[tuple[str, str]] = field(default_factory=list)
    hops: list[tuple[str, str]] = field(default_factory=list)
    deferred: list[tuple[float, str, Defer]] = field(default_factory=list)
    announced: list[str] = field(default_factory=list)
    facts: list[Fact] = field(default_factory=list)
    paused: list[tuple[int, bool]] = field(default_factory=list)
    probes: list[bool] = field(default_factory=list)
    latency_s: float = 0.05
    connects_s: list[float] = field(default_factory=list)
    attempts: int = 0
    clock_reads: int = 0
    budget: Budget = field(default_factory=Budget)
    listing: Callable[[], Listing | None] = lambda: None
    looks: list[tuple[float, bool]] = field(default_factory=list)
    looks_rate: float = 3.0
    answer_for: Callable[[str], Answer] = lambda _: ACCEPTED
    tracing: Tracing = OFF
    call_s: float = CALL_S
    services: list[str | NoAnswer] = field(default_factory=list)
    files: list[Media | NoAnswer] = field(default_factory=list)
    asked: list[tuple[float, str]] = field(default_factory=list)
    asking_s: float = 0.2
    media: list[str | None] = field(default_factory=list)
    sought: list[Text] = field(default_factory=list)
    opted_out: OptedOut = field(default_factory=OptedOut)
    refusals: list[tuple[Held, int]] = field(default_factory=list)
    replies: dict[str, int] = field(default_factory=dict)
    given: dict[str, Places] = field(default_factory=dict)
    limits: dict[str, Limits] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.replica = Replica(self.owner, self.log)
        self.log.replicas.append(self.replica)
        self.replica.restored.set()
        self.account = Account(self.probe, self.mono, self._stir, self.facts.append)
        self.proofs = ListProofs(self.replica, self, self, self.log_end)
        self.doubts = Doubts(self.replica, self.proofs, self, lambda: self.looks_rate, self._wake, self.facts.append)
        self.orders, key = Orders(), b"k" * 16
        self.desks: tuple[Desk[str, str], Desk[str, Media]] = (
            Desk(self.service, lambda _: 3600.0, self, self.jitter, self._wake, at_once=2, rate=lambda: 10.0),
            Desk(self.file, lambda _: 900.0, self, self.jitter, self._wake, at_once=2, rate=lambda: 10.0),
        )
        preparations = Preparations(self.policy.preparing, *self.desks)
        self.line_facts = LineFacts(LINES, lambda: self.replica.views.firsts, self._stir, self._own)
        observe, account, doubts = self.facts.append, self.account, self.doubts
        around = Surroundings(
            *(self.replica, self, self, account, doubts, self.policy, self, self, observe, key),
            orders=self.orders,
            budget=self.budget,
            tracing=self.tracing,
            call_s=self.call_s,
            preparations=preparations,
            opted_out=self.opted_out,
            refused=lambda held, at_ms: self.refusals.append((held, at_ms)),
            facts=self.line_facts,
            pool=Pool(Circle("AB"), self.line_facts, margin=1),
        )
        lines = [LineInfo(a, n, self.gap_s, self.in_flight, self.replies.get(a)) for n, a in enumerate("AB")]
        self.sender = Sender(lines, around, work, self.pause, self.given)

    def pause(self, partition: int, full: bool) -> None:
        self.paused.append((partition, full))

    def _own(self, alias: str, now_ms: int) -> Usage:
        return own_usage(self.limits.get(alias, Limits()), self.replica.views.firsts_at, alias, now_ms)

    def _stir(self, lines: frozenset[str] | None = None) -> None:
        self.sender.stir(lines)

    def _wake(self, names: tuple[bytes, ...]) -> None:
        self.sender.wake(names)

    def mono(self) -> float:
        self.clock_reads += 1
        return asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return NOW_MS + int(self.mono() * 1000)

    def attempt(self) -> str:
        self.attempts += 1
        return f"{ord(self.owner):02x}{self.attempts:014x}"

    def jitter(self) -> float:
        return 0.5

    async def probe(self) -> bool:
        await asyncio.sleep(0.01)
        return self.probes.pop(0) if self.probes else True

    async def send(self, dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
        began = self.mono()
        await asyncio.sleep(self.connects_s.pop(0) if self.connects_s else 0)
        while wait_s := may_write():  # noqa: ASYNC110 - as the gate does
            await asyncio.sleep(wait_s)
        if wait_s is None:
            return NOT_WRITTEN
        wrote = self.mono()
        self.posts.append((wrote, dispatch.request.request_id, dispatch.line))
        self.media.append(dispatch.request.media_url)
        await asyncio.sleep(self.latency_s)
        answer = self.answers.pop(0) if self.answers else self.answer_for(dispatch.request.request_id)
        return replace(answer, written_after_s=wrote - began)

    async def service(self, number: str) -> str | NoAnswer:
        self.asked.append((self.mono(), number))
        await asyncio.sleep(self.asking_s)
        return self.services.pop(0) if len(self.services) > 1 else self.services[0]

    async def file(self, link: str) -> Media | NoAnswer:
        self.asked.append((self.mono(), link))
        await asyncio.sleep(self.asking_s)
        return self.files.pop(0) if len(self.files) > 1 else self.files[0]

    def text(self, dispatch: Dispatch, line: str) -> Text | None:
        request = dispatch.request
        if request.number is None:
            return None
        self.sought.append(Text(request.number, f"line {line}", request.content, request.media_url))
        return self.sought[-1]

    async def log_end(self) -> int | None:
        return len(self.log.records)

    async def outbound(self, number: str, since_ms: int, *, newest: bool) -> Listing | None:
        self.looks.append((self.mono(), newest))
        await asyncio.sleep(self.latency_s)
        return self.listing()

    def report(self, answer: Answer) -> Report | None:
        body = message_of(answer)
        return parse(body) if "status" in body else None

    async def owed(self, held: Held, owe: Owe, report: Report | None) -> None:
        self.ends.append((held.dispatch.request.request_id, str(owe.event)))

    async def hop(self, dispatch: Dispatch, line: str) -> None:
        self.hops.append((dispatch.request.request_id, line))

    async def defer(self, held: Held, step: Defer) -> None:
        self.deferred.append((self.mono(), held.dispatch.request.request_id, step))

    async def scheduled(self, held: Held) -> None:
        self.announced.append(held.dispatch.request.request_id)

    def give(
        self, offset: int, request_id: str, number: str = "+12025550123", partition: int = 0, **more: object
    ) -> None:
        """Hand the sender one record of the dispatch topic."""
        record_ms = NOW_MS + int(self.mono() * 1000)
        request = SendRequest(request_id, number=number, content="hello", **more)  # type: ignore[arg-type]  # fields
        line = next((alias for alias, reply in self.replies.items() if reply == partition), "AB"[partition % 2])
        dispatch = Dispatch(request, Origin("sendblue.requests", partition, offset), record_ms, line)
        self.sender.records([DispatchRecord(partition, offset, record_ms, 300, dispatch)])

    async def until(self, true: Callable[[], bool], within_s: float = 3600.0) -> None:
        """Let virtual time pass until the condition holds."""
        async with asyncio.timeout(within_s):
            while not true():  # noqa: ASYNC110 - virtual time; the condition is any
                await asyncio.sleep(0.05)
