"""A reader that cannot go on says so: the client reports each such error once, and then waits for ever."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import pytest
from confluent_kafka import KafkaError

from connector.commands.operations import Onlooker
from connector.kafka.avro import Codec
from connector.kafka.clients import ClientSettings
from connector.kafka.gone import Gone
from connector.kafka.looking_on import PartitionTails
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import KafkaFatal, KafkaRecord, check_topic, ends_tail
from connector.kafka.registry import Registry, RegistrySettings
from connector.kafka.since import SinceTail
from connector.kafka.tail import LogTail
from connector.simulator.broker import CLIENT, EmbeddedBroker

WITHIN_S, GONE_S = 120.0, 0.2
SOON = {**CLIENT, "topic.metadata.refresh.interval.ms": "100", "topic.metadata.propagation.max.ms": "100"}
"""The client looks at its topics ten times a second instead of every ten seconds, and believes what it sees."""
FETCH = 1


def unreadable(broker: EmbeddedBroker) -> None:
    """A batch is damaged."""
    broker.refuse(FETCH, KafkaError.INVALID_MSG)


def cut(broker: EmbeddedBroker) -> None:
    """What was to be read next is not there any more."""
    broker.refuse(FETCH, KafkaError.OFFSET_OUT_OF_RANGE)


def deleted(broker: EmbeddedBroker) -> None:
    """The topic is gone."""
    broker.deny("log", KafkaError.UNKNOWN_TOPIC_OR_PART)


ENDS: list[Callable[[EmbeddedBroker], None]] = [unreadable, cut, deleted]
WHY = "log: INVALID_MSG|log: _AUTO_OFFSET_RESET|log does not exist"


async def nothing(_: Sequence[KafkaRecord]) -> None:
    """Nobody looks."""


class Read:
    """Takes records; ``some`` is set with the first: the client reads."""

    def __init__(self) -> None:
        self.some = asyncio.Event()

    async def take(self, _: Sequence[KafkaRecord]) -> None:
        self.some.set()


async def dies(
    broker: EmbeddedBroker, end: Callable[[EmbeddedBroker], None], read: Read, fatal: Awaitable[None]
) -> None:
    """A record is read; then this happens, and it is heard of."""
    producer = KafkaProducer(ClientSettings(broker.bootstrap, extra=CLIENT), asyncio.get_running_loop())
    await producer.send("log", key=None, value=b"x", partition=0)
    await producer.close()
    await asyncio.wait_for(read.some.wait(), WITHIN_S)
    end(broker)
    with pytest.raises(KafkaFatal, match=WHY):
        await asyncio.wait_for(fatal, WITHIN_S)


@pytest.mark.parametrize("end", ENDS)
async def test_who_looks_on_hears_that_nothing_more_is_read(end: Callable[[EmbeddedBroker], None]) -> None:
    """`tail` and `send --wait` waited on, in silence."""
    with EmbeddedBroker({"log": 1}) as broker:
        clients, read = ClientSettings(broker.bootstrap, extra=SOON), Read()
        tails = PartitionTails(clients, "log", asyncio.get_running_loop(), GONE_S)
        await tails.start(read.take, from_beginning=True)
        await dies(broker, end, read, tails.fatal)
        await tails.close()

    assert not tails.reads


@pytest.mark.parametrize("end", ENDS)
async def test_who_reads_back_hears_it(end: Callable[[EmbeddedBroker], None]) -> None:
    """The sweep would go on with what it knew of the statuses then."""
    with EmbeddedBroker({"log": 1}) as broker:
        at_end, read = asyncio.Event(), Read()
        tail = SinceTail(ClientSettings(broker.bootstrap, extra=SOON), "log", GONE_S)
        reading = asyncio.create_task(tail.run(1, read.take, at_end.set))
        await asyncio.wait_for(at_end.wait(), WITHIN_S)
        await dies(broker, end, read, reading)


@pytest.mark.parametrize("end", ENDS)
async def test_the_tail_of_a_log_says_it(end: Callable[[EmbeddedBroker], None]) -> None:
    """A ledger that was deleted looked like one in which nothing happens."""
    with EmbeddedBroker({"log": 1}) as broker:
        read, clients, loop = Read(), ClientSettings(broker.bootstrap, extra=SOON), asyncio.get_running_loop()
        tail = LogTail(clients, "log", lambda _: read.some.set(), lambda: None, loop, gone_s=GONE_S)
        tail.start()
        await dies(broker, end, read, tail.fatal)
        await tail.close()


async def test_what_the_reader_gives_to_may_fail() -> None:
    """Then nobody takes the records any more."""

    async def breaks(_: Sequence[KafkaRecord]) -> None:
        raise KeyError("field")

    with EmbeddedBroker({"log": 1}) as broker:
        clients, loop = ClientSettings(broker.bootstrap, extra=SOON), asyncio.get_running_loop()
        producer = KafkaProducer(clients, loop)
        tails = PartitionTails(clients, "log", loop)
        await tails.start(breaks, from_beginning=True)
        await producer.send("log", key=None, value=b"x", partition=0)
        with pytest.raises(KafkaFatal, match="KeyError"):
            await asyncio.wait_for(tails.fatal, WITHIN_S)
        await tails.close()
        await producer.close()


async def test_a_person_sees_what_was_read_and_then_why_nothing_more_comes() -> None:
    """`tail` ends with the reason."""
    fatal: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    onlooker = Onlooker(Codec(Registry(RegistrySettings("http://127.0.0.1:1")), {}), fatal)
    waits = asyncio.create_task(onlooker.event())
    await asyncio.sleep(0)
    fatal.set_exception(KafkaFatal("reading events: forbidden"))

    with pytest.raises(KafkaFatal, match="forbidden"):
        await asyncio.wait_for(waits, WITHIN_S)


def test_only_a_topic_that_is_not_there_is_said_to_be_none() -> None:
    """A forbidden one needs an ACL, not `topics apply`."""
    with pytest.raises(KafkaFatal, match="does not exist: run `kafka-sendblue topics apply`"):
        check_topic("log", KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    with pytest.raises(KafkaFatal, match="ACLs"):
        check_topic("log", KafkaError(KafkaError.TOPIC_AUTHORIZATION_FAILED))


@pytest.mark.parametrize("code", [KafkaError._PARTITION_EOF, KafkaError._TRANSPORT, KafkaError.LEADER_NOT_AVAILABLE])
def test_an_end_and_brokers_that_are_away_end_no_tail(code: int) -> None:
    """The client goes on by itself."""
    assert ends_tail(KafkaError(code)) is None


class Topics:
    """The brokers, asked for the topic: each answer once."""

    def __init__(self, *answers: KafkaError | None) -> None:
        self._answers = list(answers)

    def list_topics(self, topic: str, timeout: float) -> "Topics":
        self.topics = {topic: self}
        self.error = self._answers.pop(0)
        return self


def test_a_broker_that_does_not_know_a_topic_for_a_moment_ends_nothing() -> None:
    """It has just come back: who asks later hears that the topic is there, or that nobody knows."""
    now, brokers = [0.0], Topics(KafkaError(KafkaError._TIMED_OUT), None, KafkaError(KafkaError._UNKNOWN_TOPIC))
    gone = Gone("log", 20.0, lambda: now[0])
    gone.heard(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    for now[0] in (19.0, 21.0, 42.0, 70.0):
        gone.check(brokers)  # type: ignore[arg-type]  # a peer
    gone.heard(KafkaError(KafkaError.UNKNOWN_TOPIC_OR_PART))
    now[0] = 91.0

    with pytest.raises(KafkaFatal, match="log does not exist"):
        gone.check(brokers)  # type: ignore[arg-type]  # a peer
