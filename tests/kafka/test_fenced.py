"""A member that the brokers take for replaced (group.instance.id): its client works no more, and somebody must hear."""

import asyncio
from collections.abc import Mapping, Sequence

import pytest
from confluent_kafka import KafkaError

from connector.kafka.clients import ClientSettings
from connector.kafka.consumer import GroupConsumer
from connector.kafka.records import KafkaFatal, KafkaRecord
from connector.simulator.broker import CLIENT, EmbeddedBroker

WITHIN_S = 120.0
OFFSET_COMMIT = 8


class Worker:
    """A role without work."""

    def __init__(self) -> None:
        self.has = asyncio.Event()

    def assigned(self, partitions: Sequence[int]) -> None:
        """Partitions came."""
        self.has.set()

    async def revoked(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Nothing to commit."""
        return {}

    def lost(self, partitions: Sequence[int]) -> None:
        """Nothing was in work."""

    def take(self, records: Sequence[KafkaRecord]) -> None:
        """There are none."""


async def test_a_member_whose_commit_is_fenced_ends_its_process() -> None:
    """The client never joins again, and says so by the code of what it polls: its partitions would stand still."""
    with EmbeddedBroker({"work": 1}) as broker:
        clients, role = ClientSettings(broker.bootstrap, extra={**CLIENT, "group.instance.id": "p"}), Worker()
        consumer = GroupConsumer(clients, "g", "work", role, asyncio.get_running_loop())
        consumer.start()
        await asyncio.wait_for(role.has.wait(), WITHIN_S)
        broker.refuse(OFFSET_COMMIT, KafkaError.FENCED_INSTANCE_ID)
        consumer.commit({0: 1})
        with pytest.raises(KafkaFatal, match="fenced"):
            await asyncio.wait_for(consumer.fatal, WITHIN_S)
        await consumer.close()
