"""What watching costs the event loop: one connector with many lines, all of them with a queue, scraped all the time.

    python -m benchmarks.scrape [lines] [queued a line]

Two things run on the loop once a second: the sample (how every line stands) and the lag of each topic. Their CPU is
measured by the thread's own clock. A scrape runs in another thread; what it takes from the loop is how much later a
timer comes while scrapes go on without a pause than while there are none. That is wall-clock time, so it tells
something on a quiet machine alone; the CPU of a scrape tells it on any.
"""

import asyncio
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from benchmarks.noise import quantile
from connector.app import Connector, both
from connector.demo_plan import DemoPlan
from connector.observability.logs import FactLog, configure
from connector.observability.metrics import Metrics
from connector.observability.scrape import rendered
from connector.settings import Settings
from connector.simulator.broker import CLIENT

LOOKS, TICK_S, WATCH_S, SETTLE_S = 30, 0.002, 10.0, 5.0
ACCEPT = "application/openmetrics-text"


def main(lines: int = 1000, queued: int = 20) -> None:
    """Start the world, measure and print."""
    command = [sys.executable, "-m", "benchmarks.world", str(lines)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as world:
        assert world.stdout
        places = msgspec.json.decode(world.stdout.readline())
        settings = DemoPlan(lines=lines, gap_s=60).settings(places["bootstrap"], places["registry"], places["api"])
        uvloop.run(_measure(world, settings, lines * queued))


async def _measure(world: Any, settings: Settings, requests: int) -> None:
    stop, metrics = asyncio.Event(), Metrics(line.alias for line in settings.lines)
    connector = Connector(settings, observe=both(metrics, FactLog()), client_extra=CLIENT, preflight=False)
    running = asyncio.create_task(connector.run(stop))
    await connector.ready.wait()
    world.stdin.write(f"{requests}\n".encode())
    world.stdin.flush()
    read = ("sendblue_records_read_total", {"topic": "dispatch"})
    while metrics.registry.get_sample_value(*read) != requests:  # noqa: ASYNC110 - there is no event for it
        await asyncio.sleep(0.5)
    await asyncio.sleep(SETTLE_S)
    looks = [_cpu_ms(connector.sample) for _ in range(LOOKS)]
    dispatch = (
        next(intake for intake in connector.parts.intakes if intake.name == "dispatch") if connector.parts else None
    )
    assert dispatch is not None
    ends = dict.fromkeys(dispatch.lags, 10**6)
    lags = [_cpu_ms(lambda: dispatch._feed.lags(ends, 0)) for _ in range(LOOKS)]
    scrapes = [_cpu_ms(lambda: rendered(metrics.registry, ACCEPT)) for _ in range(LOOKS)]
    size = len(rendered(metrics.registry, ACCEPT)[1])
    quiet = await _lateness()
    watched = await _scraped(metrics)
    stop.set()
    await running
    print(f"{len(settings.lines)} lines, {requests} requests queued; CPU, least and greatest of {LOOKS}")
    for name, found in (("a sample", looks), ("the lags of dispatch", lags), ("a scrape", scrapes)):
        print(f"  {name:22} {min(found):6.2f} ms  {max(found):6.2f} ms")
    print(f"  a scrape has {size / 1000:.0f} kB")
    for name, late in (("without scrapes", quiet), ("scraped without pause", watched)):
        print(f"  a timer is late by     {quantile(late, 0.5):6.2f} ms  p99 {quantile(late, 0.99):6.2f} ms, {name}")


def _cpu_ms(work: Any) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) * 1000


async def _lateness() -> list[float]:
    """How late a timer of 2 ms comes, in ms."""
    late, until = [], time.monotonic() + WATCH_S
    while time.monotonic() < until:
        due = time.monotonic() + TICK_S
        await asyncio.sleep(TICK_S)
        late.append(max(time.monotonic() - due, 0.0) * 1000)
    return late


async def _scraped(metrics: Metrics) -> list[float]:
    done = threading.Event()

    def scrape() -> None:
        while not done.is_set():
            rendered(metrics.registry, ACCEPT)

    thread = threading.Thread(target=scrape)
    thread.start()
    try:
        return await _lateness()
    finally:
        done.set()
        thread.join()


if __name__ == "__main__":
    with Path(os.devnull).open("w") as nowhere:
        configure("error", nowhere)
        main(*map(int, sys.argv[1:]))
