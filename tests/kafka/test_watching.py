"""What the Kafka clients tell of themselves: appends, commits, rebalances, errors, brokers; and how far a log goes."""

import asyncio
from collections.abc import Callable, Iterator, Mapping

import pytest

from connector.core.edge_facts import ClientFailed, Committed, Produced, Rebalanced
from connector.core.facts import Fact
from connector.kafka.clients import ClientSettings
from connector.kafka.consumer import ASK_PAUSED, GroupConsumer
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import ProduceFailed
from connector.kafka.statistics import brokers_up
from connector.kafka.topics import TopicNames
from connector.simulator.broker import CLIENT, EmbeddedBroker
from tests.kafka.test_edge import WITHIN_S, Worker

PARTITIONS = 2 * ASK_PAUSED


@pytest.fixture
def clients() -> Iterator[ClientSettings]:
    with EmbeddedBroker({"work": PARTITIONS}) as broker:
        yield ClientSettings(broker.bootstrap, extra=CLIENT, group_protocol="consumer", delivery_timeout_ms=60_000)


async def until(true: Callable[[], bool]) -> None:
    """Wait for what a client's thread does."""
    async with asyncio.timeout(WITHIN_S):
        while not true():  # noqa: ASYNC110 - the clients have no event for it
            await asyncio.sleep(0.01)


async def test_a_group_tells_what_it_is_given_commits_and_gives_back(clients: ClientSettings) -> None:
    """By the name it was given for the topic, partitions counted."""
    loop, told, role = asyncio.get_running_loop(), list[Fact](), Worker()
    producer = KafkaProducer(clients, loop)
    role.wanted = 1
    consumer = GroupConsumer(clients, "g", "work", role, loop, name="requests", observe=told.append)
    consumer.start()
    await asyncio.wait_for(role.has.wait(), WITHIN_S)
    await producer.send("work", key=None, value=b"x", partition=0)
    await asyncio.wait_for(role.enough.wait(), WITHIN_S)
    consumer.commit({0: 1})
    await until(lambda: Committed("requests", "ok") in told)
    await consumer.close()
    await producer.close()
    rebalances = [fact for fact in told if isinstance(fact, Rebalanced)]

    assert rebalances == [
        Rebalanced("requests", "assigned", PARTITIONS),
        Rebalanced("requests", "revoked", PARTITIONS),
    ]


async def test_the_end_of_a_paused_partition_goes_on_being_known(clients: ClientSettings) -> None:
    """A paused partition is not fetched, so no fetch tells its end: a blocked line's queue must still be seen to grow.

    More partitions are paused than are asked for at a time: each has its turn.
    """
    loop, role, seen = asyncio.get_running_loop(), Worker(), dict[int, int]()
    producer = KafkaProducer(clients, loop)
    role.wanted = PARTITIONS
    consumer = GroupConsumer(clients, "g", "work", role, loop)
    consumer.start()
    await asyncio.wait_for(role.has.wait(), WITHIN_S)
    for partition in range(PARTITIONS):
        await producer.send("work", key=None, value=b"x", partition=partition)
    await asyncio.wait_for(role.enough.wait(), WITHIN_S)
    for partition in range(PARTITIONS):
        consumer.pause(partition, True)
    for n in range(20 * PARTITIONS):
        await producer.send("work", key=None, value=b"y", partition=n % PARTITIONS)

    def look(ends: Mapping[int, int]) -> None:
        seen.update(ends)

    async with asyncio.timeout(WITHIN_S):
        while set(seen.values()) != {21}:
            consumer.lags(look)
            await asyncio.sleep(0.05)
    for partition in range(PARTITIONS):
        consumer.pause(partition, False)
    await consumer.close()
    await producer.close()

    assert seen == dict.fromkeys(range(PARTITIONS), 21)


async def test_an_append_is_told_once_it_is_durable_or_failed() -> None:
    """With its seconds, by the topic's short name; a client without brokers says so by librdkafka's name."""
    told, loop = list[Fact](), asyncio.get_running_loop()
    names = TopicNames.with_prefix("a.b")
    with EmbeddedBroker({names.delay_1m: 1}) as broker:
        clients = ClientSettings(broker.bootstrap, extra=CLIENT, delivery_timeout_ms=5_000)
        producer = KafkaProducer(clients, loop, told.append, names.short)
        await producer.send(names.delay_1m, key=None, value=b"x", partition=0)
        with pytest.raises(ProduceFailed, match="SIZE"):
            await producer.send(names.delay_1m, key=None, value=b"y" * 2_000_000, partition=0)
        broker.take_down()
        with pytest.raises(ProduceFailed):
            await producer.send(names.delay_1m, key=None, value=b"y", partition=0)
        await until(lambda: any(isinstance(fact, ClientFailed) for fact in told))
        await producer.close(1.0)
    produced = [fact for fact in told if isinstance(fact, Produced)]

    assert [(fact.topic, fact.result) for fact in produced] == [
        ("delay.1m", result) for result in ("ok", "too_large", "error")
    ]
    assert all(fact.seconds >= 0 for fact in produced)


def test_brokers_with_a_connection_are_counted() -> None:
    """Not the bootstrap address, not the coordinator's twin, not one that is down."""
    text = """{"name": "x", "brokers": {
        "h:1/1": {"nodeid": 1, "state": "UP", "rtt": {"avg": 1}}, "h:2/2": {"nodeid": 2, "state": "DOWN"},
        "h:3/bootstrap": {"nodeid": -1, "state": "UP"}, "GroupCoordinator": {"nodeid": -1, "state": "UP"}},
        "topics": {"t": {"partitions": {"0": {}}}}}"""

    assert brokers_up(text) == 1


@pytest.mark.parametrize(
    ("topic", "expected"),
    [("x.y.delay.1h", "delay.1h"), ("x.y.requests", "requests"), ("somebody.else", "somebody.else")],
)
def test_a_topic_is_called_by_its_last_part(topic: str, expected: str) -> None:
    """Whatever the prefix; what is none of ours keeps its name, and the metrics call it other."""
    assert TopicNames.with_prefix("x.y").short(topic) == expected
