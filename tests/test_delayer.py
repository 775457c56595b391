"""The delayer alone, in virtual time."""

import asyncio
from dataclasses import dataclass, field

import pytest

from connector.core.delays import Delay
from connector.core.messages import Priority
from connector.roles.delayer import AHEAD_BYTES, AHEAD_RECORDS, Delayer, DelayRecord
from connector.roles.ends import PublishFailed
from tests.virtual_time import run

NOW_MS = 1_700_000_000_000


@dataclass
class Shelf:
    """A delayer with what is around it: ``given`` as (time, line, value); appends fail while ``down``."""

    delay: Delay = Delay.MINUTE
    given: list[tuple[float, str, bytes]] = field(default_factory=list)
    paused: list[tuple[int, bool]] = field(default_factory=list)
    down: bool = False
    latency_s: float = 0.0
    skew_ms: int = 0

    def __post_init__(self) -> None:
        self.delayer = Delayer(self.delay, self, self, lambda _: None, lambda p, full: self.paused.append((p, full)))
        self.delayer.assigned([0, 1])

    def mono(self) -> float:
        return asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return NOW_MS + self.skew_ms + int(self.mono() * 1000)

    async def again(self, line: str, priority: Priority, value: bytes) -> None:
        if self.down:
            raise PublishFailed
        self.given.append((self.mono(), line, value))
        await asyncio.sleep(self.latency_s)

    def put(self, offset: int, at_s: float = 0.0, partition: int = 0, value: bytes = b"x") -> None:
        """A record appended at this time."""
        self.delayer.records([DelayRecord(partition, offset, NOW_MS + int(at_s * 1000), "A", value)])


@pytest.mark.parametrize(("delay", "span_s"), [(Delay.MINUTE, 60.0), (Delay.HOUR, 3600.0)])
def test_each_record_goes_back_when_its_time_is_over(delay: Delay, span_s: float) -> None:
    """Not sooner, at once then, in order; partitions do not wait for each other."""

    async def story() -> None:
        shelf = Shelf(delay)
        shelf.put(0, -10.0, value=b"first")
        shelf.put(1, 0.0, value=b"third")
        shelf.put(0, -5.0, partition=1, value=b"second")
        await asyncio.sleep(span_s + 20)

        assert shelf.given == [(span_s - 10, "A", b"first"), (span_s - 5, "A", b"second"), (span_s, "A", b"third")]
        assert shelf.delayer.next_offsets() == {0: 2, 1: 1}

    run(story())


def test_what_lay_there_for_long_goes_back_at_once_in_order() -> None:
    """After an outage of the routers."""

    async def story() -> None:
        shelf = Shelf(latency_s=0.01)
        for n in range(300):
            shelf.put(n, -3_000.0, value=b"%d" % n)
        await asyncio.sleep(1)

        assert [value for _, _, value in shelf.given] == [b"%d" % n for n in range(300)]
        assert shelf.delayer.next_offsets() == {0: 300}

    run(story())


def test_clocks_that_differ_hold_nobody_for_longer_than_the_span() -> None:
    """A record of a broker whose clock is an hour ahead waits a minute from when it was read."""

    async def story() -> None:
        shelf = Shelf(skew_ms=-3_600_000)
        shelf.put(0)
        await asyncio.sleep(61)

        assert [at for at, _, _ in shelf.given] == [60.0]

    run(story())


def test_it_reads_no_further_than_it_may_hold() -> None:
    """By records and by bytes, a partition each; it reads on once it has given back."""

    async def story() -> None:
        shelf = Shelf()
        for n in range(AHEAD_RECORDS):
            shelf.put(n)
        shelf.put(0, partition=1, value=b"x" * AHEAD_BYTES)
        before = list(shelf.paused)
        await asyncio.sleep(61)

        assert before == [(0, True), (1, True)]
        assert sorted(shelf.paused[2:]) == [(0, False), (1, False)]
        assert len(shelf.given) == AHEAD_RECORDS + 1

    run(story())


def test_an_offset_is_done_only_when_its_record_is_durable() -> None:
    """Kafka is away: nothing is committed, and it is tried until it works."""

    async def story() -> None:
        shelf = Shelf(down=True)
        shelf.put(0)
        await asyncio.sleep(100)
        away = shelf.delayer.next_offsets()
        shelf.down = False
        await asyncio.sleep(1)

        assert away == {}
        assert shelf.delayer.next_offsets() == {0: 1}
        assert len(shelf.given) == 1

    run(story())


def test_a_revoked_partition_finishes_what_is_going_back_and_nothing_else() -> None:
    """The append under way becomes durable, its offset is given to commit; what waits stays in the topic."""

    async def story() -> None:
        shelf = Shelf(latency_s=20.0)
        shelf.put(0, -60.0, value=b"going")
        shelf.put(1, 0.0, value=b"waiting")
        await asyncio.sleep(1)
        offsets = await shelf.delayer.revoked([0])
        await asyncio.sleep(100)

        assert offsets == {0: 1}
        assert [value for _, _, value in shelf.given] == [b"going"]
        assert shelf.delayer.next_offsets() == {}

    run(story())


def test_a_lost_partition_is_let_go_at_once() -> None:
    """Somebody else gives its records back; late records of it are not taken any more."""

    async def story() -> None:
        shelf = Shelf()
        shelf.put(0)
        shelf.delayer.lost([0])
        shelf.put(1)
        await asyncio.sleep(100)

        assert shelf.given == []
        assert not shelf.delayer.watch.failed.done()

    run(story())
