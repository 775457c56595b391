"""The command of a container's HEALTHCHECK."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from connector.commands.cli_healthcheck import trouble
from connector.settings import Observability
from connector.web.health import health_app
from tests.web.peers import served

HEAVY = ("confluent_kafka", "httpx2", "uvloop", "starlette", "fastavro", "prometheus_client", "connector.app")
LOADED = """
import sys
from connector.commands import cli_healthcheck
print(*sorted(name for name in sys.modules if name in {heavy!r}))
"""


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", ""])  # noqa: S104 - what a setting may say
async def test_alive_is_no_trouble(host: str) -> None:
    """A server that listens everywhere is asked on loopback."""
    async with served(health_app(list, list, dict)) as port:
        why = await asyncio.to_thread(trouble, Observability(host=host, health_port=port), 20.0)

    assert why is None


async def test_what_livez_says_is_told() -> None:
    """The log of the container's engine shows it."""
    async with served(health_app(lambda: ["the event loop has not turned for 11 s"], list, dict)) as port:
        why = await asyncio.to_thread(trouble, Observability(host="127.0.0.1", health_port=port), 20.0)

    assert why == "the event loop has not turned for 11 s"


@pytest.mark.parametrize(("health_port", "told"), [(1, "no answer from port 1"), (0, "observability.health_port is 0")])
def test_nobody_there_is_one_sentence_and_exit_code_1(tmp_path: Path, health_port: int, told: str) -> None:
    """No traceback, whether the port is wrong or the process gone."""
    config = tmp_path / "connector.yaml"
    config.write_text(f"observability: {{host: 127.0.0.1, health_port: {health_port}}}")
    words = [sys.executable, "-m", "connector", "healthcheck", "-c", str(config)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(told)
    assert done.stderr.count("\n") == 1


def test_it_imports_nothing_heavy() -> None:
    """It runs every few seconds beside a process that needs the CPU."""
    program = LOADED.format(heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == ""
