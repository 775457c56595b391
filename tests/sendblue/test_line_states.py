"""lines/state and lines/usage: what is understood, and that nothing else is a fault."""

from collections.abc import Callable, Coroutine

import httpx2
import pytest

from connector.core.line_facts import Condition, Quota, State, Usage
from connector.sendblue.client import SendblueClient, SendblueError
from connector.sendblue.credentials import Credentials
from tests.sendblue.test_lookups import LINE, OTHER, Sendblue, ask
from tests.simulator.stage import KEYS
from tests.simulator.stage import LINE as SIMULATED
from tests.simulator.stage import Stage as Simulated

DAY_MS = 1_770_019_200_000
DAY = "2026-02-02T08:00:00.000Z"


def states(value: object) -> Coroutine[None, None, object]:
    return ask(Sendblue(value), lambda client: client.line_states())


def usages(value: object) -> Coroutine[None, None, object]:
    return ask(Sendblue(value), lambda client: client.line_usages())


async def test_states_are_read_by_the_lines_number() -> None:
    """However it is written; a new word is UNKNOWN, and a row without a number is passed over."""
    rows = [
        {"sendblue_number": LINE, "status": "DEGRADED", "status_changed_at": DAY},
        {"sendblue_number": " +1 (202) 555-0198 ", "status": "on_holiday", "status_changed_at": "soon"},
        {"status": "OFFLINE"},
        None,
    ]

    assert await states({"status": "OK", "data": rows}) == {
        LINE: State(Condition.DEGRADED, DAY_MS),
        OTHER: State(Condition.UNKNOWN),
    }


async def test_usage_is_read_by_the_lines_number() -> None:
    """Windows, reset, pause; where a limit was lowered below what is used, availableAt counts, not nextSlotAt."""
    full = {"used": 20, "limit": 15, "remaining": 0, "nextSlotAt": "2026-02-02T07:00:00Z"}
    rows = [
        {"phone": LINE, "availableAt": DAY, "hourly": full, "daily": {"used": 20, "limit": 50, "resetsAt": DAY}},
        {"phone": OTHER, "state": "paused", "hourly": None, "daily": {"used": "many", "limit": -1, "remaining": True}},
    ]

    assert await usages({"status": "OK", "enabled": True, "lines": rows}) == {
        LINE: Usage(Quota(15, 20, 0, DAY_MS), Quota(50, 20, 30), DAY_MS),
        OTHER: Usage(paused=True),
    }


async def test_switched_off_means_that_no_line_is_limited() -> None:
    """enabled: false is an answer, whatever else stands beside it."""
    assert await usages({"status": "OK", "enabled": False, "lines": [{"phone": LINE, "state": "paused"}]}) == {}


@pytest.mark.parametrize("value", [{}, {"data": "none"}, [], {"enabled": True, "lines": None}])
@pytest.mark.parametrize("call", [states, usages])
async def test_an_answer_without_a_list_is_no_answer(
    value: object, call: Callable[[object], Coroutine[None, None, object]]
) -> None:
    """Else a line would be taken for one that may do everything."""
    with pytest.raises(SendblueError) as raised:
        await call(value)

    assert raised.value.code == "UNREADABLE"


async def test_the_simulators_lines_are_understood() -> None:
    """A line that has used its hour up, and one with limits of its own that is offline."""
    stage = Simulated(new_contacts_hourly=1, new_contacts_daily=3, line_limits={"+13035550101": (None, 9)})
    await stage.send()
    await stage.put("/_sim/lines/+13035550101", {"status": "OFFLINE"})
    transport = httpx2.ASGITransport(stage.simulator.app())
    keys = Credentials(KEYS["sb-api-key-id"], KEYS["sb-api-secret-key"])
    async with SendblueClient("http://simulator", lambda: keys, transport=transport) as client:
        listed, known, used = await client.lines(), await client.line_states(), await client.line_usages()
    now_ms = int(stage.now * 1000)
    reset_ms = used[SIMULATED].resets_ms

    assert set(listed) == set(known) == set(used) == {SIMULATED, "+13035550101"}
    assert [known[line].condition for line in (SIMULATED, "+13035550101")] == [Condition.ONLINE, Condition.OFFLINE]
    assert used[SIMULATED] == Usage(Quota(1, 1, 0, now_ms + 3_600_000), Quota(3, 1, 2), reset_ms)
    assert used["+13035550101"] == Usage(Quota(None, 0, None), Quota(9, 0, 9), reset_ms)
