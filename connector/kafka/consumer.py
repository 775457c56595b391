"""A member of a consumer group: one owner thread for the client, values and coroutines for everyone else.

confluent-kafka serialises every method of a Consumer across threads, so only the owner thread touches it: it drains a
queue of commands (commit, pause, seek) between short polls and hands records over in bursts. When partitions are taken
away, it waits, within bounds, until the role has finished what it had in work, commits what the role gives it, and only
then lets go.
"""

import asyncio
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from connector.core.edge_facts import Committed, Rebalanced
from connector.core.facts import Fact, Observer
from connector.kafka.assigned import POLL_S, Assigned
from connector.kafka.clients import ClientSettings
from connector.kafka.owner import OwnerThread
from connector.kafka.records import KafkaRecord, is_fatal
from connector.kafka.statistics import listening

MAX_BURSTS = 20  # handed over and not yet taken by the loop; a busy loop must not gather them without end
ASK_PAUSED = 5  # ends of paused partitions asked for at a time: each is a round trip of the thread that reads
ASK_S = 1.0
REVOKE_S = 80.0  # a call may take 60 s, and its end 5; a rebalance waits up to max.poll.interval.ms (120 s)
RETRY_COMMIT = {
    KafkaError.REBALANCE_IN_PROGRESS,
    KafkaError.COORDINATOR_LOAD_IN_PROGRESS,
    KafkaError.COORDINATOR_NOT_AVAILABLE,
    KafkaError.NOT_COORDINATOR,
    KafkaError.STALE_MEMBER_EPOCH,
    KafkaError._TIMED_OUT,  # noqa: SLF001 - librdkafka's own name
}


class Handler(Protocol):
    """What a role does with its partitions; all are called on the loop, partitions by number."""

    def assigned(self, partitions: Sequence[int]) -> None:
        """These partitions are ours now."""

    async def revoked(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Finish what is in work; return the next offsets to commit."""

    def lost(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's already."""

    def take(self, records: Sequence[KafkaRecord]) -> None:
        """Take records, in order, of partitions that are ours."""


class GroupConsumer:
    """Consumes one topic in a group. ``fatal`` ends with KafkaFatal when the client cannot go on.

    ``name``: what the topic is called in facts; ``observe`` hears them on the loop.
    """

    def __init__(
        self,
        settings: ClientSettings,
        group: str,
        topic: str,
        handler: Handler,
        loop: asyncio.AbstractEventLoop,
        *,
        from_beginning: bool = False,
        name: str = "",
        observe: Observer = lambda _: None,
    ) -> None:
        self._topic, self._handler, self._loop = topic, handler, loop
        self._name, self._observe = name or topic, observe
        self._paused: dict[int, int] = {}  # partition -> its end when last asked for, the longest ago first
        self.topic = topic
        self._from_beginning = from_beginning
        self._owner = OwnerThread(
            f"consuming {topic}", {**settings.group(group), **listening(self._name, self._tell)}, self._run, loop
        )
        self.fatal = self._owner.fatal
        self.joined = False
        self._mine = Assigned(topic)
        self._commands: queue.SimpleQueue[Callable[[Consumer], None]] = queue.SimpleQueue()
        self._room = threading.Semaphore(MAX_BURSTS)

    def start(self) -> None:
        """Join the group."""
        self._owner.start()

    async def close(self) -> None:
        """Give all partitions back, committing their ends, and leave the group."""
        await self._owner.close(REVOKE_S + 20.0)

    def poll_age_s(self) -> float:
        """Seconds since the client was asked last."""
        return self._owner.age_s()

    def commit(self, offsets: Mapping[int, int]) -> None:
        """Commit next offsets soon; one that fails is made up for by the next."""
        places = [TopicPartition(self._topic, p, offset) for p, offset in offsets.items()]
        self._commands.put(lambda client: self._commit(client, places))

    def pause(self, partition: int, paused: bool) -> None:
        """Stop or resume reading one partition."""
        place = [TopicPartition(self._topic, partition)]

        def obey(client: Consumer) -> None:
            if paused:
                client.pause(place)
                self._paused[partition] = -1
            else:
                client.resume(place)
                self._paused.pop(partition, None)

        self._commands.put(obey)

    def lags(self, next_offsets: Callable[[Mapping[int, int]], None]) -> None:
        """Hand the known high watermarks of our partitions to a function, on the loop."""
        self._commands.put(lambda client: self._owner.call(next_offsets, self._watermarks(client)))

    def _run(self, client: Consumer) -> None:
        client.subscribe([self._topic], on_assign=self._on_assign, on_revoke=self._on_revoke, on_lost=self._on_lost)
        while not self._owner.stop.is_set():
            self._owner.beat()
            self._obey(client)
            self._hand_over(client)
        if self._mine:
            self._give_back(client, sorted(self._mine))

    def _obey(self, client: Consumer) -> None:
        while True:
            try:
                command = self._commands.get_nowait()
            except queue.Empty:
                return
            try:
                command(client)
            except KafkaException as error:
                if is_fatal(error.args[0]):
                    raise

    def _hand_over(self, client: Consumer) -> None:
        if not self._room.acquire(timeout=POLL_S):
            return
        if records := self._mine.burst(client):
            self._owner.call(self._take, records)
        else:
            self._room.release()

    def _take(self, records: Sequence[KafkaRecord]) -> None:
        self._room.release()
        self._handler.take(records)

    def _on_assign(self, client: Consumer, partitions: list[TopicPartition]) -> None:
        numbers = [place.partition for place in partitions]
        self.joined = True
        self._mine.add(numbers)
        if self._from_beginning:
            for place in partitions:
                place.offset = 0
            client.incremental_assign(partitions)
        if numbers:
            self._tell(Rebalanced(self._name, "assigned", len(numbers)))
            self._owner.call(self._handler.assigned, numbers)

    def _on_revoke(self, client: Consumer, partitions: list[TopicPartition]) -> None:
        self._give_back(client, [place.partition for place in partitions if place.partition in self._mine])

    def _on_lost(self, client: Consumer, partitions: list[TopicPartition]) -> None:  # noqa: ARG002 - the client's own signature
        numbers = [place.partition for place in partitions]
        self._mine.remove(numbers)
        self._tell(Rebalanced(self._name, "lost", len(numbers)))
        self._owner.call(self._handler.lost, numbers)

    def _give_back(self, client: Consumer, numbers: Sequence[int]) -> None:
        self._mine.remove(numbers)
        if not numbers or self._loop.is_closed():
            return
        self._tell(Rebalanced(self._name, "revoked", len(numbers)))
        ended = asyncio.run_coroutine_threadsafe(_as_coroutine(self._handler, numbers), self._loop)
        try:
            offsets = ended.result(REVOKE_S)
        except TimeoutError:
            return
        self._commit(client, [TopicPartition(self._topic, p, offset) for p, offset in offsets.items()])

    def _commit(self, client: Consumer, places: list[TopicPartition]) -> None:
        if places:
            self._tell(Committed(self._name, "ok" if self._committed(client, places) else "error"))

    def _committed(self, client: Consumer, places: list[TopicPartition]) -> bool:
        for _ in range(5):
            try:
                client.commit(offsets=places, asynchronous=False)
            except KafkaException as error:
                if error.args[0].code() not in RETRY_COMMIT:
                    return False
                self._owner.stop.wait(0.1)
            else:
                return True
        return False

    def _watermarks(self, client: Consumer) -> dict[int, int]:
        """The ends as the last fetch told them. A paused partition is not fetched, so a few of those are asked for."""
        self._ask_ends(client)
        ends = {}
        for partition in self._mine:
            _, end = client.get_watermark_offsets(TopicPartition(self._topic, partition), cached=True)
            ends[partition] = max(end, self._paused.get(partition, end))
        return ends

    def _ask_ends(self, client: Consumer) -> None:
        for partition in [p for p in self._paused if p in self._mine][:ASK_PAUSED]:
            try:
                _, end = client.get_watermark_offsets(TopicPartition(self._topic, partition), timeout=ASK_S)
            except KafkaException:
                return
            del self._paused[partition]  # to the end of the row
            self._paused[partition] = end

    def _tell(self, fact: Fact, /) -> None:
        self._owner.call(self._observe, fact)


async def _as_coroutine(handler: Handler, numbers: Sequence[int]) -> Mapping[int, int]:
    return await handler.revoked(numbers)
