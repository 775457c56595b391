"""The feed between a consumer and its role: bounded, in order, true to one assignment of a partition."""

import asyncio
from collections.abc import Sequence

from connector.core.lag import Lag, total
from connector.core.messages import SendRequest
from connector.kafka.records import KafkaRecord
from connector.wiring.feed import MAX_BYTES, MAX_RECORDS, Feed, Pauses
from connector.wiring.inbound import Reader, requests_into
from tests.router_stage import Stage, request
from tests.virtual_time import run

NOW_MS = 1_700_000_000_000


class Registry:
    """Decodes while it is there; ``taken`` is what the role got."""

    def __init__(self) -> None:
        self.there = asyncio.Event()
        self.taken: list[tuple[int, int]] = []
        self.ended: dict[int, int] = {}
        self.told: list[tuple[int, bool]] = []

    async def read(self, record: KafkaRecord) -> int:
        await self.there.wait()
        return record.offset

    def give(self, record: KafkaRecord, offset: int) -> None:
        self.taken.append((record.partition, offset))

    def assigned(self, partitions: Sequence[int]) -> None:
        """Nothing to begin."""

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        return self.ended

    def lost(self, partitions: Sequence[int]) -> None:
        """Nothing to end."""

    def next_offsets(self) -> dict[int, int]:
        return self.ended

    def feed(self) -> Feed[int]:
        """A feed whose pauses are noted."""
        feed = Feed(self, self.read, self.give)
        feed.pauses = Pauses(lambda partition, paused: self.told.append((partition, paused)))
        return feed


def record(offset: int, partition: int = 0, value: bytes = b"x", age_s: int = 0) -> KafkaRecord:
    return KafkaRecord("work", partition, offset, None, value, (), NOW_MS - age_s * 1000)


async def settled() -> None:
    """Everything that can happen now has happened."""
    await asyncio.sleep(1)


def test_a_full_feed_pauses_its_partitions_and_resumes_half_empty() -> None:
    """While the registry is away, records must not gather without end; once it is back, all arrive in order."""

    async def story() -> None:
        registry = Registry()
        feed = registry.feed()
        feed.assigned([0, 1])
        feed.take([record(n) for n in range(MAX_RECORDS - 1)])
        before = list(registry.told)
        feed.take([record(MAX_RECORDS - 1), record(MAX_RECORDS)])
        during = list(registry.told)
        registry.there.set()
        await settled()

        assert before == []
        assert during == [(0, True), (1, True)]
        assert registry.told == [(0, True), (1, True), (0, False), (1, False)]
        assert [(0, n) for n in range(MAX_RECORDS + 1)] == registry.taken

    run(story())


def test_a_partition_that_waits_holds_up_no_other() -> None:
    """A record whose schema nobody knows, with 2,000 behind it: the others go on, and only its own is paused."""

    class Unknown(Registry):
        async def read(self, record: KafkaRecord) -> int:
            return await super().read(record) if record.partition == 0 else record.offset

    async def story() -> None:
        registry = Unknown()
        feed = registry.feed()
        feed.assigned([0, 1])
        feed.take([record(0, 0), record(0, 1)])
        await settled()
        feed.take([record(n, 0) for n in range(1, MAX_RECORDS + 1)] + [record(1, 1)])
        await settled()
        during = list(registry.taken), list(registry.told)
        registry.there.set()
        await settled()

        assert during == ([(1, 0), (1, 1)], [(0, True)])
        assert [offset for partition, offset in registry.taken if partition == 0] == list(range(MAX_RECORDS + 1))
        assert not any(dict(registry.told).values())

    run(story())


def test_a_few_long_records_fill_a_feed_too() -> None:
    """Bytes count as well."""

    async def story() -> None:
        registry = Registry()
        feed = registry.feed()
        feed.assigned([0])
        feed.take([record(n, value=b"x" * (MAX_BYTES // 10)) for n in range(10)])

        assert registry.told == [(0, True)]

    run(story())


def test_a_partition_that_comes_while_the_feed_is_full_is_paused() -> None:
    """And one that comes again begins unpaused, whatever its last assignment wanted."""

    async def story() -> None:
        registry = Registry()
        feed = registry.feed()
        feed.assigned([0])
        feed.take([record(n) for n in range(MAX_RECORDS)])
        feed.assigned([1])
        feed.lost([0])
        registry.there.set()
        await settled()
        feed.assigned([0])

        assert registry.told == [(0, True), (1, True), (1, False), (0, False)]

    run(story())


def test_feed_and_role_must_both_agree_to_go_on() -> None:
    """A partition is read again when nobody wants it paused."""
    told: list[bool] = []
    pauses = Pauses(lambda _, paused: told.append(paused))
    for who, paused in (("feed", True), ("role", True), ("feed", False), ("role", True), ("role", False)):
        pauses.set(who, 0, paused)

    assert told == [True, False]


def test_a_record_that_outlived_its_assignment_is_dropped() -> None:
    """The partition went and came back while the registry was away: it is read again from the committed offset."""

    async def story() -> None:
        registry = Registry()
        feed = registry.feed()
        feed.assigned([0])
        feed.take([record(5), record(6)])
        await settled()
        await feed.revoked([0])
        feed.assigned([0])
        feed.take([record(5), record(6), record(7)])
        registry.there.set()
        await settled()

        assert registry.taken == [(0, 5), (0, 6), (0, 7)]

    run(story())


def test_what_waits_for_the_registry_counts_as_lag() -> None:
    """Records and age, over all partitions; what has ended no longer counts."""

    async def story() -> None:
        registry = Registry()
        feed = registry.feed()
        feed.assigned([0, 1])
        feed.take([record(5, 0, age_s=30), record(6, 0, age_s=20), record(9, 1, age_s=10)])
        waiting = total(feed.lags({0: 10, 1: 10}, NOW_MS).values())
        registry.ended = {0: 6, 1: 10}
        later = total(feed.lags({0: 10, 1: 10}, NOW_MS).values())

        assert Lag(6, 30.0, 3) == waiting
        assert Lag(4, 20.0, 3) == later

    run(story())


class Known(Reader):
    """A reader to whom all bytes are one request."""

    def __init__(self) -> None:
        """It needs no registry."""

    async def request(
        self, value: bytes | None, *, give_up: bool = False, of: KafkaRecord | None = None
    ) -> SendRequest | None:
        return request(f"r-{(value or b'').decode()}")


def test_before_the_ledger_is_read_the_requests_wait_in_the_feed() -> None:
    """The router takes none on, the partition is paused, and all are routed once the ledger is there."""

    async def story() -> None:
        stage, told = Stage(), list[tuple[int, bool]]()
        stage.replica.restored.clear()
        feed = requests_into(stage.router, Known())
        feed.pauses = Pauses(lambda partition, paused: told.append((partition, paused)))
        feed.assigned([0])
        feed.take([record(n, value=b"%d" % n) for n in range(MAX_RECORDS)])
        await settled()
        before = list(told), len(stage.topics.dispatched), stage.router.next_offsets()
        stage.replica.restored.set()
        await settled()

        assert before == ([(0, True)], 0, {})
        assert told == [(0, True), (0, False)]
        assert len(stage.topics.dispatched) == MAX_RECORDS
        assert stage.router.next_offsets() == {0: MAX_RECORDS}

    run(story())
