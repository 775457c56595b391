"""The sweep at work: whatever no callback told arrives all the same, once. In virtual time."""

import asyncio

from connector.core.events import status_event
from connector.core.facts import StatusSwept
from connector.core.outstanding import READ_BACK_MS
from connector.core.sights import SweepSeen
from connector.core.sweeping import GRACE_MS
from connector.roles.sweeper import EVERY_S
from tests.sweep_stage import DAY_S, Stage, flags, now_ms
from tests.test_opt_outs import CONTACT
from tests.virtual_time import run


def test_what_no_callback_told_arrives_by_the_sweep() -> None:
    """Within two sweeps and the lag; tied to its request; under the id that the callback would have had."""

    async def story() -> None:
        stage = Stage()
        stage.sendblue.lag_s = 40
        stage.sweeper()
        for n in range(250):
            await stage.submit(f"h{n}")
        await asyncio.sleep(5)
        reports = [stage.sendblue.has(f"h{n}", "DELIVERED") for n in range(250)]
        await asyncio.sleep(GRACE_MS / 1000 + 2 * EVERY_S + 40)

        wanted = {status_event(r, None, flags(""), 0).event_id for r in reports}
        assert {event.event_id for event in stage.topic.swept()} == wanted
        assert len(stage.topic.swept()) == 250
        assert {(event.request_id, event.attempt) for event in stage.topic.swept()} == {
            (f"r-h{n}", f"a-h{n}") for n in range(250)
        }
        assert sum(isinstance(fact, StatusSwept) for fact in stage.facts) == 250

    run(story())


def test_an_opt_out_that_no_callback_told_is_heard() -> None:
    """In the list, or by the look-up of what the list hides; once Kafka takes it, and though its status is no news."""

    async def story(*, hidden: bool) -> None:
        stage = Stage()
        stage.ear.topics.refuse = 3
        stage.sweeper()
        await stage.submit("h")
        stage.sendblue.has("h", "QUEUED" if hidden else "DELIVERED", opted_out=True)
        if hidden:
            stage.sendblue.hidden.add("h")
        await stage.callback("h")
        await asyncio.sleep(3600)

        assert CONTACT in stage.ear.opt_outs.known

    for hidden in (False, True):
        run(story(hidden=hidden))


def test_what_callbacks_told_is_not_told_again() -> None:
    """Not while they are on the way, and not by later sweeps."""

    async def story() -> None:
        stage = Stage()
        stage.sweeper()
        for n in range(60):
            await stage.submit(f"h{n}")
            stage.sendblue.has(f"h{n}", "DELIVERED")
            await asyncio.sleep(7)
            await stage.callback(f"h{n}")
        await asyncio.sleep(DAY_S)

        assert stage.topic.swept() == []

    run(story())


def test_a_take_over_repeats_nothing_and_loses_nothing() -> None:
    """At any moment; the old one may go on for a while."""

    async def story() -> None:
        stage = Stage()
        old = stage.sweeper()
        for n in range(40):
            await stage.submit(f"h{n}")
            await asyncio.sleep(3)
            stage.sendblue.has(f"h{n}", "DELIVERED" if n % 2 else "SENT")
            if n % 10 == 9:
                new = stage.sweeper()
                await asyncio.sleep(4)
                await old.end()
                old = new
        await asyncio.sleep(5 * EVERY_S)

        told = {event.event_id: (event.message_handle, event.status) for event in stage.topic.swept()}
        assert sorted(told.values()) == sorted((h, r.status) for h, r in stage.sendblue.messages.items())

    run(story())


def test_an_outage_of_the_connector_is_made_good() -> None:
    """Five hours without a reconciler and without callbacks: thousands arrive by the list, not one by one."""

    async def story() -> None:
        stage = Stage()
        for n in range(2_000):
            await stage.submit(f"h{n}")
            await asyncio.sleep(2)
            stage.sendblue.has(f"h{n}", "DELIVERED")
        await asyncio.sleep(5 * 3600)
        stage.sweeper()
        await asyncio.sleep(300)

        assert len(stage.topic.swept()) == 2_000
        assert len(stage.sendblue.requests) < 500

    run(story())


def test_a_message_of_days_ago_is_published_without_its_request() -> None:
    """Its events are no longer read back; its handle says which it was."""

    async def story() -> None:
        stage = Stage()
        stage.sendblue.has("h1", "SENT")
        await asyncio.sleep(READ_BACK_MS / 1000 + 60)
        stage.sweeper()
        stage.sendblue.has("h1", "DELIVERED")
        await asyncio.sleep(DAY_S)

        assert [(e.status, e.request_id, e.message_handle) for e in stage.topic.events] == [("DELIVERED", None, "h1")]

    run(story())


def test_how_the_sweep_stands_is_seen_from_outside_also_when_it_stands_still() -> None:
    """Behind by a minute or two while it reads on; by more and more while there is no answer; not at all elsewhere."""

    async def story() -> None:
        stage = Stage()
        await stage.submit("h1")
        sweeper = stage.sweeper()
        await asyncio.sleep(3 * EVERY_S)
        stage.sendblue.has("h1", "SENT")
        await asyncio.sleep(2 * EVERY_S)
        well = sweeper.seen(now_ms())
        stage.sendblue.away = True
        await asyncio.sleep(3600)
        away = sweeper.seen(now_ms())
        await sweeper.end()

        assert well.outstanding == 1
        assert 0 < well.behind_s <= 2 * EVERY_S + 1
        assert away.behind_s == well.behind_s + 3600
        assert sweeper.seen(now_ms()) == SweepSeen(0, 0.0)

    run(story())
