"""What the list does not show, in virtual time: looked up by handle, within the share, and given up in the end."""

import asyncio

from connector.core.facts import StatusLookedUp, StatusTimedOut
from connector.core.messages import EventType
from connector.core.outstanding import LONGEST_MS, LOOK_UP_AT_MS
from connector.roles.sweeper import EVERY_S
from tests.sweep_stage import DAY_S, Stage
from tests.virtual_time import run


def test_a_message_the_list_does_not_show_is_looked_up() -> None:
    """At ten minutes; and what it says is published once."""

    async def story() -> None:
        stage = Stage()
        stage.sendblue.hidden.add("h1")
        stage.sweeper()
        await stage.submit("h1")
        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(LOOK_UP_AT_MS[0] / 1000 + 2 * EVERY_S)

        assert [(event.status, event.request_id) for event in stage.topic.swept()] == [("DELIVERED", "r-h1")]
        assert [fact.result for fact in stage.facts if isinstance(fact, StatusLookedUp)] == ["new"]

    run(story())


def test_a_message_without_an_end_is_given_up_after_a_day() -> None:
    """After a last look, once, whoever is active; a status that comes later is published all the same."""

    async def story() -> None:
        stage = Stage()
        first = stage.sweeper()
        await stage.submit("h1")
        stage.sendblue.has("h1", "SENT")
        await asyncio.sleep(DAY_S - 600)
        assert [event.type for event in stage.topic.events[1:]] == [EventType.STATUS]
        await first.end()
        second = stage.sweeper()
        await asyncio.sleep(600 + 2 * EVERY_S)
        await second.end()
        stage.sweeper()
        await asyncio.sleep(3600)

        (timeout,) = [event for event in stage.topic.events if event.type is EventType.STATUS_TIMEOUT]
        assert (timeout.request_id, timeout.message_handle, timeout.line) == ("r-h1", "h1", "line-1")
        assert (timeout.final, timeout.terminal, timeout.code) == (False, False, "UNCONFIRMED")
        assert [fact.line for fact in stage.facts if isinstance(fact, StatusTimedOut)] == ["line-1"]

        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(3 * EVERY_S)
        assert [event.status for event in stage.topic.swept()] == ["SENT", "DELIVERED"]

    run(story())


def test_a_handle_that_sendblue_does_not_know_is_given_up_too() -> None:
    """There is nothing else to learn; nothing is published but the end."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        await stage.submit("h1")
        del stage.sendblue.messages["h1"]
        await asyncio.sleep(DAY_S + 2 * EVERY_S)

        assert [event.type for event in stage.topic.events] == [EventType.SUBMITTED, EventType.STATUS_TIMEOUT]
        assert {fact.result for fact in stage.facts if isinstance(fact, StatusLookedUp)} == {"unknown"}

    run(story())


def test_sendblue_is_asked_within_the_share_and_without_an_answer_rarely() -> None:
    """Forty requests in ten seconds and what a second brings; and nothing is given up unseen, nothing lost."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        for n in range(3_000):
            await stage.submit(f"h{n}")
        stage.sendblue.away = True
        for n in range(3_000):
            stage.sendblue.has(f"h{n}", "DELIVERED")
        await asyncio.sleep(DAY_S + 4 * 3600)
        assert not any(event.type is EventType.STATUS_TIMEOUT for event in stage.topic.events)
        assert len(stage.sendblue.requests) < 5 * 60 * 29
        stage.sendblue.away = False
        await asyncio.sleep(3600)

        assert {event.message_handle for event in stage.topic.swept()} == set(stage.sendblue.messages)
        times = stage.sendblue.requests
        assert all(later - earlier >= 10 for earlier, later in zip(times, times[45:], strict=False))

    run(story())


def test_a_message_that_is_never_answered_for_is_given_up_before_it_is_forgotten() -> None:
    """Else nobody would: whoever takes over later does not read it back."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        await stage.submit("h1")
        stage.sendblue.away = True
        await asyncio.sleep(LONGEST_MS / 1000 + 2 * EVERY_S)

        assert [event.type for event in stage.topic.events] == [EventType.SUBMITTED, EventType.STATUS_TIMEOUT]

    run(story())
