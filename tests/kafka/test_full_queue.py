"""A producer whose queue is full while Kafka is away."""

import asyncio

from connector.kafka.clients import ClientSettings
from connector.kafka.producer import KafkaProducer
from connector.simulator.broker import CLIENT, EmbeddedBroker

WITHIN_S = 120.0


async def test_who_gave_up_waiting_for_room_is_not_waited_for() -> None:
    """A callback that timed out there left the producer down for ever: each later one was answered 503."""
    with EmbeddedBroker({"log": 1}) as broker:
        few = {**CLIENT, "queue.buffering.max.messages": "1"}
        producer = KafkaProducer(ClientSettings(broker.bootstrap, extra=few, linger_ms=500), asyncio.get_running_loop())
        first = asyncio.create_task(producer.send("log", key=None, value=b"x", partition=0))
        await asyncio.sleep(0)
        second = asyncio.create_task(producer.send("log", key=None, value=b"y", partition=0))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.wait([second])
        await asyncio.wait_for(first, WITHIN_S)
        left = dict(producer._waiting)
        await producer.close()

    assert second.cancelled()
    assert left == {}
