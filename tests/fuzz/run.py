"""Shoot at the ingress: ``python -m tests.fuzz.run --shots 100000 --seed 1``. Exit code 1 when anything is wrong.

Everything goes over real sockets of this machine, some at once. What counts: no forged callback or webhook accepted, no
genuine one refused or lost, no answer 5xx, no exception, and memory that does not grow with the number of requests.
"""

import argparse
import asyncio
import json
import logging
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Self, TypeAlias

from connector.roles.account_webhooks import AccountWebhooks
from connector.roles.ingress import Ingress
from tests.fuzz.desk import Desk, open_desk
from tests.fuzz.shots import Shot, shot
from tests.web.peers import HANG_S, HOST

Streams: TypeAlias = tuple[asyncio.StreamReader, asyncio.StreamWriter]
CALLERS = 64
GENUINE, FORGED = ("body", "hook"), ("token", "secret")
PAGE = 4096
MAX_GROWTH = 32 * 1024 * 1024  # after the first tenth; repeats that are remembered, 20 MB at most, are part of it


class Caller:
    """Sends requests on a kept connection as long as the server keeps it, and what may never end to the other port."""

    def __init__(self, port: int, impatient: int) -> None:
        self._port, self._impatient = port, impatient
        self._streams: Streams | None = None

    async def fire(self, one: Shot) -> int:
        """The status of the answer, 0 for none."""
        if one.closed:
            return (await _exchange(await asyncio.open_connection(HOST, self._impatient), one, kept=False))[0]
        self._streams = self._streams or await asyncio.open_connection(HOST, self._port)
        status, kept = await _exchange(self._streams, one, kept=True)
        if not kept:
            self.close()
        return status

    def close(self) -> None:
        """Forget the connection."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


async def _exchange(streams: Streams, one: Shot, *, kept: bool) -> tuple[int, bool]:
    reader, writer = streams
    writer.write(one.sent)
    try:
        async with asyncio.timeout(HANG_S):
            return await _answer(reader)
    except (ConnectionError, asyncio.IncompleteReadError):
        return 0, False
    finally:
        if not kept:
            writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[int, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if head.startswith(b"http/1.1 100"):
        return await _answer(reader)
    length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
    await reader.readexactly(length)
    return int(head.split(b" ", 2)[1]), b"connection: close" not in head


@dataclass
class Tally:
    """What came of it; ``growth``: bytes of resident memory since the first tenth."""

    shots: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    written: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    growth: int = 0

    @property
    def complaints(self) -> list[str]:
        """Why it is not good, the first few."""
        grown = [f"memory grew by {self.growth} bytes"] if self.growth > MAX_GROWTH else []
        return [*self.faults[:10], *grown]


async def shoot(
    shots: int, seed: int, ingress: type[Ingress] = Ingress, hooks: type[AccountWebhooks] = AccountWebhooks
) -> Tally:
    """So many, from this seed on."""
    rng, desk, tally, left = random.Random(seed), Desk(kind=ingress, hooks=hooks), Tally(), iter(range(shots))
    begun = 0

    async def call(caller: Caller) -> None:
        nonlocal begun
        for n in left:
            if n == shots // 10:
                begun = resident()
            one = shot(rng, desk.tokens)
            status = await caller.fire(one)
            tally.shots[one.kind] += 1
            tally.statuses[status] += 1
            if status >= 500 or (one.kind in GENUINE and status != 200) or (one.kind in FORGED and 200 <= status < 300):
                tally.faults.append(f"{one.kind}: answered {status}")
        caller.close()

    with listening() as heard:
        async with open_desk(desk) as ports:
            await asyncio.gather(*(call(Caller(*ports)) for _ in range(CALLERS)))
    tally.judged, tally.written, tally.growth = desk.judged, desk.written, resident() - begun
    tally.faults += desk.faults + heard.errors
    return tally


class listening(logging.Handler):  # noqa: N801 - read as a word in `with`
    """Hears every exception that uvicorn or the loop only log."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.errors: list[str] = []

    def __enter__(self) -> Self:
        logging.getLogger().addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        logging.getLogger().removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Keep what it was about; the address stays out."""
        kind = record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""
        self.errors.append(f"logged: {record.getMessage().strip()} {kind}".strip())


def resident() -> int:
    """Bytes of memory that the process holds."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    tally = asyncio.run(shoot(given.shots, given.seed))
    told = {
        "shots": dict(tally.shots),
        "statuses": {str(status): count for status, count in sorted(tally.statuses.items())},
        "judged": dict(tally.judged),
        "written": dict(tally.written),
        "growth_bytes": tally.growth,
        "complaints": tally.complaints,
    }
    sys.stdout.write((json.dumps(told) if given.json else json.dumps(told, indent=1)) + "\n")
    sys.exit(1 if tally.complaints else 0)


if __name__ == "__main__":
    main()
