"""The `simulate` command: a process of its own, asked and changed over HTTP."""

import asyncio
import os
import re
import socket
import sys
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner

from connector.cli import cli
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.faults import Faults
from connector.simulator.record import read_record
from connector.simulator.server import running
from tests.simulator.stage import KEYS, LINE, OTHER_LINE, PERSON

OPTIONS = (
    *("--line", LINE, "--line", OTHER_LINE, "--port", "0", "--gap", "3600", "--lag", "3600", "--step", "0.01"),
    *("--plan-suffix", "--new-hourly", "1", "--seed", "4", "--callback-lost", "0.5"),
)


async def test_a_simulator_of_its_own(tmp_path: Path) -> None:
    """Its options hold, its faults can be changed, its record is on disk when it is killed.

    However narrow the terminal is, its first line names its address.
    """
    path = tmp_path / "posts.jsonl"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "connector", "simulate", *OPTIONS, "--record", str(path)),
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, "COLUMNS": "20"},
    )
    try:
        assert process.stderr is not None
        said = (await asyncio.wait_for(process.stderr.readuntil(b"\n"), 60)).decode()
        found = re.search(r"http://127\.0\.0\.1:\d+", said)
        assert found is not None
        async with httpx2.AsyncClient(base_url=found.group(), headers=KEYS, trust_env=False, timeout=120) as client:
            body = {"number": PERSON, "from_number": LINE, "content": "#req:r1"}
            sent = [
                (await client.post("/api/send-message", json={**body, "number": n})).json()
                for n in (PERSON, "+12025550124")
            ]
            await client.put("/_sim/faults", json={"queued": ["error_after"]})
            again = await client.post("/api/send-message", json=body)
            listed = (await client.get("/api/v2/messages")).json()
            faults = (await client.get("/_sim/faults")).json()
            totals = (await client.get("/_sim/record")).json()
    finally:
        process.kill()
        await process.wait()

    assert sent[0]["content"] == "#req:r1\n- Sent using sendblue.co"
    assert (sent[1]["error_key"], again.status_code, listed["data"]) == ("LINE_HOURLY_LIMIT_REACHED", 500, [])
    assert (faults["seed"], faults["callback_lost"]) == (4, 0.5)
    assert {**totals, "callbacks": {}} == read_record(path, totals["gap_s"], totals["tolerance_s"]).totals()
    assert tuple(totals[name] for name in ("texts", "duplicate_texts", "gaps_below")) == (2, 1, 2)


async def test_a_port_that_is_taken_is_an_error_of_the_caller() -> None:
    """Not the end of the process, as uvicorn would have it."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(OSError, match=f"cannot listen on port {port}"):
            async with running(Simulator(SimulatorSettings(("+13035550100",)), Faults()), port=port):
                pass


def test_a_line_that_is_no_number_is_a_wrong_command_line() -> None:
    """Exit code 2, before anything listens."""
    ended = CliRunner().invoke(cli, ["simulate", "--line", "123"])

    assert ended.exit_code == 2
