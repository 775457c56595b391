"""What surrounds the sender of ``benchmarks.pool``: topics and ledger in memory, the simulator's limits, virtual time.

Router's choice, sender, delayers, fold and line watch are the connector's own. Nothing is encoded and nothing is sent.
"""

import asyncio
from collections import Counter, deque
from collections.abc import Mapping
from functools import partial

from connector.core.calls import Answer, MayWrite
from connector.core.delays import Defer, Delay
from connector.core.line_facts import LineFacts, State, Usage
from connector.core.messages import Dispatch, Priority
from connector.core.pool import Circle, Pool
from connector.core.records import LedgerRecord
from connector.core.seen import Policy
from connector.core.steps import Held, Owe
from connector.roles.account import Account
from connector.roles.delayer import Delayer, DelayRecord
from connector.roles.doubts import Doubts
from connector.roles.line_watch import LineWatch, Pause
from connector.roles.line_worker import work
from connector.roles.list_proofs import ListProofs
from connector.roles.replica import Replica
from connector.roles.sender import Sender
from connector.roles.surroundings import DispatchRecord, LineInfo, Surroundings
from connector.sendblue.line_states import line_usages
from connector.sendblue.lookups import Found
from connector.simulator.limits import Limits, day_start
from connector.simulator.refusals import fields
from connector.simulator.settings import SimulatorSettings

BEGIN = 1_770_019_200.0
"""2026-02-02 08:00 UTC: 3 AM in New York, when a day of new contacts begins."""
RECORD_BYTES = 300


class World:
    """50 lines or so. ``limits``: alias -> new contacts in an hour and in a day. ``spread``: over the day."""

    def __init__(self, limits: Mapping[str, tuple[int, int]], *, knows: bool, spread: bool) -> None:
        self._time = asyncio.get_running_loop().time
        self.numbers = {f"+1303555{n:04}": alias for n, alias in enumerate(limits)}
        self.by_alias = {alias: number for number, alias in self.numbers.items()}
        by_number = {number: limits[alias] for number, alias in self.numbers.items()}
        self.limits = Limits(SimulatorSettings(tuple(self.numbers), line_limits=by_number))
        self.sent: Counter[str] = Counter()
        self.refused: Counter[tuple[str, str, float]] = Counter()
        self.hops: Counter[str] = Counter()
        self.ends: Counter[str] = Counter()
        self._offset = 0
        self._queues: list[deque[Dispatch]] = [deque() for _ in limits]
        self._read, self._stopped = [0] * len(limits), set[int]()
        self._order = {alias: n for n, alias in enumerate(limits)}
        self.replica = Replica("P", self)
        self.replica.restored.set()
        self.facts = LineFacts(self.numbers, lambda: self.replica.views.firsts, self._stir)
        self.pool = Pool(Circle(limits), self.facts, margin=1)
        self.sender = self._sender(Policy(spread_new=spread))
        self.delayers = {delay: Delayer(delay, self, self, lambda _: None, lambda *_: None) for delay in Delay}
        self.delayed = Counter[tuple[Delay, int]]()
        for delayer in self.delayers.values():
            delayer.assigned(range(4))
        self._held: dict[bytes, Dispatch] = {}
        if knows:
            firsts, pause = (lambda: self.replica.views.firsts), Pause(60.0, self.jitter)
            self.watch = LineWatch(self.facts, self, firsts, pause, self, lambda _: None)

    def _sender(self, policy: Policy) -> Sender:
        account = Account(self._probe, self.mono, lambda: None)
        proofs = ListProofs(self.replica, self, self, self._log_end)  # type: ignore[arg-type]  # nothing is in doubt
        doubts = Doubts(self.replica, proofs, self, lambda: 1.0, lambda _: None, lambda _: None)
        around = Surroundings(
            *(self.replica, self, self, account, doubts, policy, self, self, lambda _: None, b"k" * 16),
            facts=self.facts,
            pool=self.pool,
        )
        sender = Sender([LineInfo(alias, n) for alias, n in self._order.items()], around, work, self._pause)
        sender.assigned(range(len(self._order)))
        return sender

    def mono(self) -> float:
        return self._time()

    def now_ms(self) -> int:
        return int((BEGIN + self.mono()) * 1000)

    def attempt(self) -> str:
        self._offset += 1
        return f"{self._offset:016x}"

    def jitter(self) -> float:
        return 0.5

    async def append(self, record: LedgerRecord) -> None:
        """The ledger's log."""
        await asyncio.sleep(0.002)
        offset = self.replica.next_offset
        self.replica.feed(offset, self.now_ms(), record, self.mono())

    async def send(self, dispatch: Dispatch, attempt: str, may_write: MayWrite) -> Answer:
        """Sendblue: the simulator's windows, and nothing else."""
        while wait_s := may_write():  # noqa: ASYNC110 - as the gate does
            await asyncio.sleep(wait_s)
        number, line, now = dispatch.request.number or "", self.by_alias[dispatch.line], BEGIN + self.mono()
        await asyncio.sleep(0.05)
        rule = self.limits.declined(line, number, now, override=False)
        if rule is not None:
            window = day_start(now) if "DAILY" in rule else now // 3600
            self.refused[dispatch.line, rule, window] += 1
            return Answer(status=400, body={**fields(rule), "message_handle": ""}, is_json=True, written_after_s=0.0)
        self.limits.accepted(line, number, now)
        self.sent[dispatch.line] += 1
        return Answer(status=202, body={"status": "QUEUED", "message_handle": attempt}, is_json=True, written_after_s=0)

    def report(self, _: Answer) -> None:
        return None

    async def listed(self) -> None:
        return None

    async def states(self) -> Mapping[str, State]:
        return {}

    async def usage(self) -> Mapping[str, Usage]:
        rows = [self.limits.usage(line, BEGIN + self.mono()) for line in self.numbers]
        return line_usages(Found("GET", "usage", {"enabled": True, "lines": rows}))

    def dispatch(self, dispatch: Dispatch) -> None:
        """Append to the line's partition."""
        partition = self._order[dispatch.line]
        self._queues[partition].append(dispatch)
        self._hand_over(partition)

    async def hop(self, dispatch: Dispatch, line: str) -> None:
        self.hops["line"] += 1
        self.dispatch(_moved(dispatch, line))

    async def defer(self, held: Held, step: Defer) -> None:
        self.hops[step.delay] += 1
        partition = held.contact[0] % 4
        value = held.dispatch.request.request_id.encode()
        self._held[value] = held.dispatch
        offset = self.delayed[step.delay, partition]
        self.delayed[step.delay, partition] += 1
        record = DelayRecord(partition, offset, self.now_ms(), held.dispatch.line, value)
        self.delayers[step.delay].records([record])

    async def again(self, _: str, __: Priority, value: bytes) -> None:
        self.dispatch(self._held.pop(value))

    async def owed(self, _: Held, owe: Owe, __: object) -> None:
        self.ends[str(owe.event)] += 1

    async def scheduled(self, _: Held) -> None:
        raise AssertionError("nothing is scheduled")

    async def _probe(self) -> bool:
        return True

    async def _log_end(self) -> int:
        return self.replica.next_offset

    def _stir(self, lines: frozenset[str]) -> None:
        self.sender.stir(lines)

    def _pause(self, partition: int, full: bool) -> None:
        (self._stopped.add if full else self._stopped.discard)(partition)
        asyncio.get_running_loop().call_soon(partial(self._hand_over, partition))

    def _hand_over(self, partition: int) -> None:
        queue = self._queues[partition]
        while queue and partition not in self._stopped:
            dispatch, offset = queue.popleft(), self._read[partition]
            self._read[partition] += 1
            record = DispatchRecord(partition, offset, dispatch.request_time_ms, RECORD_BYTES, dispatch)
            self.sender.records([record])


def _moved(dispatch: Dispatch, line: str) -> Dispatch:
    return Dispatch(
        dispatch.request, dispatch.origin, dispatch.request_time_ms, line, hops=dispatch.hops + 1,
        deferrals=dispatch.deferrals,
    )  # fmt: skip
