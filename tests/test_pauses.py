"""Pauses in virtual time: nothing is granted or written while one holds, nothing is lost, and all goes on after it."""

import asyncio
import math

import pytest

from connector.core.calls import Answer
from connector.core.facts import LineWaits
from connector.core.pauses import OfAll, OfLine, OfTag, Pause, Said, Scope
from connector.core.records import Intent, Outcome
from connector.core.window import MAX_RECORDS
from tests.delay_stage import DelayStage
from tests.sender_stage import ACCEPTED, NOW_MS
from tests.virtual_time import run

SPRING = {"campaign": "spring"}
MANY = MAX_RECORDS + 200
SCOPES: list[Scope] = [OfLine("A"), OfTag("campaign", "spring"), OfAll()]


def order(stage: DelayStage, scope: Scope, seconds: float = math.inf) -> None:
    """Somebody pauses; every line looks at its window, as when the control topic tells it."""
    until_ms = None if seconds == math.inf else stage.now_ms() + round(seconds * 1000)
    stage.orders.put(repr(scope).encode(), Pause(scope, Said("ann", "under review", stage.now_ms()), until_ms))
    stage.sender.stir()


def resume(stage: DelayStage, scope: Scope) -> None:
    ben = Said("ben", "it is over", stage.now_ms())
    stage.orders.put(repr(scope).encode(), Pause(scope, ben, None, ben))
    stage.sender.stir()


def proposed(stage: DelayStage) -> list[str]:
    return [record.request_id for record in stage.log.records if isinstance(record, Intent)]


def number(n: int) -> str:
    return f"+1202555{n:04d}"


@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_paused_is_not_proposed_and_goes_on_by_itself(scope: Scope) -> None:
    """At its end, to the second; the other line, and requests without the tag, are not held but by the kill switch."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0, 1])
        order(stage, scope, 30)
        stage.request("held", tags=SPRING)
        stage.request("other", number(1), partition=1)
        await asyncio.sleep(29.9)
        during = [request_id for _, request_id, _ in stage.posts], proposed(stage)
        await stage.until(lambda: len(stage.ends) == 2, within_s=5)

        others = [] if scope == OfAll() else ["other"]
        assert during == (others, others)
        assert sorted(stage.ends) == [("held", "SUBMITTED"), ("other", "SUBMITTED")]
        assert next(at for at, request_id, _ in stage.posts if request_id == "held") == pytest.approx(30, abs=0.1)
        assert stage.deferred == []

    run(story())


@pytest.mark.parametrize("scope", SCOPES)
def test_what_waits_goes_on_when_somebody_resumes(scope: Scope) -> None:
    """A pause without an end: nothing for ten minutes, then everything, in order, within a minute."""

    async def story() -> None:
        stage = DelayStage(gap_s=0.1)
        stage.sender.assigned([0])
        order(stage, scope)
        for n in range(20):
            stage.request(f"r{n:02}", tags=SPRING)
        await asyncio.sleep(600)
        during = list(stage.posts)
        resume(stage, scope)
        await stage.until(lambda: len(stage.ends) == 20, within_s=65)

        assert during == []
        assert [request_id for _, request_id, _ in stage.posts] == [f"r{n:02}" for n in range(20)]

    run(story())


def test_a_grant_that_is_not_written_yet_is_given_back() -> None:
    """The pause comes while the pace is waited for: UNSENT, nothing held against the message, sent afterwards."""

    async def story() -> None:
        stage = DelayStage(gap_s=4.0)
        stage.sender.assigned([0])
        stage.request("first", number(1))
        stage.request("second", number(2))
        await stage.until(lambda: len(proposed(stage)) == 2)
        wrote_before = len(stage.posts)
        order(stage, OfAll(), 30)
        await stage.until(lambda: len(stage.ends) == 2)
        codes = [record.detail for record in stage.log.records if isinstance(record, Outcome)]

        assert wrote_before == 1
        assert codes == ["h-1", "PAUSED", "h-1"]
        assert stage.posts[1][0] >= 30
        assert stage.ends == [("first", "SUBMITTED"), ("second", "SUBMITTED")]

    run(story())


def test_a_call_that_waits_for_its_connection_is_not_written() -> None:
    """The last look is taken at the socket, too."""

    async def story() -> None:
        stage = DelayStage(connects_s=[3.0])
        stage.sender.assigned([0])
        stage.request("r")
        await stage.until(lambda: bool(proposed(stage)))
        order(stage, OfTag("campaign", "spring"), 60)
        order(stage, OfLine("A"), 60)
        await asyncio.sleep(50)
        during = list(stage.posts)
        await stage.until(lambda: bool(stage.ends))

        assert during == []
        assert [round(at) for at, _, _ in stage.posts] == [60]

    run(story())


def test_what_is_written_goes_on() -> None:
    """A pause calls nothing back: the answer is heard, and the end published."""

    async def story() -> None:
        stage = DelayStage(latency_s=5.0)
        stage.sender.assigned([0])
        stage.request("r")
        await stage.until(lambda: bool(stage.posts))
        order(stage, OfAll())
        await stage.until(lambda: bool(stage.ends), within_s=6)

        assert stage.ends == [("r", "SUBMITTED")]

    run(story())


@pytest.mark.parametrize("scope", SCOPES)
def test_what_is_paused_expires_at_its_own_time(scope: Scope) -> None:
    """To the second when it waits in the window, a minute later at most when it went round."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        order(stage, scope)
        stage.request("r", tags=SPRING, expires_at_ms=NOW_MS + 600_000)
        await stage.until(lambda: bool(stage.ends), within_s=700)

        assert stage.ends == [("r", "EXPIRED")]
        assert 600 <= stage.mono() <= 661
        assert proposed(stage) == []

    run(story())


@pytest.mark.parametrize("scope", SCOPES)
def test_a_request_is_scheduled_in_a_pause_as_without(scope: Scope) -> None:
    """Its send_at comes after the end of the pause: it is sent then, to the second."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        order(stage, scope, 300)
        stage.request("r", tags=SPRING, send_at_ms=NOW_MS + 600_000)
        await stage.until(lambda: bool(stage.ends), within_s=700)

        assert [round(at) for at, _, _ in stage.posts] == [600]

    run(story())


def test_a_paused_tag_does_not_hold_up_its_line() -> None:
    """Far more than a window holds is paused; a request without the tag that comes behind all of it is sent soon."""

    async def story() -> None:
        stage = DelayStage(gap_s=0.0)
        stage.sender.assigned([0])
        order(stage, OfTag("campaign", "spring"))
        for n in range(MANY):
            stage.request(f"s{n:04}", number(n), tags=SPRING)
        stage.request("code", number(9_999))
        await stage.until(lambda: bool(stage.posts), within_s=15)
        await asyncio.sleep(130)
        during = [request_id for _, request_id, _ in stage.posts]
        resume(stage, OfTag("campaign", "spring"))
        await stage.until(lambda: len(stage.ends) == MANY + 1, within_s=90)

        assert during == ["code"]
        assert len({request_id for _, request_id, _ in stage.posts}) == len(stage.posts) == MANY + 1

    run(story())


def test_another_text_to_the_same_contact_does_not_wait_for_a_paused_tag() -> None:
    """The paused one has given its place up within a moment, and its event says DEFERRED."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        order(stage, OfTag("campaign", "spring"))
        stage.request("spring", tags=SPRING)
        stage.request("code")
        await stage.until(lambda: bool(stage.ends), within_s=2)

        assert stage.ends == [("code", "SUBMITTED")]
        assert [(event.request_id, str(event.type), event.code) for event in stage.events] == [
            ("spring", "DEFERRED", "TAG_PAUSED")
        ]

    run(story())


def test_a_full_window_of_a_paused_line_goes_round_so_that_what_is_behind_it_ends() -> None:
    """The last of 600 expires although the window holds 500; the deferred say PAUSED."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        order(stage, OfLine("A"))
        for n in range(MAX_RECORDS + 100):
            stage.request(f"r{n}", number(n))
        stage.request("last", number(9_999), expires_at_ms=NOW_MS + 60_000)
        await stage.until(lambda: bool(stage.ends), within_s=120)

        assert stage.ends == [("last", "EXPIRED")]
        assert {step.reason.name for _, _, step in stage.deferred} == {"PAUSED"}
        assert stage.posts == []

    run(story())


def test_a_pause_stops_nothing_that_goes_beside_the_sending() -> None:
    """A pause is no backoff: no breaker, no wait of the line is told; a doubt is looked into and parked."""

    async def story() -> None:
        stage = DelayStage(answers=[Answer(status=500), ACCEPTED])
        stage.sender.assigned([0])
        stage.request("doubt")
        await stage.until(lambda: bool(stage.posts))
        order(stage, OfAll())
        await stage.until(lambda: bool(stage.ends), within_s=1_000)

        assert stage.ends == [("doubt", "PARKED")]
        assert [fact for fact in stage.facts if isinstance(fact, LineWaits)] == []
        assert len(stage.looks) > 1

    run(story())
