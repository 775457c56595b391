"""A live connector to look at: the demo, for as long as somebody looks; and the tools to look with."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from connector.demo import Demo, run
from connector.demo_plan import DemoPlan

WITHIN_S = 120.0  # a hang, not a measure


def tool(name: str, package: str) -> str:
    """The path of a program. Fails with what to install."""
    path = shutil.which(name)
    assert path is not None, f"{name} is missing: apt-get install --no-install-recommends {package}"
    return path


async def ran(*command: str, stdin: bytes = b"") -> tuple[int, bytes, bytes]:
    """Exit code, standard output and error of a program."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe, stderr=pipe)
    try:
        async with asyncio.timeout(WITHIN_S):
            out, errors = await process.communicate(stdin)
    except BaseException:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, out, errors


@asynccontextmanager
async def live(plan: DemoPlan, settled: int) -> AsyncIterator[Demo]:
    """The demo, once so many requests have their end."""
    stop, ready = asyncio.Event(), asyncio.Event()
    demos: list[Demo] = []

    def look(demo: Demo) -> None:
        if demo.addresses and demo.tally.settled >= settled and not demos:
            demos.append(demo)
            ready.set()

    running = asyncio.create_task(run(plan, stop, look))
    waiting = asyncio.create_task(ready.wait())
    try:
        await asyncio.wait({running, waiting}, timeout=WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        assert demos, "the demo did not get that far"
        yield demos[0]
    finally:
        stop.set()
        waiting.cancel()
        await asyncio.gather(running, waiting, return_exceptions=True)


async def fetched(url: str, accept: str = "*/*") -> str:
    """The body at an address of the demo."""
    async with httpx2.AsyncClient(trust_env=False, timeout=WITHIN_S) as client:
        return (await client.get(url, headers={"accept": accept})).raise_for_status().text
