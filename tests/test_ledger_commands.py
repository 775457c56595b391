"""What an operator says in the ledger, against the embedded broker."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from connector.commands import ledger_commands
from connector.core.identities import contact_hash
from connector.core.messages import SendRequest
from connector.demo import Demo, run
from connector.demo_plan import DemoPlan
from connector.settings import Settings, secret
from connector.simulator.broker import CLIENT

NUMBER = "+12065550123"
PLAN = DemoPlan(seconds=600, rate=5, lines=2)


async def beside_a_connector(work: Callable[[Settings, Demo], Awaitable[None]], plan: DemoPlan = PLAN) -> None:
    """Run a connector, and this work once it is ready, to the end of the work."""
    stop, works = asyncio.Event(), list[asyncio.Task[None]]()

    async def told(demo: Demo) -> None:
        assert demo.connector is not None
        settings = demo.connector.settings
        try:
            kafka = settings.kafka.model_copy(update={"client": {**settings.kafka.client, **CLIENT}})
            await work(settings.model_copy(update={"kafka": kafka}), demo)
        finally:
            stop.set()

    def show(demo: Demo) -> None:
        if not works and demo.connector is not None and demo.connector.ready.is_set():
            works.append(asyncio.create_task(told(demo)))

    await run(plan, stop, show)
    await works[0]


async def test_rebind_is_read_by_the_running_replicas() -> None:
    """The command ends once the record is in the ledger; a connector that runs texts from that line."""

    async def work(settings: Settings, demo: Demo) -> None:
        assert demo.connector is not None
        assert demo.connector.parts is not None
        key = secret(settings.ledger.hash_key, None, "ledger.hash_key").encode()
        contact = contact_hash(SendRequest("r", number=NUMBER), key)
        await ledger_commands.rebind(settings, NUMBER, None, "line-1")
        async with asyncio.timeout(120):
            while demo.connector.parts.replica.views.line_of(contact) != "line-1":  # noqa: ASYNC110 - another's state
                await asyncio.sleep(0.01)
        await ledger_commands.rules(settings, 1)

        assert demo.connector.parts.replica.may_send

    await beside_a_connector(work)


@pytest.mark.parametrize(
    ("number", "line", "sentence"), [(NUMBER, "nine", "no line is called"), ("12065550123", "line-0", "E.164")]
)
async def test_a_mistake_is_told_before_anything_is_read(number: str, line: str, sentence: str) -> None:
    """A line that is none, a number the ledger would never know."""
    settings = DemoPlan(lines=2).settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")

    with pytest.raises(ValueError, match=sentence):
        await ledger_commands.rebind(settings, number, None, line)


async def test_rules_of_another_release_are_refused() -> None:
    """A slip of the finger would stop every replica for good."""
    settings = DemoPlan(lines=2).settings("127.0.0.1:1", "http://127.0.0.1:1", "http://127.0.0.1:1")

    with pytest.raises(ValueError, match="knows rules version 1 only"):
        await ledger_commands.rules(settings, 2)
