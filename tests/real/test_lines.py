"""Which line texts whom, on real brokers: `lines import`, `move`, `retire` and `list`, with a connector at work."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import httpx2
import pytest

from connector.commands import operations
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.faults import Fault
from connector.simulator.server import running
from tests.real.site import Site
from tests.real.test_operator import Desk
from tests.real.upstream import Upstream

PERSON, OTHER, BUSY = "+12025550123", "+12025550124", "+12025550125"
NEW = [f"+1206555{n:04}" for n in range(100, 108)]


@pytest.fixture
async def desk(tmp_path: Path, bootstrap: str, registry_url: str) -> AsyncIterator[Desk]:
    """Two lines and a connector. The message list is behind and nobody parks: what is in doubt stays it."""
    site = Site(tmp_path, bootstrap, registry_url)
    site.base["in_doubt"] = {"park_after_s": 900}
    site.base["observability"]["health_port"] = site.health_port
    one = Desk(site)
    one.simulator = Simulator(SimulatorSettings(tuple(site.numbers), lag_s=900.0))
    await operations.topics(site.settings(), apply=True)
    async with running(one.simulator, port=site.api_port):
        try:
            await one.connector()
            yield one
        finally:
            site.close()


def lines_of(desk: Desk) -> dict[str, str]:
    """The alias of the line that each request's text went out from."""
    aliases = {line["number"]: line["alias"] for line in desk.site.base["lines"]}
    return {text.content.partition("#req:")[2]: aliases[text.line] for text in desk.simulator.texts.values()}


async def until(true: Callable[[], bool]) -> None:
    """Ask this process again until it holds."""
    end = time.monotonic() + 120
    while not true():
        assert time.monotonic() < end
        await asyncio.sleep(0.05)


async def test_contacts_are_imported_and_moved_with_what_waits_for_them(desk: Desk) -> None:
    """Imported, the next text goes out from that line. Moved, from the other, that of a paused line too; who has a text
    in doubt stays and is counted. What a list says against the ledger is told by its row, and no number is printed."""
    file, wrong, upstream = desk.site.folder / "contacts.csv", desk.site.folder / "wrong.csv", Upstream(desk.site)
    file.write_text(f"number,line\n{PERSON},line-1\n{OTHER},{desk.site.numbers[0]}\n{BUSY},line-1\n")
    wrong.write_text(f"{OTHER},line-0\n{PERSON},line-0\n")
    given = await desk.json("lines", "import", str(file))
    refused = await desk.run("lines", "import", str(wrong))
    for request_id, number in (("person", PERSON), ("other", OTHER)):
        upstream.send(request_id, number)
    upstream.flush()
    await desk.submitted("person")
    await desk.submitted("other")

    assert (given["new"], given["same"], given["refused"]) == (3, 0, [])
    assert "0 contacts are bound, 1 were already, 1 stay" in refused.stdout
    assert (refused.returncode, "row 2: the contact is texted from line-1" in refused.stdout) == (3, True)
    assert PERSON[2:] not in refused.stdout + refused.stderr
    assert lines_of(desk) == {"person": "line-1", "other": "line-0"}

    desk.simulator.faults.queued.append(Fault.DROP)
    upstream.send("busy", BUSY)
    upstream.flush()
    await until(lambda: desk.simulator.record.posts == 3)
    await desk.run("lines", "pause", "line-1", "--forever", "--reason", "under review")
    await until(lambda: "pause.ordered" in desk.site.log("connector"))
    upstream.send("waits", PERSON)
    upstream.flush()
    would = await desk.json("lines", "move", "line-1", "--to", "line-0", "--dry-run")
    moved = await desk.run("lines", "move", "line-1", "--to", "line-0", "--wait", "0", "--operator", "ann")
    await desk.submitted("waits")
    upstream.send("names", PERSON, from_number=desk.site.numbers[1])
    upstream.flush()
    await desk.submitted("names")

    assert (would["moved"], would["in_flight"], would["parked"]) == (1, 1, 0)
    assert moved.returncode == 6, moved.stderr
    assert "1 contacts moved from line-1 to line-0; 1 stay with a text in flight or in doubt" in moved.stdout
    assert lines_of(desk) == {"person": "line-1", "other": "line-0", "waits": "line-0", "names": "line-0"}
    assert desk.simulator.record.posts_of[desk.site.numbers[1]] == 2


async def test_a_retired_line_gets_nobody_new_until_that_is_undone(desk: Desk) -> None:
    """`lines list` and /statusz say so; new contacts go to the other line, and afterwards to both."""
    upstream, unknown = Upstream(desk.site), await desk.run("lines", "retire", "line-0", "--undo")
    retired = await desk.json("lines", "retire", "line-0", "--to", "line-1")
    listed = await desk.json("lines", "list")
    await until(lambda: [line["retired"] for line in states(desk).values()] == [True, False])
    for number in NEW[:6]:
        upstream.send(f"new{number[-3:]}", number)
    upstream.flush()
    await until(lambda: len(lines_of(desk)) == 6)
    during = set(lines_of(desk).values())
    undone = await desk.run("lines", "retire", "line-0", "--undo")
    await until(lambda: not states(desk)["line-0"]["retired"])

    assert (unknown.returncode, retired["moved"], undone.returncode) == (1, 0, 0), undone.stderr
    assert [(row["line"], row["state"], row["retired"], row["takes_new_contacts"]) for row in listed] == [
        ("line-0", "online", True, False),
        ("line-1", "online", False, True),
    ]
    assert during == {"line-1"}
    assert [row["takes_new_contacts"] for row in await desk.json("lines", "list")] == [True, True]


def states(desk: Desk) -> dict[str, dict[str, object]]:
    """What the connector that runs says of its lines."""
    answer = httpx2.get(f"http://127.0.0.1:{desk.site.health_port}/statusz", trust_env=False)
    lines: dict[str, dict[str, object]] = answer.json()["line_facts"]
    return lines
