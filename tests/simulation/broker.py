"""A Kafka of lists: partitions, appends that are slow, doubted, late or lost, and a log whose beginning moves.

Values are the connector's own values (their bytes are tested elsewhere). An append that was not acknowledged may
have landed, may land up to a minute later, or never. What one process appends to one partition lands in order, as an
idempotent producer has it, except for those late ones.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from connector.core.delays import Delay
from tests.simulation.clock import Scheduler
from tests.simulation.plan import LINES, PARTITIONS, Plan

if TYPE_CHECKING:
    from tests.simulation.process import Process

EPOCH_MS = 1_700_000_000_000
DELAYS = tuple(f"delay.{delay}" for delay in Delay)
TOPICS = {
    "requests": PARTITIONS,
    "dispatch": 2 * len(LINES),
    "ledger": 1,
    "parked": 1,
    "contacts": 1,
    "control": 1,
    "optouts": 1,
    "inbound": 1,
    "account": 1,
    "events": 1,
    "dlq": 1,
    **dict.fromkeys(DELAYS, 2),
}


class Entry(NamedTuple):
    """One record, where and when it landed; ``key`` where the topic has one."""

    topic: str
    partition: int
    offset: int
    ms: int
    key: bytes | None
    value: object


class NotAcknowledged(Exception):  # noqa: N818 - says what is known
    """The append may have landed, or land later."""


Landed = Callable[[Entry], None]


class Broker:
    """Every topic. ``listen`` tells of each record as it lands."""

    def __init__(self, scheduler: Scheduler, plan: Plan) -> None:
        self._scheduler, self._plan = scheduler, plan
        self._logs = {(topic, p): list[Entry]() for topic, n in TOPICS.items() for p in range(n)}
        self._starts: dict[tuple[str, int], int] = defaultdict(int)
        self._listeners: dict[str, list[Landed]] = defaultdict(list)
        self._last_landing: dict[tuple[str, str, int], float] = {}
        self.down_until = 0.0
        self.skew_ms = 0
        self.fates: dict[str, int] = defaultdict(int)

    @property
    def now_ms(self) -> int:
        """The wall clock of the broker that leads now: after a change of leaders it may go back a little."""
        return EPOCH_MS + int(self._scheduler.now * 1000) + self.skew_ms

    def listen(self, topic: str, landed: Landed) -> None:
        """Be told of each record of a topic."""
        self._listeners[topic].append(landed)

    def unlisten(self, topic: str, landed: Landed) -> None:
        """Be told no more."""
        self._listeners[topic].remove(landed)

    def log(self, topic: str, partition: int = 0) -> Sequence[Entry]:
        """Everything that ever landed; what lies before ``start`` cannot be read any more."""
        return self._logs[topic, partition]

    def start(self, topic: str, partition: int = 0) -> int:
        """The first offset that can be read."""
        return self._starts[topic, partition]

    def end(self, topic: str, partition: int = 0) -> int:
        """The offset after the last record."""
        return len(self._logs[topic, partition])

    def truncate(self, topic: str, older_than_ms: int) -> None:
        """Forget records appended before this time, as retention does."""
        log = self._logs[topic, 0]
        self._starts[topic, 0] = next((e.offset for e in log if e.ms >= older_than_ms), len(log))

    def land(self, topic: str, partition: int, value: object, key: bytes | None = None) -> Entry:
        """A record is in the log, for all to read."""
        log = self._logs[topic, partition]
        entry = Entry(topic, partition, len(log), self.now_ms, key, value)
        log.append(entry)
        for landed in self._listeners[topic]:
            landed(entry)
        return entry

    async def append(
        self, process: "Process", topic: str, partition: int, value: object, key: bytes | None = None
    ) -> None:
        """Append for a process. Raises NotAcknowledged."""
        now, fate = self._scheduler.now, self._plan.append()
        down = self.down_until > now
        name = "down" if down else "acked" if fate.acked else "never" if fate.lands_s is None else "unacked"
        self.fates[name if fate.in_order else "late"] += 1
        if fate.lands_s is not None and not down:
            self._land_at(process, now + fate.lands_s, fate.in_order, (topic, partition, value, key))
        answered = process.loop.create_future()
        answers_at = now + fate.answers_s if not down else max(now + 0.5, min(self.down_until, now + 5.0))
        if fate.in_order and fate.lands_s is not None and not down:
            answers_at = max(answers_at, self._last_landing[process.owner, topic, partition] + 0.001)
        process.loop.call_at(answers_at, _answer, answered)
        await answered
        if down or not fate.acked:
            raise NotAcknowledged

    def _land_at(
        self, process: "Process", when: float, in_order: bool, what: tuple[str, int, object, bytes | None]
    ) -> None:
        place = (process.owner, what[0], what[1])
        if in_order:
            when = max(when, self._last_landing.get(place, 0.0) + 1e-6)
            self._last_landing[place] = when
        self._scheduler.at(when, self.land, *what)


def _answer(answered: "object") -> None:
    if not answered.done():  # type: ignore[attr-defined]  # a future of any loop
        answered.set_result(None)  # type: ignore[attr-defined]
