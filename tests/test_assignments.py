"""Partitions go and come back in every order a group may tell: the role begins afresh each time, and nobody ends.

What is handed over again, or outlived its assignment, is no reason for a process to end.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from confluent_kafka import TopicPartition

from connector.core.messages import Dispatch, Origin
from connector.kafka.clients import ClientSettings
from connector.kafka.consumer import GroupConsumer
from connector.kafka.records import KafkaRecord
from connector.roles.delayer import DelayRecord
from connector.roles.surroundings import DispatchRecord
from connector.wiring.feed import Feed
from connector.wiring.inbound import requests_into
from tests import router_stage, sender_stage, test_delayer
from tests.kafka.test_assigned import Client, One
from tests.test_feed import Known
from tests.virtual_time import run

NOW_MS = 1_700_000_000_000
LONG_S = 600.0


def record(offset: int) -> KafkaRecord:
    return KafkaRecord("work", 0, offset, None, b"%d" % offset, (), NOW_MS)


def router() -> Feed[Any]:
    """The requests topic into a router."""
    return requests_into(router_stage.Stage().router, Known())


def delayer() -> Feed[Any]:
    """A delay topic into a delayer."""
    role = test_delayer.Shelf().delayer

    async def read(record: KafkaRecord) -> DelayRecord:
        return DelayRecord(0, record.offset, NOW_MS, "A", record.value or b"")

    return Feed(role, read, lambda _, decoded: role.records([decoded]))


def sender() -> Feed[Any]:
    """The dispatch topic into a sender."""
    role = sender_stage.Stage(gap_s=0.1).sender

    async def read(record: KafkaRecord) -> DispatchRecord:
        request = router_stage.request(f"r-{record.offset}")
        dispatch = Dispatch(request, Origin("sendblue.requests", 0, record.offset), NOW_MS, "A")
        return DispatchRecord(0, record.offset, NOW_MS, 300, dispatch)

    return Feed(role, read, lambda _, decoded: role.records([decoded]))


Told = Sequence[str | range]
ORDERS: dict[str, Told] = {
    "revoked": ["assigned", range(4), "revoked", "assigned", range(6)],
    "revoked, and what had ended was committed": ["assigned", range(4), "settled", "revoked", "assigned", range(4, 6)],
    "lost": ["assigned", range(4), "lost", "assigned", range(6)],
    "lost, and nothing had been committed": ["assigned", range(4), "settled", "lost", "assigned", range(6)],
    "lost twice": ["assigned", range(4), "lost", "lost", "assigned", range(6)],
    "lost after it was revoked": ["assigned", range(4), "revoked", "lost", "assigned", range(6)],
    "lost while it is given back": ["assigned", range(4), "revoking", "lost", "assigned", range(6)],
    "came back while it is given back": ["assigned", range(4), "revoking", "assigned", range(6)],
    "no word that it was gone": ["assigned", range(4), "assigned", range(6)],
    "no word, and all had ended": ["assigned", range(4), "settled", "assigned", range(6)],
    "records after it was lost": ["assigned", range(4), "lost", range(4, 5), "assigned", range(6)],
    "records before it came": [range(4), "assigned", range(6)],
    "assigned, and lost before anything was read": ["assigned", "lost", "assigned", range(6)],
}


async def play(feed: Feed[Any], order: Told) -> list["asyncio.Task[Any]"]:
    """Tell all this; return the givings back that may still be under way."""
    under_way = list[asyncio.Task[Any]]()
    for told in order:
        match told:
            case range():
                feed.take([record(offset) for offset in told])
            case "revoked":
                await feed.revoked([0])
            case "revoking":
                under_way.append(asyncio.create_task(feed.revoked([0])))
                await asyncio.sleep(0)
            case "settled":
                await asyncio.sleep(LONG_S)
            case _:
                getattr(feed, told)([0])
    return under_way


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("role", [router, delayer, sender])
def test_a_partition_that_comes_back_starts_afresh(role: Callable[[], Feed[Any]], order: str) -> None:
    """Every record of the last assignment is tracked, and all of them are committed once they have ended."""

    async def story() -> None:
        feed = role()
        under_way = await play(feed, ORDERS[order])
        await asyncio.sleep(LONG_S)
        await asyncio.gather(*under_way)

        assert not feed.watch.failed.done()
        assert feed.next_offsets() == {0: 6}

    run(story())


@pytest.mark.parametrize("role", [router, delayer, sender])
def test_a_role_that_is_told_a_thing_twice_says_where(role: Callable[[], Feed[Any]]) -> None:
    """An offset that went back is somebody's mistake; the error names the topic and the partition."""

    async def story() -> None:
        feed = role()
        feed.assigned([0])
        feed.take([record(128), record(0)])
        await asyncio.sleep(1)

        with pytest.raises(ValueError, match="work, partition 0: offset 0 was read after offset 128"):
            feed.watch.failed.result()

    run(story())


@pytest.mark.parametrize("role", [router, delayer, sender])
def test_no_process_ends_by_what_the_client_reads_twice(role: Callable[[], Feed[Any]]) -> None:
    """A rebalance pauses all partitions as a burst is handed over, and the client reads all of it once more."""

    async def story() -> None:
        feed, client, burst = role(), Client([]), [One(offset) for offset in range(129)]
        loop = asyncio.get_running_loop()
        consumer = GroupConsumer(ClientSettings("127.0.0.1:9"), "g", "work", feed, loop)
        consumer._on_assign(client, [TopicPartition("work", 0)])  # type: ignore[arg-type]  # as far as it is asked
        for messages in (burst, [*burst, One(129)]):
            client.messages = list(messages)
            consumer._hand_over(client)  # type: ignore[arg-type]  # the same
        await asyncio.sleep(LONG_S)

        assert not feed.watch.failed.done()
        assert feed.next_offsets() == {0: 130}

    run(story())
