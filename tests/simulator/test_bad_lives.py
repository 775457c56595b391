"""Lives that end badly: late errors, texts stuck at SENT, statuses that are forced."""

import asyncio
from typing import Any

import pytest

from connector.simulator.faults import Faults
from tests.simulator.stage import PERSON, Stage
from tests.virtual_time import run


def statuses(faults: Faults, number: str = PERSON) -> list[tuple[str, int | str | None]]:
    """What a status callback hears of one text, in virtual time."""

    async def main() -> list[tuple[str, int | str | None]]:
        stage = Stage(faults, step_s=1.0)
        await stage.send(number, status_callback="https://example.com/cb")
        await asyncio.sleep(60)
        return [(row["status"], row["error_code"]) for row in stage.heard()]

    return run(main())


@pytest.mark.parametrize("code", [5504, 10001, 10002, "SMS_LIMIT_REACHED"])
def test_a_late_error(code: int | str) -> None:
    """After ACCEPTED, with one of the codes; nothing follows it."""
    told = statuses(Faults(late_error=1.0, late_codes=[code]))

    assert [("QUEUED", None), ("ACCEPTED", None), ("ERROR", code)] == told


def test_stuck_at_sent() -> None:
    """An iMessage that is never reported as delivered."""
    assert statuses(Faults(stuck=1.0)) == [("QUEUED", None), ("ACCEPTED", None), ("SENT", None)]


def test_a_forced_status_ends_a_life() -> None:
    """It is told at once, and nothing comes after it."""

    async def main() -> list[tuple[str, Any]]:
        stage = Stage(step_s=1.0)
        handle = (await stage.send(status_callback="https://example.com/cb")).json()["message_handle"]
        await stage.post(f"/_sim/texts/{handle}/status", {"status": "ERROR", "error_code": 10002})
        await asyncio.sleep(60)
        return [(row["status"], row["error_code"]) for row in stage.heard()]

    assert run(main()) == [("QUEUED", None), ("ERROR", 10002)]


async def test_a_status_can_only_be_forced_on_a_message() -> None:
    """404 for a handle nobody knows."""
    assert (await Stage().post("/_sim/texts/x/status", {"status": "SENT"})).status_code == 404
