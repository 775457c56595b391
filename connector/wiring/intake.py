"""One consumed topic of one role: its group's member, the feed behind it, what is committed, how far it is behind."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from connector.core.facts import Observer
from connector.core.sights import LagSeen
from connector.kafka.clients import ClientSettings
from connector.kafka.consumer import GroupConsumer
from connector.wiring.feed import Feed, Pauses


class Intake:
    """``name``: the topic's name in the metrics; None where records have no end of their own."""

    def __init__(
        self, clients: ClientSettings, group: str, topic: str, feed: Feed[Any], name: str | None, *, whole: bool = False
    ) -> None:
        loop = asyncio.get_running_loop()
        self.topic, self._feed, self._name = topic, feed, name
        self.consumer = GroupConsumer(clients, group, topic, feed, loop, from_beginning=whole)
        feed.pauses = Pauses(self.consumer.pause)
        self.watch = feed.watch
        self.consumer.start()

    def pause(self, partition: int, paused: bool) -> None:
        """The role wants no more of this partition, or wants it again."""
        self._feed.pauses.set("role", partition, paused)

    def each_second(self, observe: Observer, now_ms: Callable[[], int]) -> None:
        """Commit the next offsets, and tell the lag once the client's thread has looked at the ends."""
        if offsets := self._feed.next_offsets():
            self.consumer.commit(offsets)
        if (name := self._name) is not None:

            def tell(ends: Mapping[int, int]) -> None:
                observe(LagSeen(name, *self._feed.lag(ends, now_ms())))

            self.consumer.lags(tell)

    async def close(self) -> None:
        """Give the partitions back with their ends, then stop decoding."""
        await self.consumer.close()
        await self._feed.close()
