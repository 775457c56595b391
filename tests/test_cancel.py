"""Cancelled requests in virtual time: by id and by tag, waiting in a window or in a delay topic, or too late."""

import asyncio

from connector.core.messages import Disposition
from connector.core.orders import CancelRequest, CancelTag
from connector.core.records import Close, Intent
from connector.core.standing import request_key
from tests.delay_stage import DelayStage
from tests.sender_stage import BAD_KEY, NOW_MS
from tests.virtual_time import run

HOUR = 3_600_000


def test_a_request_that_waits_in_a_window_is_cancelled_at_once() -> None:
    """The order wakes it; the end goes through a CLOSE, nothing is texted, nobody else is touched."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        stage.request("r1", send_at_ms=NOW_MS + 50_000)
        stage.request("r2", number="+12025550124", send_at_ms=NOW_MS + 50_000)
        await asyncio.sleep(10)
        stage.orders.put(b"cancel/id/r1", CancelRequest("r1", stage.now_ms()))
        stage.sender.wake((request_key("r1"),))
        await stage.until(lambda: bool(stage.ends), within_s=1)
        await stage.until(lambda: len(stage.ends) == 2)

        assert stage.ends == [("r1", "CANCELLED"), ("r2", "SUBMITTED")]
        close = stage.log.records[0]
        assert isinstance(close, Close)
        assert (close.request_id, close.disposition, close.code) == ("r1", Disposition.CANCELLED, "CANCELLED")
        assert [p[1] for p in stage.posts] == ["r2"]

    run(story())


def test_a_request_in_a_delay_topic_is_cancelled_when_it_comes_back() -> None:
    """At the latest one delay later, long before it is due."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        stage.request("r1", send_at_ms=NOW_MS + 10 * HOUR, tags={"campaign": "spring"})
        stage.request("r2", number="+12025550124", send_at_ms=NOW_MS + 10 * HOUR)
        await asyncio.sleep(100)
        stage.orders.put(b"x", CancelTag("campaign", "spring", stage.now_ms()))
        stage.sender.stir()
        await stage.until(lambda: bool(stage.ends), within_s=3_600)

        assert stage.ends == [("r1", "CANCELLED")]
        assert stage.posts == []
        codes = [record.code for record in stage.log.records if isinstance(record, Close)]
        assert codes == ["CANCELLED_BY_TAG"]

    run(story())


def test_a_tag_cancels_what_was_made_before_its_time_alone() -> None:
    """A blocked line's backlog goes; what is requested afterwards is sent."""

    async def story() -> None:
        stage = DelayStage(answers=[BAD_KEY], probes=[False] * 3)
        stage.sender.assigned([0])
        for n in range(5):
            stage.request(f"old-{n}", number=f"+1202555010{n}", tags={"campaign": "spring"})
        await stage.until(lambda: stage.account.stopped_because is not None)
        stage.orders.put(b"x", CancelTag("campaign", "spring", stage.now_ms()))
        stage.request("new", number="+12025550111", tags={"campaign": "spring"})
        stage.sender.stir()
        await stage.until(lambda: len(stage.ends) == 6)

        assert sorted(stage.ends) == [("new", "SUBMITTED"), *((f"old-{n}", "CANCELLED") for n in range(5))]
        assert [p[1] for p in stage.posts] == ["old-0", "new"]

    run(story())


def test_what_is_granted_goes_on() -> None:
    """The order comes while the call is under way: SUBMITTED, and no CLOSE."""

    async def story() -> None:
        stage = DelayStage(latency_s=5.0)
        stage.sender.assigned([0])
        stage.request("r1")
        await stage.until(lambda: bool(stage.posts))
        stage.orders.put(b"x", CancelRequest("r1", stage.now_ms()))
        stage.sender.wake((request_key("r1"),))
        await stage.until(lambda: bool(stage.ends))

        assert stage.ends == [("r1", "SUBMITTED")]
        assert [type(r) for r in stage.log.records if isinstance(r, Close | Intent)] == [Intent]

    run(story())


def test_a_replay_of_a_cancelled_request_says_cancelled_again() -> None:
    """Also when the order is long forgotten: the ledger keeps the end."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        stage.orders.put(b"x", CancelRequest("r1", NOW_MS))
        first = stage.request("r1")
        await stage.until(lambda: bool(stage.ends))
        stage.orders.put(b"x", None)
        stage.append(first)
        await stage.until(lambda: len(stage.ends) == 2)

        assert stage.ends == [("r1", "CANCELLED")] * 2
        assert stage.posts == []

    run(story())
