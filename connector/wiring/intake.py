"""One consumed topic of one role: its group's member, the feed behind it, what is committed, how far it is behind."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

from connector.core.facts import Observer
from connector.core.lag import Lag, total
from connector.core.sights import ConsumerSeen, LagSeen
from connector.kafka.clients import ClientSettings
from connector.kafka.consumer import GroupConsumer
from connector.wiring.feed import Feed, Pauses


class Intake:
    """``name``: the topic's name in the metrics; ``ends``: whether its records have an end of their own."""

    def __init__(
        self,
        clients: ClientSettings,
        group: str,
        topic: str,
        feed: Feed[Any],
        name: str,
        observe: Observer,
        *,
        ends: bool = True,
        whole: bool = False,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.topic, self.name, self.lags = topic, name, dict[int, Lag]()
        self._feed, self._observe, self._ends = feed, observe, ends
        self.consumer = GroupConsumer(
            clients, group, topic, feed, loop, from_beginning=whole, name=name, observe=observe
        )
        feed.pauses = Pauses(self.consumer.pause)
        feed.name, feed.observe = name, observe
        self.watch = feed.watch
        self.consumer.start()

    def pause(self, partition: int, paused: bool) -> None:
        """The role wants no more of this partition, or wants it again."""
        self._feed.pauses.set("role", partition, paused)

    def waiting(self) -> int:
        """Records that the role does not have yet: those taken, and of a topic of ours those not read either."""
        return self._feed.waiting() + (0 if self.name == "requests" else self.behind().unread)

    @property
    def seen(self) -> ConsumerSeen:
        """Partitions that are ours, and those not read for now."""
        return ConsumerSeen(self.name, self._feed.assigned_now, *self._feed.pauses.wanted_by())

    def behind(self) -> Lag:
        """The whole topic's lag, as last looked at."""
        return total(self.lags.values())

    def each_second(self, now_ms: Callable[[], int]) -> None:
        """Commit the next offsets, and tell the lag once the client's thread has looked at the ends."""
        if offsets := self._feed.next_offsets():
            self.consumer.commit(offsets)
        self._observe(self.seen)
        if self._ends:

            def tell(ends: Mapping[int, int]) -> None:
                self.lags = self._feed.lags(ends, now_ms())
                lag = self.behind()
                self._observe(LagSeen(self.name, lag.records, lag.seconds))

            self.consumer.lags(tell)

    async def close(self) -> None:
        """Give the partitions back with their ends, then stop decoding."""
        await self.consumer.close()
        await self._feed.close()
