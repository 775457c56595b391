"""Reading a topic for people who look on: no faster than they look."""

import asyncio
from collections.abc import Sequence

from connector.kafka.clients import ClientSettings
from connector.kafka.looking_on import PartitionTails
from connector.kafka.producer import KafkaProducer
from connector.kafka.records import KafkaRecord
from connector.kafka.tail import BURST
from connector.simulator.broker import CLIENT, EmbeddedBroker

RECORDS = 3 * BURST
WITHIN_S = 120.0


class Onlooker:
    """Looks at a burst for a few turns of the loop; ``most``: bursts that it was ever given before it was done."""

    def __init__(self) -> None:
        self.offsets: list[int] = []
        self.at_once = self.most = 0
        self.all = asyncio.Event()

    async def take(self, records: Sequence[KafkaRecord]) -> None:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        for record in records:
            await asyncio.sleep(0)
            self.offsets.append(record.offset)
        self.at_once -= 1
        if len(self.offsets) == RECORDS:
            self.all.set()


async def test_a_topic_is_read_no_faster_than_somebody_looks_at_it() -> None:
    """A large one would fill the memory of whoever looks slowly, perhaps of the pod that the command runs in."""
    onlooker = Onlooker()
    with EmbeddedBroker({"log": 1}) as broker:
        clients, loop = ClientSettings(broker.bootstrap, extra=CLIENT), asyncio.get_running_loop()
        producer = KafkaProducer(clients, loop)
        await asyncio.gather(*(producer.send("log", key=None, value=b"x", partition=0) for _ in range(RECORDS)))
        tails = PartitionTails(clients, "log", loop)
        await tails.start(onlooker.take, from_beginning=True)
        await asyncio.wait_for(onlooker.all.wait(), WITHIN_S)
        await tails.close()
        await producer.close()

    assert onlooker.offsets == list(range(RECORDS))
    assert onlooker.most == 1


async def test_who_stops_looking_is_not_waited_for() -> None:
    """A burst that nobody takes any more holds up no end of the command."""
    begun = asyncio.Event()

    async def take(_: Sequence[KafkaRecord]) -> None:
        begun.set()
        await asyncio.Event().wait()

    with EmbeddedBroker({"log": 1}) as broker:
        clients, loop = ClientSettings(broker.bootstrap, extra=CLIENT), asyncio.get_running_loop()
        producer = KafkaProducer(clients, loop)
        await producer.send("log", key=None, value=b"x", partition=0)
        tails = PartitionTails(clients, "log", loop)
        await tails.start(take, from_beginning=True)
        await asyncio.wait_for(begun.wait(), WITHIN_S)
        await tails.close()
        await producer.close()

    assert not tails.reads
