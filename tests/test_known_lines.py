"""What a process knows of its lines, as it is put together and shown, against the simulator in memory."""

import httpx2

from connector.core.facts import Fact
from connector.core.line_facts import Room, shown_fact
from connector.core.sights import RoomsSeen
from connector.demo_plan import DemoPlan
from connector.roles.replica import Replica
from connector.sendblue.client import SendblueClient
from connector.sendblue.credentials import Credentials
from connector.settings import Settings
from connector.settings_pool import Pool, Spread
from connector.system import System
from connector.wiring.installation import policy_of
from connector.wiring.line_facts import KnownLines
from tests.sender_stage import Log
from tests.simulator.stage import KEYS
from tests.simulator.stage import Stage as Simulated


def two_lines(**pool: object) -> Settings:
    settings = DemoPlan(lines=2).settings("127.0.0.1:1", "http://127.0.0.1:1", "http://simulator")
    return settings.model_copy(update={"pool": Pool.model_validate(pool)})


async def test_what_sendblue_says_decides_who_gets_new_contacts() -> None:
    """Read through the real client; a line without room gets nobody, and the sights tell it."""
    settings, seen = two_lines(margin=0), list[Fact]()
    numbers = tuple(line.number for line in settings.lines)
    stage = Simulated(lines=numbers, new_contacts_daily=1)
    await stage.send(line=numbers[0])
    known = KnownLines(settings, Replica("P", Log()), System(), seen.append, lambda _: None)
    before = {known.pick(bytes([n]) * 8) for n in range(0, 250, 10)}
    keys = Credentials(KEYS["sb-api-key-id"], KEYS["sb-api-secret-key"])
    transport = httpx2.ASGITransport(stage.simulator.app())
    async with SendblueClient("http://simulator", lambda: keys, transport=transport) as client:
        watch = known.begin(client)
        answered = await watch.read()
        await watch.close()
    known.pool._looked = float("-inf")
    after = {known.pick(bytes([n, 1]) * 4) for n in range(0, 250, 10)}
    facts = [fact for sight in seen if isinstance(sight, RoomsSeen) for fact in sight.facts]

    assert answered
    assert (before, after) == ({"line-0", "line-1"}, {"line-1"})
    assert [(alias, fact.room) for alias, fact in facts] == [
        ("line-0", Room(True, None, 0)),
        ("line-1", Room(True, None, 1)),
    ]
    assert [shown_fact(fact)["on_account"] for _, fact in facts] == [True, True]


def test_spreading_is_a_setting() -> None:
    """Off unless asked for."""
    assert [policy_of(two_lines(spread=spread)).spread_new for spread in Spread] == [False, True]


async def test_limits_of_ours_are_counted_by_the_ledger() -> None:
    """From the settings of each line; Sendblue has said nothing yet."""
    settings, replica, system = two_lines(), Replica("P", Log()), System()
    limited = settings.lines[0].model_copy(update={"new_contacts_per_hour": 2, "new_contacts_per_day": 9})
    settings = settings.model_copy(update={"lines": (limited, settings.lines[1])})
    replica.views.firsts_at.bound("line-0", system.now_ms())
    known = KnownLines(settings, replica, system, lambda _: None, lambda _: None)
    rooms = [known.facts.room(alias, system.mono(), system.now_ms()) for alias in ("line-0", "line-1")]

    assert rooms == [Room(True, 1, 8), Room()]
