"""Faults are read and changed while the simulator runs, for one line alone too; chance follows a seed."""

from typing import Any

import pytest

from connector.simulator.faults import Fault, Faults
from tests.simulator.stage import LINE, OTHER_LINE, Stage


async def test_faults_can_be_read_and_changed() -> None:
    """A PUT changes the fields it names; the rest stays."""
    stage = Stage(faults=Faults({Fault.DROP: 0.5}, seed=7))
    await stage.put("/_sim/faults", {"callback_lost": 0.25, "success": 200})

    shown = await stage.get("/_sim/faults")

    assert tuple(shown[name] for name in ("send", "seed", "callback_lost", "success")) == ({"drop": 0.5}, 7, 0.25, 200)


@pytest.mark.parametrize(
    "changes",
    [
        {"nonsense": 1},
        {"send": {"pigeon": 1}},
        {"send": 1},
        {"outage": "sometimes"},
        {"queued": [{"http": "x"}]},
        {"queued": [{"http": 99}]},
        {"queued": ["pigeon"]},
        {"success": 9},
    ],
    ids=str,
)
async def test_a_fault_that_is_none_is_400(changes: dict[str, Any]) -> None:
    """And changes nothing."""
    stage = Stage()
    before = await stage.get("/_sim/faults")

    answer = await stage.put("/_sim/faults", {"latency_s": 9.0, **changes})

    assert answer.status_code == 400
    assert before == await stage.get("/_sim/faults")


async def test_one_line_can_be_ill_alone() -> None:
    """Its shares take the place of everybody's."""
    stage = Stage()
    await stage.put("/_sim/faults", {"by_line": {LINE: {"error_before": 1.0}}})

    assert [(await stage.send(line=line)).status_code for line in (LINE, OTHER_LINE)] == [500, 202]


def test_chance_follows_the_seed() -> None:
    """The nth send fares the same, however many callbacks went out between."""
    shares = {Fault.DROP: 0.3, Fault.LOSE_REPLY: 0.3}
    first, second = Faults(shares, callback_twice=0.5, seed=5), Faults(shares, callback_twice=0.5, seed=5)
    drawn = [first.next() for _ in range(50)]
    other = []
    for _ in range(50):
        other.append(second.next())
        second.happens(0.5)
    first.change({"seed": 5})

    assert drawn == other == [first.next() for _ in range(50)]
    assert {Fault.NONE, Fault.DROP, Fault.LOSE_REPLY} == set(drawn)


async def test_success_is_202_or_200() -> None:
    """By a switch, also while it runs."""
    stage = Stage(success=200)
    codes = [(await stage.send()).status_code]
    await stage.put("/_sim/faults", {"success": 201})

    assert [*codes, (await stage.send()).status_code] == [200, 201]
