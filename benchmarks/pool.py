"""How a pool of lines with different limits takes a campaign of new contacts, in virtual time.

    python -m benchmarks.pool [--lines 50] [--contacts 100000] [--hours 23] [--only facts]

Every contact is new and comes at once, at the beginning of Sendblue's day. Compared: what the connector does, the same
with the day's rest spread, and the same without line facts (all it learns are refusals); the last two with a tenth of
the contacts, for their waiting costs more hops. The theoretical best is what all windows together admit. Beside it:
what one choice costs.
"""

import argparse
import asyncio
import gc
import random
import time
from collections.abc import Mapping
from typing import NamedTuple

from benchmarks.pool_world import World
from connector.core.identities import contact_hash
from connector.core.messages import Dispatch, Origin, SendRequest
from connector.core.pool import PLACES, Circle
from tests.virtual_time import run

HOURLY = (60, 120, 240, 360)
DAYS_HOURS = 10
"""Of a line, its daily limit over its hourly one."""
CHOICES = 20_000
CAMPAIGNS = {
    "facts": (1, {"knows": True, "spread": False}),
    "spread": (10, {"knows": True, "spread": True}),
    "refusals": (10, {"knows": False, "spread": False}),
}
"""By name: how many times fewer contacts, and what the connector does."""


class Figures(NamedTuple):
    """Of one campaign. ``uneven``: the greatest and the least use of a line's own limit."""

    sent: int
    best: int
    least: float
    most: float
    refusals: int
    beyond_first: int
    hours: float
    hops: Mapping[str, int]


def limits_of(lines: int, contacts: int) -> dict[str, tuple[int, int]]:
    """Lines of four sizes, drawn by chance, scaled so that a day takes a fifth more contacts than there are."""
    rng = random.Random(1)
    hourly = [rng.choice(HOURLY) for _ in range(lines)]
    scale = 1.2 * contacts / (sum(hourly) * DAYS_HOURS)
    sizes = [max(round(hour * scale), 1) for hour in hourly]
    return {f"line-{n:02}": (size, size * DAYS_HOURS) for n, size in enumerate(sizes)}


async def campaign(limits: Mapping[str, tuple[int, int]], contacts: int, hours: int, **world: bool) -> Figures:
    """Send it, for so many hours."""
    there = World(limits, **world)
    await asyncio.sleep(30)
    for n in range(contacts):
        request = SendRequest(f"r{n}", number=f"+1{2_000_000_000 + n}", content="hello")
        line = there.pool.line_of(contact_hash(request, b"k" * 16), there.mono(), there.now_ms())
        there.dispatch(Dispatch(request, Origin("requests", 0, n), there.now_ms(), line))
    ended = 0.0
    while there.mono() < hours * 3600 and sum(there.sent.values()) < contacts:
        await asyncio.sleep(60)
        ended = there.mono()
    daily = {alias: day for alias, (_, day) in limits.items()}
    use = [there.sent[alias] / day for alias, day in daily.items()]
    beyond = sum(count - 1 for count in there.refused.values())
    best = min(contacts, sum(min(day, hour * hours) for hour, day in limits.values()))
    refusals = sum(there.refused.values())
    return Figures(sum(there.sent.values()), best, min(use), max(use), refusals, beyond, ended / 3600, dict(there.hops))


def cost(lines: int) -> float:
    """Microseconds of CPU a choice, at mixed shares."""
    circle, rng = Circle(f"line-{n}" for n in range(lines)), random.Random(1)
    live = [PLACES >> rng.randrange(5) for _ in range(lines)]
    hashes = [rng.randbytes(8) for _ in range(CHOICES)]
    began = time.process_time()
    for contact in hashes:
        circle.line_of(contact, live)
    return (time.process_time() - began) / CHOICES * 1e6


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--lines", type=int, default=50)
    parser.add_argument("--contacts", type=int, default=100_000)
    parser.add_argument("--hours", type=int, default=23)
    parser.add_argument("--only", choices=CAMPAIGNS, action="append", help="default: all")
    given = parser.parse_args()
    gc.disable()  # what is looked at again and again all stays
    for name in given.only or CAMPAIGNS:
        part, world = CAMPAIGNS[name]
        contacts = given.contacts // part
        limits, began = limits_of(given.lines, contacts), time.process_time()
        print(f"{name}: {contacts} contacts, {min(limits.values())} to {max(limits.values())} an hour and a day a line")
        found = run(campaign(limits, contacts, given.hours, **world))
        print(f"  {found}, {time.process_time() - began:.0f} s of CPU", flush=True)
    for lines in (10, 50, 1_000):
        print(f"a choice among {lines} lines: {cost(lines):.2f} us")


if __name__ == "__main__":
    main()
