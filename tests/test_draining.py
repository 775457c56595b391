"""The order of a stop: readiness says no first, and all goes on until load balancers have learned of it."""

import asyncio

import httpx2
import pytest

from connector.app import Connector
from connector.demo import _assign, _upstream
from connector.kafka.records import KafkaFatal
from connector.settings import Settings, Shutdown
from connector.simulator.broker import CLIENT
from tests.installed import installed

DRAIN_S = 17.0
FORGED = "/v1/callbacks/k1.AAAA.BBBB"


class Stopping:
    """The wait of a stop: it says when it begins, and ends when it is told."""

    def __init__(self) -> None:
        self.begun, self.over = asyncio.Event(), asyncio.Event()
        self.asked_s: list[float] = []

    async def __call__(self, seconds: float) -> None:
        self.asked_s.append(seconds)
        self.begun.set()
        await self.over.wait()


async def get(connector: Connector, path: str) -> int:
    """The answer of the health port."""
    async with httpx2.AsyncClient(trust_env=False, timeout=120) as client:
        return (await client.get(f"http://127.0.0.1:{connector.health_port}{path}")).status_code


async def call_back(settings: Settings) -> int:
    """The answer to a callback that nobody signed: whoever gives one is listening."""
    async with httpx2.AsyncClient(trust_env=False, timeout=120) as client:
        return (await client.post(f"{settings.callbacks.public_url}{FORGED}", json={})).status_code


async def ready(settings: Settings, connector: Connector, stop: asyncio.Event) -> "asyncio.Task[None]":
    """Start it, and wait until it is ready."""
    async with _upstream(settings) as (codec, producer, _):
        await _assign(codec, producer, settings)
    task = asyncio.create_task(connector.run(stop))
    begun = asyncio.create_task(connector.ready.wait())
    await asyncio.wait({begun, task}, return_when=asyncio.FIRST_COMPLETED)
    if task.done():
        task.result()
    return task


async def test_readiness_flips_before_anything_stops() -> None:
    """While the wait lasts callbacks are answered and partitions kept; after it nobody listens. Alive all the while."""
    stop, stopping = asyncio.Event(), Stopping()
    async with installed() as there:
        settings = there.model_copy(update={"shutdown": Shutdown(endpoint_drain_s=DRAIN_S)})
        connector = Connector(settings, client_extra=CLIENT, preflight=False, wait=stopping)
        task = await ready(settings, connector, stop)
        before = await get(connector, "/readyz"), await get(connector, "/livez"), await call_back(settings)
        stop.set()
        await stopping.begun.wait()
        during = await get(connector, "/readyz"), await get(connector, "/startupz"), await call_back(settings)
        assert connector.parts is not None
        reading = [not intake.consumer._owner.stop.is_set() for intake in connector.parts.intakes]
        stopping.over.set()
        await asyncio.wait_for(task, 120)

        with pytest.raises(httpx2.ConnectError):
            await call_back(settings)

    assert before == (200, 200, 401)
    assert during == (503, 200, 401)
    assert reading
    assert all(reading)
    assert stopping.asked_s == [DRAIN_S]


async def test_a_fatal_error_ends_a_wait() -> None:
    """A client that cannot go on: the process ends at once, with an error that becomes its exit code."""
    stop, stopping = asyncio.Event(), Stopping()
    async with installed() as there:
        settings = there.model_copy(update={"shutdown": Shutdown(endpoint_drain_s=DRAIN_S)})
        connector = Connector(settings, client_extra=CLIENT, preflight=False, wait=stopping)
        task = await ready(settings, connector, stop)
        stop.set()
        await stopping.begun.wait()
        assert connector.parts is not None
        connector.parts.intakes[0].consumer.fatal.set_exception(KafkaFatal("the broker forbids it"))

        with pytest.raises(KafkaFatal, match="forbids"):
            await asyncio.wait_for(task, 120)
