"""Fuses in virtual time: too much for one contact waits and is told, and nobody else waits for it."""

import asyncio
from collections import Counter

from connector.core.facts import FuseBlown
from connector.core.fuses import Fuses, Limits
from connector.core.identities import contact_hash
from connector.core.messages import Priority
from connector.core.records import Intent, LedgerRecord, Outcome, Rebind, Result
from connector.core.window import MAX_RECORDS
from tests.delay_stage import DelayStage
from tests.sender_stage import Log
from tests.virtual_time import run


def stage_with(limits: Limits, **more: object) -> DelayStage:
    stage = DelayStage(gap_s=0.0, **more)  # type: ignore[arg-type]  # fields by name
    stage.replica.fuses = Fuses(limits)
    return stage


def number(n: int) -> str:
    return f"+1202555{n:04d}"


def fuses_told(stage: DelayStage) -> list[FuseBlown]:
    return [fact for fact in stage.facts if isinstance(fact, FuseBlown)]


def test_a_contact_gets_no_more_than_its_rate_and_every_text_comes() -> None:
    """50 at once: 20 in the first minute, 20 in the second, then the rest, in order; one alarm, nothing dropped."""

    async def story() -> None:
        stage = stage_with(Limits())
        stage.sender.assigned([0])
        for n in range(50):
            stage.request(f"r{n:02}")
        stage.request("other", number(1))
        await stage.until(lambda: len(stage.ends) == 51)
        minutes = Counter(int(at // 60) for at, request_id, _ in stage.posts if request_id != "other")
        others = [at for at, request_id, _ in stage.posts if request_id == "other"]

        assert minutes == {0: 20, 1: 20, 2: 10}
        assert others[0] < 5
        assert [r for _, r, _ in stage.posts if r != "other"] == [f"r{n:02}" for n in range(50)]
        assert fuses_told(stage) == [FuseBlown("contact_rate", "A")]

    run(story())


def test_the_hours_limit_makes_way_on_disk() -> None:
    """A wait of most of an hour is no wait for a window: it hops, saying so, and is sent when the hour is over."""

    async def story() -> None:
        stage = stage_with(Limits(per_minute=0, per_hour=3))
        stage.sender.assigned([0])
        for n in range(5):
            stage.request(f"r{n}")
        await asyncio.sleep(3_000)
        during = len(stage.posts)
        codes = {event.code for event in stage.events}
        await stage.until(lambda: len(stage.ends) == 5, within_s=1_000)

        assert during == 3
        assert codes == {"FUSE"}
        assert all(3_600 <= at < 3_665 for at, _, _ in stage.posts[3:])

    run(story())


def test_a_runaway_does_not_hold_up_its_line() -> None:
    """A window full of texts to one contact makes way: who comes behind all of them is sent soon."""

    async def story() -> None:
        stage = stage_with(Limits())
        stage.sender.assigned([0])
        for n in range(2 * MAX_RECORDS):
            stage.request(f"r{n:04}")
        stage.request("other", number(1))
        await stage.until(lambda: any(r == "other" for _, r, _ in stage.posts), within_s=30)

        assert len(stage.posts) == 21

    run(story())


def test_another_replica_counts_what_the_one_before_was_granted() -> None:
    """A restart, or a rebalance, gives nobody a fresh allowance."""

    async def story() -> None:
        log = Log()
        first, second = (stage_with(Limits(), log=log, owner=owner) for owner in "PQ")
        first.sender.assigned([0])
        for n in range(15):
            first.request(f"p{n}")
        await first.until(lambda: len(first.ends) == 15)
        await first.sender.revoked([0])
        second.sender.assigned([0])
        second.made = 100
        for n in range(15):
            second.request(f"q{n}")
        await second.until(lambda: len(second.posts) == 5)
        await asyncio.sleep(30)

        assert len(second.posts) == 5

    run(story())


class Slow(Log):
    """A ledger that one request's first INTENT reaches a second later."""

    def __init__(self, request_id: str) -> None:
        super().__init__()
        self._slow = request_id

    async def append(self, record: LedgerRecord) -> None:
        if isinstance(record, Intent) and record.request_id == self._slow:
            self._slow = ""
            await asyncio.sleep(1)
        await super().append(record)


def test_two_lanes_do_not_get_one_more_than_the_rate() -> None:
    """Both propose for the last place; the first has ended when the other is granted, and that one is given back."""

    async def story() -> None:
        stage = stage_with(Limits(per_minute=1), log=Slow("code"), in_flight=2, replies={"A": 2})
        stage.sender.assigned([0, 2])
        known = contact_hash(stage.request("r").request, stage.sender.lanes[0].around.hash_key)
        stage.log.land(Rebind(known, "A"))  # of a new contact only one would propose
        stage.request("code", priority=Priority.REPLY)
        await stage.until(lambda: len(stage.ends) == 2)
        given_back = [r.detail for r in stage.log.records if isinstance(r, Outcome) and r.result is Result.UNSENT]

        assert given_back == ["FUSE"]
        assert [request_id for _, request_id, _ in stage.posts] == ["r", "code"]
        assert stage.posts[1][0] >= 60

    run(story())


def test_one_text_to_very_many_is_an_alarm_and_stops_only_if_set_so() -> None:
    """Told once, by the line whose grant it was; with the setting, the rest waits for the window's end."""

    async def story() -> None:
        for stops, at_once in ((False, 200), (True, 100)):
            stage = stage_with(Limits(0, 0, 100, 600_000, stops))
            stage.sender.assigned([0])
            for n in range(200):
                stage.request(f"r{n}", number(n))
            await asyncio.sleep(60)
            sent = len(stage.posts)
            await stage.until(lambda stage=stage: len(stage.ends) == 200, within_s=1_000)  # type: ignore[misc]  # of this round

            assert abs(sent - at_once) <= (10 if stops else 0)
            assert fuses_told(stage)[0] == FuseBlown("same_text", "A")
            assert len(fuses_told(stage)) == 1

    run(story())
