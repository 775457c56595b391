"""A line that a webhook calls blocked is blocked in every replica, and after a restart."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator

import httpx2

from connector.app import Connector
from connector.demo import _assign, _upstream
from connector.settings import Settings
from connector.settings_webhooks import Webhooks
from connector.simulator.broker import CLIENT
from connector.wiring.parts import Parts
from tests.installed import installed
from tests.test_draining import ready

SECRET, HANG_S = "a shared secret of the tests", 120.0


@contextlib.asynccontextmanager
async def replica(settings: Settings, role: str) -> AsyncIterator[Parts]:
    """A process with one role."""
    stop, connector = asyncio.Event(), Connector(settings, (role,), client_extra=CLIENT, preflight=False)
    running = await ready(settings, connector, stop)
    try:
        assert connector.parts is not None
        yield connector.parts
    finally:
        stop.set()
        await running


async def tell(parts: Parts, number: str) -> int:
    """Sendblue says that the line is blocked; return the HTTP status of the answer."""
    url = f"http://127.0.0.1:{parts.callback_port}/v1/webhooks/line_blocked"
    async with httpx2.AsyncClient(trust_env=False, timeout=120) as client:
        body = json.dumps({"sendblue_number": number}).encode()
        return (await client.post(url, content=body, headers={"sb-signing-secret": SECRET})).status_code


def stopped(parts: Parts, line: str) -> bool:
    """Whether this process sends nothing from the line."""
    return parts.known.facts.stopped(line, parts.system.mono(), parts.system.now_ms())


async def test_a_block_told_to_one_replica_holds_in_another_and_after_a_restart() -> None:
    """The ingress that heard of it may have no sender at all; whoever starts later reads it back."""
    async with installed() as there, _upstream(there) as (codec, producer, _):
        hooks = Webhooks.model_validate({"secrets": {"w1": SECRET}})
        settings = there.model_copy(update={"webhooks": hooks})
        await _assign(codec, producer, settings)
        line = settings.lines[0]
        async with replica(settings, "ingress") as ear, replica(settings, "router") as other:
            before = stopped(other, line.alias)
            answer = await tell(ear, line.number)
            async with asyncio.timeout(HANG_S):
                while not stopped(other, line.alias):  # noqa: ASYNC110 - another's state
                    await asyncio.sleep(0.01)
        async with replica(settings, "reconciler") as late:
            after = stopped(late, line.alias)

    assert (before, answer, after) == (False, 200, True)
