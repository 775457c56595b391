"""Long waits in virtual time: the sender, its windows and the real delayers, round and round."""

import asyncio
from collections import Counter

from connector.core.delays import ROUND_S, Delay, Wait
from connector.core.messages import EventType, Origin
from connector.core.records import Intent
from connector.core.seen import Policy
from connector.core.window import MAX_RECORDS
from tests.delay_stage import DelayStage
from tests.sender_stage import BAD_KEY, LOST, NOW_MS, TOO_MANY
from tests.virtual_time import run

MINUTE, HOUR = 60_000, 3_600_000


def test_a_scheduled_request_waits_on_disk_and_is_sent_at_its_time() -> None:
    """Two hours and five minutes: two long hops, then short ones, the last minute in the window; said once each."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        stage.request("r1", send_at_ms=NOW_MS + 2 * HOUR + 5 * MINUTE)
        await asyncio.sleep(7000)
        held = len(stage.sender.lanes[0].window)
        await stage.until(lambda: bool(stage.ends))

        hops = [step.delay for _, _, step in stage.deferred]
        assert hops[:2] == [Delay.HOUR, Delay.HOUR]
        assert set(hops[2:]) == {Delay.MINUTE}
        assert held == 0
        assert [at >= 7500.0 for at, _, _ in stage.posts] == [True]
        assert stage.posts[0][0] < 7501.0
        assert sorted(e.type for e in stage.events) == [EventType.DEFERRED, EventType.SCHEDULED]
        assert not any(e.final for e in stage.events)

    run(story())


def test_22_a_window_full_of_records_that_wait_for_one_behind_it() -> None:
    """The contact's attempt is in doubt, its holder dead, its record behind 550 others of that contact."""

    async def story() -> None:
        stage = DelayStage(gap_s=0.0, policy=Policy(park_after_s=60))
        stage.sender.assigned([0])
        for n in range(550):
            stage.request(f"r{n}")
        stage.request("x")
        held = stage.sender.lanes[0].window
        assert stage.backlog() == 551 - MAX_RECORDS

        stage.log.land(_intent_of("x", 550, stage))
        await stage.until(lambda: len(stage.ends) == 551)

        assert Counter(end for _, end in stage.ends) == {"SUBMITTED": 550, "PARKED": 1}
        assert stage.ends[0] == ("x", "PARKED")
        assert all(step.reason in (Wait.BUSY, Wait.HELD) for _, _, step in stage.deferred)
        assert len({p[1] for p in stage.posts}) == len(stage.posts) == 550
        assert len(held) == 0

    run(story())


def _intent_of(request_id: str, place: int, stage: DelayStage) -> Intent:
    """A grant of a process that is gone."""
    lane = stage.sender.lanes[0]
    taken = lane.window.take(stage.mono())
    assert taken is not None
    contact = taken[1].contact
    lane.window.wait(taken[0], stage.mono(), Wait.BEHIND)
    origin = Origin("sendblue.requests", 0, place)
    return Intent("ff" * 8, request_id, "A", contact, taken[1].body, NOW_MS, origin, 0, "gone", lease_ms=5000)


def test_an_attempt_of_ones_own_in_doubt_never_hops() -> None:
    """Whoever settles it must hold the record; those behind it hop, and keep their order."""

    async def story() -> None:
        stage = DelayStage(answers=[LOST], policy=Policy(park_after_s=300))
        stage.sender.assigned([0])
        for n in range(4):
            stage.request(f"r{n}")
        await stage.until(lambda: len(stage.ends) == 4)

        assert "r0" not in {request_id for _, request_id, _ in stage.deferred}
        assert {"r1", "r2", "r3"} == {request_id for _, request_id, _ in stage.deferred}
        assert [end for _, end in stage.ends] == ["PARKED", *["SUBMITTED"] * 3]
        assert [p[1] for p in stage.posts] == ["r0", "r1", "r2", "r3"]
        deferred = [e.request_id for e in stage.events if e.type is EventType.DEFERRED]
        assert sorted(deferred, key=str) == ["r1", "r2", "r3"]

    run(story())


def test_a_long_queue_of_one_contact_that_moves_keeps_its_order_and_never_hops() -> None:
    """P9: two hundred requests at one a second wait minutes behind each other, in the window."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        for n in range(200):
            stage.request(f"r{n:03d}")
        await stage.until(lambda: len(stage.ends) == 200)

        assert stage.deferred == []
        assert [p[1] for p in stage.posts] == [f"r{n:03d}" for n in range(200)]

    run(story())


def test_a_request_that_is_due_does_not_wait_for_one_that_is_not() -> None:
    """P9 is about due requests: the scheduled one of the same contact takes its place when it is due."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        stage.request("later", send_at_ms=NOW_MS + 30_000)
        stage.request("now")
        await stage.until(lambda: len(stage.ends) == 2)

        assert [p[1] for p in stage.posts] == ["now", "later"]
        assert stage.posts[0][0] < 1.0
        assert 30.0 <= stage.posts[1][0] < 31.0

    run(story())


def test_a_blocked_line_goes_round_slowly_so_that_what_expires_behind_it_ends() -> None:
    """Bad credentials for hours, a window full of patient records, 300 behind it that expire in ten minutes."""

    async def story() -> None:
        stage = DelayStage(answers=[BAD_KEY], probes=[False] * 10_000)
        stage.sender.assigned([0])
        for n in range(600):
            stage.request(f"patient-{n}", number=f"+1202555{n:04d}")
        await stage.until(lambda: stage.account.stopped_because is not None)
        for n in range(300):
            stage.request(f"hasty-{n}", number=f"+1303555{n:04d}", expires_at_ms=NOW_MS + 10 * MINUTE)
        await asyncio.sleep(590)
        early = len(stage.ends)
        await stage.until(lambda: len(stage.ends) == 300, within_s=120)
        await stage.account.close()
        by_second = Counter(int(at) for at, _, _ in stage.deferred)

        assert early == 0
        assert {end for _, end in stage.ends} == {"EXPIRED"}
        assert max(by_second.values()) <= 1 / ROUND_S + 1
        assert len(stage.sender.lanes[0].window) <= MAX_RECORDS
        assert len(stage.posts) == 1
        offset = stage.sender.next_offsets()[0]
        assert offset > 600

    run(story())


def test_many_blocked_lines_share_one_pace() -> None:
    """Two blocked lines with full windows: together they defer no more than one alone may, and nothing spins."""

    async def story() -> None:
        stage = DelayStage(answers=[BAD_KEY], probes=[False] * 10_000)
        stage.sender.assigned([0, 1])
        stage.request("first")
        await stage.until(lambda: stage.account.stopped_because is not None)
        for n in range(4000):
            stage.request(f"r{n}", number=f"+1202555{n:04d}", partition=n % 2)
        before = stage.clock_reads
        await asyncio.sleep(60)
        await stage.account.close()
        lines = Counter("AB"[int(request_id[1:]) % 2] for _, request_id, _ in stage.deferred if request_id != "first")

        assert 1_150 <= len(stage.deferred) <= 1_201
        assert abs(lines["A"] - lines["B"]) <= 2
        assert stage.clock_reads - before < 40 * len(stage.deferred)

    run(story())


def test_a_short_wait_of_a_full_line_moves_nothing() -> None:
    """A backoff of less than a minute is waited out in the window, in order."""

    async def story() -> None:
        stage = DelayStage(answers=[TOO_MANY] * 3, gap_s=0.0)
        stage.sender.assigned([0])
        for n in range(700):
            stage.request(f"r{n}", number=f"+1202555{n:04d}")
        await stage.until(lambda: len(stage.ends) == 700)

        assert stage.deferred == []

    run(story())


def test_a_record_given_back_twice_is_texted_once() -> None:
    """The delayer dies between giving back and committing: its successor gives everything back again."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        for n in range(3):
            stage.request(f"r{n}", number=f"+1202555010{n}", send_at_ms=NOW_MS + 90_000)
        await asyncio.sleep(61)
        dead = stage.topics[Delay.MINUTE].delayer
        dead.lost(range(4))
        stage.topics[Delay.MINUTE].take_over()
        await stage.until(lambda: len(stage.ends) == 6)

        assert Counter(stage.ends) == {(f"r{n}", "SUBMITTED"): 2 for n in range(3)}
        assert sorted(p[1] for p in stage.posts) == ["r0", "r1", "r2"]

    run(story())


def test_a_record_that_waits_for_another_origin_s_attempt_goes_and_comes_back() -> None:
    """DUPLICATE(open): the other record of that id is in doubt on another line, for longer than a minute."""

    async def story() -> None:
        stage = DelayStage(answers=[LOST], policy=Policy(park_after_s=200))
        stage.sender.assigned([0, 1])
        stage.request("r1")
        await stage.until(lambda: bool(stage.posts))
        stage.request("r1", partition=1)
        await asyncio.sleep(100)
        assert [(r, s.reason) for _, r, s in stage.deferred] == [("r1", Wait.OPEN)]

        await stage.until(lambda: bool(stage.ends))
        assert stage.ends == [("r1", "PARKED")]
        assert len(stage.posts) == 1

    run(story())
