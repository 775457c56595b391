"""The clients against the embedded broker."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence

import pytest

from connector.kafka.clients import ClientSettings
from connector.kafka.consumer import GroupConsumer
from connector.kafka.log_end import LogEnd
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import KafkaFatal, KafkaRecord, ProduceFailed
from connector.kafka.since import SinceTail
from connector.kafka.tail import LogTail, read_table, record_of
from connector.simulator.broker import CLIENT, EmbeddedBroker

WITHIN_S = 120.0


@pytest.fixture
def clients() -> Iterator[ClientSettings]:
    with EmbeddedBroker({"log": 1, "table": 1, "work": 3}) as broker:
        yield ClientSettings(broker.bootstrap, extra=CLIENT, group_protocol="consumer", delivery_timeout_ms=60_000)


class Worker:
    """A role that finishes everything at once."""

    def __init__(self) -> None:
        self.taken: list[KafkaRecord] = []
        self.given_back: list[int] = []
        self.enough, self.has = asyncio.Event(), asyncio.Event()
        self.wanted = 0

    def assigned(self, partitions: Sequence[int]) -> None:
        self.has.set()

    async def revoked(self, partitions: Sequence[int]) -> Mapping[int, int]:
        self.given_back.extend(partitions)
        return {p: 1 + max((r.offset for r in self.taken if r.partition == p), default=-1) for p in partitions}

    def lost(self, partitions: Sequence[int]) -> None:
        raise AssertionError("nothing is lost here")

    def take(self, records: Sequence[KafkaRecord]) -> None:
        self.taken.extend(records)
        if len(self.taken) >= self.wanted:
            self.enough.set()


async def test_a_tail_reads_everything_in_order_and_knows_when_it_is_restored(clients: ClientSettings) -> None:
    """What was there is delivered before ``restored``; what comes later follows."""
    loop = asyncio.get_running_loop()
    producer = KafkaProducer(clients, loop)
    seen: list[int] = []
    for n in range(50):
        await producer.send("log", key=None, value=b"%d" % n, partition=0)
    restored, enough = asyncio.Event(), asyncio.Event()

    def take(records: Sequence[KafkaRecord]) -> None:
        seen.extend(int(r.value or b"-1") for r in records)
        if len(seen) == 60:
            enough.set()

    tail = LogTail(clients, "log", take, restored.set, loop)
    tail.start()
    await asyncio.wait_for(restored.wait(), WITHIN_S)
    at_restore = len(seen)
    for n in range(50, 60):
        await producer.send("log", key=None, value=b"%d" % n, partition=0)
    await asyncio.wait_for(enough.wait(), WITHIN_S)
    await tail.close()
    await producer.close()

    assert at_restore == 50
    assert seen == list(range(60))


async def test_a_group_resumes_where_it_gave_back(clients: ClientSettings) -> None:
    """Next offsets handed over in ``revoked`` are committed before the member leaves."""
    loop = asyncio.get_running_loop()
    producer, first, second = KafkaProducer(clients, loop), Worker(), Worker()
    first.wanted, second.wanted = 30, 3
    consumer = GroupConsumer(clients, "g", "work", first, loop)
    consumer.start()
    await asyncio.wait_for(first.has.wait(), WITHIN_S)
    for n in range(30):
        await producer.send("work", key=None, value=b"x", partition=n % 3)
    await asyncio.wait_for(first.enough.wait(), WITHIN_S)
    await consumer.close()
    for n in range(3):
        await producer.send("work", key=None, value=b"y", partition=n)
    successor = GroupConsumer(clients, "g", "work", second, loop)
    successor.start()
    await asyncio.wait_for(second.enough.wait(), WITHIN_S)
    await successor.close()
    await producer.close()

    assert sorted(first.given_back) == [0, 1, 2]
    assert [record.value for record in second.taken] == [b"y"] * 3


async def test_a_topic_is_read_from_a_time_on_over_all_partitions(clients: ClientSettings) -> None:
    """What is there, then ``at_end``, then what comes; each burst waits until the one before it was taken."""
    producer = KafkaProducer(clients, asyncio.get_running_loop())
    for n in range(9):
        await producer.send("work", key=None, value=b"%d" % n, partition=n % 3)
    seen: list[int] = []
    at_end, more, taking = asyncio.Event(), asyncio.Event(), 0

    async def take(records: Sequence[KafkaRecord]) -> None:
        nonlocal taking
        taking += 1
        assert taking == 1
        await asyncio.sleep(0)
        seen.extend(int(record.value or b"-1") for record in records)
        taking -= 1
        if 12 in seen:
            more.set()

    tail = asyncio.create_task(SinceTail(clients, "work").run(0, take, at_end.set))
    await asyncio.wait_for(at_end.wait(), WITHIN_S)
    before = sorted(seen)
    await producer.send("work", key=None, value=b"12", partition=1)
    await asyncio.wait_for(more.wait(), WITHIN_S)
    tail.cancel()
    await asyncio.wait([tail])
    await producer.close()

    assert before in ([], list(range(9)))
    assert seen[-1] == 12
    assert tail.cancelled()


async def test_a_topic_that_does_not_exist_is_told(clients: ClientSettings) -> None:
    """With what to do about it."""
    with pytest.raises(KafkaFatal, match="topics apply"):
        await SinceTail(clients, "nowhere").run(0, _nothing, lambda: None)


async def _nothing(records: Sequence[KafkaRecord]) -> None:
    raise AssertionError("there is nothing to take")


async def test_a_role_that_fails_as_it_gives_back_is_heard(clients: ClientSettings) -> None:
    """An error nobody foresaw ends the owner thread; it must not end it in silence."""

    class Broken(Worker):
        async def revoked(self, partitions: Sequence[int]) -> Mapping[int, int]:
            raise RuntimeError

    role = Broken()
    consumer = GroupConsumer(clients, "g", "work", role, asyncio.get_running_loop())
    consumer.start()
    await asyncio.wait_for(role.has.wait(), WITHIN_S)
    await consumer.close()

    with pytest.raises(KafkaFatal, match="work: RuntimeError"):
        await asyncio.wait_for(consumer.fatal, WITHIN_S)


def test_headers_that_the_client_cannot_read_are_left_out() -> None:
    """A name that is no UTF-8 makes the client raise; such a record must not end its reader."""

    class Odd:
        """A client's message, as far as it is asked."""

        def headers(self) -> object:
            raise SystemError

        def timestamp(self) -> tuple[int, int]:
            return 1, 1_700_000_000_000

        def topic(self) -> str:
            return "t"

        def partition(self) -> int:
            return 0

        def offset(self) -> int:
            return 7

        def key(self) -> bytes:
            return b""

        def value(self) -> bytes:
            return b"v"

    record = record_of(Odd())  # type: ignore[arg-type]  # the client's class cannot be made with such a header

    assert record == KafkaRecord("t", 0, 7, b"", b"v", (), 1_700_000_000_000)


async def test_a_table_keeps_the_newest_of_each_key(clients: ClientSettings) -> None:
    """Tombstones take their key away."""
    producer = KafkaProducer(clients, asyncio.get_running_loop())
    for key, value in ((b"a", b"1"), (b"b", b"1"), (b"a", b"2"), (b"b", None)):
        await producer.send("table", key=key, value=value, partition=0)
    await producer.close()

    table = await asyncio.to_thread(read_table, clients, "table")

    assert {key: record.value for key, record in table.items()} == {b"a": b"2"}


async def test_a_broker_that_goes_away_is_a_failed_produce() -> None:
    """Unknown, not refused: ProduceFailed, and the producer says that nobody is up."""
    with EmbeddedBroker({"log": 1}) as broker:
        clients = ClientSettings(broker.bootstrap, extra=CLIENT, delivery_timeout_ms=5_000)
        producer = KafkaProducer(clients, asyncio.get_running_loop())
        await producer.send("log", key=None, value=b"x", partition=0)
        was_up = producer.is_up()

    with pytest.raises(ProduceFailed):
        await producer.send("log", key=None, value=b"y", partition=0)

    assert was_up
    assert not producer.is_up()
    await producer.close(1.0)


async def test_an_idle_producer_hears_that_a_broker_is_back() -> None:
    """Down by the client's word; up again without a record of ours, or the ingress would refuse for ever."""
    with EmbeddedBroker({"log": 1}) as broker:
        clients = ClientSettings(broker.bootstrap, extra=CLIENT, delivery_timeout_ms=5_000)
        producer = KafkaProducer(clients, asyncio.get_running_loop())
        await producer.send("log", key=None, value=b"x", partition=0)
        broker.take_down()
        with pytest.raises(ProduceFailed):
            await producer.send("log", key=None, value=b"y", partition=0)
        down, away_s = not producer.is_up(), producer.away_s()
        broker.bring_up()
        async with asyncio.timeout(WITHIN_S):
            while not producer.is_up():  # noqa: ASYNC110 - the client has no event for it
                await asyncio.sleep(0.01)
        await producer.close(1.0)

    assert down
    assert away_s > 0.0


async def test_a_record_that_waits_too_long_counts_as_down() -> None:
    """A frozen broker keeps its connections: nobody says it is away, only the acknowledgement does not come."""
    with EmbeddedBroker({"log": 1}) as broker:
        clients = ClientSettings(broker.bootstrap, extra=CLIENT, delivery_timeout_ms=60_000)
        producer = KafkaProducer(clients, asyncio.get_running_loop())
        await producer.send("log", key=None, value=b"x", partition=0)
        broker.slow_down(6_000)
        sent = asyncio.create_task(producer.send("log", key=None, value=b"y", partition=0))
        async with asyncio.timeout(WITHIN_S):
            while producer.is_up():  # noqa: ASYNC110 - the client has no event for it
                await asyncio.sleep(0.01)
        waiting = not sent.done()
        await sent
        up = producer.is_up()
        await producer.close(1.0)

    assert waiting
    assert up


async def test_the_end_of_a_log_is_asked_of_its_leader(clients: ClientSettings) -> None:
    """The offset after the last record, as of now."""
    producer, end = KafkaProducer(clients, asyncio.get_running_loop()), LogEnd(clients, "log")
    ends = [await end()]
    for _ in range(3):
        await producer.send("log", key=None, value=b"x", partition=0)
    ends.append(await end())
    await producer.close()

    assert ends == [0, 3]
