"""CPU of one connector process for each message, beside that of a bare httpx2 POST of the same body, in one run.

    python -m benchmarks.message_cpu [messages] [lines]

The connector has all its roles, metrics and logs; Sendblue never calls back, so callbacks cost nothing here. Broker,
registry and Sendblue are in another process (world.py). Both sides keep the same number of POSTs under way.
"""

import asyncio
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import uvloop

from benchmarks.noise import Figure
from benchmarks.world import request
from connector.app import Connector, both
from connector.core.facts import Fact, MessageSettled
from connector.demo_plan import DemoPlan
from connector.observability.logs import FactLog, configure
from connector.observability.metrics import Metrics
from connector.sendblue.bodies import SEND_PATH, body_of
from connector.settings import Settings
from connector.simulator.broker import CLIENT
from connector.system import collect_rarely

REPETITIONS, WARM_UP = 4, 200
IDLE_S = 2.0
WAIT_S = 60.0


class _Settled:
    """Counts ends; ``all_of`` waits for so many."""

    def __init__(self) -> None:
        self._count, self._wanted = 0, 0
        self._reached = asyncio.Event()

    def __call__(self, fact: Fact, /) -> None:
        if isinstance(fact, MessageSettled):
            self._count += 1
            if self._count >= self._wanted:
                self._reached.set()

    def want(self, more: int) -> None:
        """So many more than now."""
        self._wanted = self._count + more
        self._reached.clear()

    async def all(self) -> None:
        """Until they are there. Raises TimeoutError."""
        await asyncio.wait_for(self._reached.wait(), WAIT_S)


def main(messages: int = 1500, lines: int = 20) -> None:
    """Start the world, measure and print."""
    command = [sys.executable, "-m", "benchmarks.world", str(lines)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as world:
        assert world.stdout
        places = msgspec.json.decode(world.stdout.readline())
        settings = DemoPlan(lines=lines, gap_s=0).settings(places["bootstrap"], places["registry"], places["api"])
        uvloop.run(_measure(world, settings, messages))


async def _measure(world: Any, settings: Settings, messages: int) -> None:
    settled, stop, lines = _Settled(), asyncio.Event(), len(settings.lines)
    metrics = Metrics(line.alias for line in settings.lines)
    connector = Connector(settings, observe=both(metrics, FactLog(), settled), client_extra=CLIENT, preflight=False)
    running = asyncio.create_task(connector.run(stop))
    await connector.ready.wait()
    await _messages(world, settled, WARM_UP)
    whole, bare = Figure(), Figure()
    for _ in range(REPETITIONS):
        whole.us.append(await _messages(world, settled, messages))
        bare.us.append(await _posts(settings, messages, lines))
    idle = await _idle()
    stop.set()
    await running
    print(f"connector, a message   {whole}\nbare httpx2, a POST    {bare}")
    print(
        f"{whole.least / bare.least:.2f} x a bare POST ({messages} messages, {lines} lines); idle {idle:.1%} of a core"
    )


async def _messages(world: Any, settled: _Settled, count: int) -> float:
    settled.want(count)
    began = time.process_time()
    world.stdin.write(f"{count}\n".encode())
    world.stdin.flush()
    await settled.all()
    return (time.process_time() - began) / count * 1e6


async def _posts(settings: Settings, count: int, at_once: int) -> float:
    api = settings.sendblue
    headers = {"sb-api-key-id": "demo-key", "sb-api-secret-key": "demo-secret", "content-type": "application/json"}
    left = iter(range(count))
    url = httpx2.URL(api.base_url + SEND_PATH)
    callback = f"{settings.callbacks.public_url}/v1/callbacks/{'x' * 80}"

    async def worker(client: httpx2.AsyncClient) -> None:
        for n in left:
            body = msgspec.json.encode(body_of(request(n), settings.lines[0].number, callback))
            (await client.post(url, content=body)).raise_for_status()

    async with httpx2.AsyncClient(headers=headers, trust_env=False, timeout=20) as client:
        began = time.process_time()
        await asyncio.gather(*(worker(client) for _ in range(at_once)))
        return (time.process_time() - began) / count * 1e6


async def _idle() -> float:
    await asyncio.sleep(IDLE_S)
    began = time.process_time()
    await asyncio.sleep(IDLE_S)
    return (time.process_time() - began) / IDLE_S


if __name__ == "__main__":
    with Path(os.devnull).open("w") as nowhere:
        configure("info", nowhere)
        collect_rarely()
        main(*map(int, sys.argv[1:]))
