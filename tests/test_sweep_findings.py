"""Whose messages the list shows, in virtual time: ours are told, others are found, and nothing is found in error."""

import asyncio

from connector.core.events import status_event
from connector.roles.sweeper import EVERY_S
from tests.sweep_stage import DAY_S, Stage, flags, now_ms
from tests.virtual_time import run


def test_a_late_proof_is_not_waited_for_in_the_list() -> None:
    """Its row is of long ago, and whoever took over since does not read that far back: nothing is missing."""

    async def story() -> None:
        stage = Stage()
        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(3600)
        stage.sweeper()
        await stage.prove("h1")
        await asyncio.sleep(3 * 3600)
        stage.sendblue.has("h2", "SENT")
        await asyncio.sleep(2 * EVERY_S)

        assert stage.found() == []

    run(story())


def test_a_list_that_was_away_for_days_is_no_reason_to_suspect_our_own_messages() -> None:
    """They have ended, and what is known of them is forgotten, when the list shows them at last: nothing is found."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        stage.sendblue.away = True
        for n in range(3):
            await stage.submit(f"h{n}")
            stage.sendblue.has(f"h{n}", "DELIVERED")
            await stage.callback(f"h{n}")
            await asyncio.sleep(DAY_S)
        stage.sendblue.away = False
        await asyncio.sleep(3 * 3600)

        assert stage.found() == []

    run(story())


def test_only_messages_of_ours_are_published() -> None:
    """Not what a person sent from our line, nor what left from another one; it is found an hour later."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        await stage.submit("h1")
        stage.sendblue.has("by hand", "DELIVERED")
        stage.sendblue.has("again", "DELIVERED", content="h1")
        stage.sendblue.has("another line", "DELIVERED", from_number="+13035550199")
        stage.sendblue.hidden.add("h2")
        await stage.submit("h2")
        await asyncio.sleep(2 * 3600)
        stage.sendblue.has("h3", "SENT")
        await asyncio.sleep(2 * EVERY_S)

        assert {event.message_handle for event in stage.topic.swept()} <= {"h1", "h2"}
        assert sorted(stage.found()) == [("duplicate", "again"), ("foreign", "by hand"), ("missing", "h2")]

    run(story())


def test_what_an_account_webhook_tells_makes_nothing_ours() -> None:
    """A foreign text is found although its status is on the topic; ours is looked up although it was told too early."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        for handle in ("by hand", "h1"):
            report = stage.sendblue.has(handle, "SENT")
            await stage.topic.event(status_event(report, None, flags(handle), now_ms()))
        await asyncio.sleep(1)
        await stage.submit("h1")
        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(2 * 3600)
        stage.sendblue.has("h3", "SENT")
        await asyncio.sleep(2 * EVERY_S)

        assert [(e.message_handle, e.status, e.request_id) for e in stage.topic.swept()] == [
            ("h1", "DELIVERED", stage.claim("h1").request_id)
        ]
        assert ("foreign", "by hand") in stage.found()

    run(story())
