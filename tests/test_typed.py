"""What people type wrong, or stop: one sentence or none, a meaningful exit code, never a traceback.

Nothing is there to be reached: neither Kafka nor the registry nor Sendblue. What is stopped is a process of its own.
"""

import asyncio
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest
from typer.testing import CliRunner

from connector.cli import cli

SETTINGS = """
kafka: {{bootstrap_servers: "127.0.0.1:1"}}
registry: {{url: "{registry}"}}
sendblue: {{base_url: "http://127.0.0.1:1", api_key_id: k, api_secret_key: s}}
lines: [{{alias: line-0, number: "+13035550100"}}]
ledger: {{hash_key: "sixteen bytes or more"}}
callbacks: {{public_url: "http://127.0.0.1:8080", keys: {{k1: "sixteen bytes or more"}}}}
unsafe_dev: true
"""
CONNECTOR = (sys.executable, "-m", "connector")
WITHIN_S = 120.0


def settings(folder: Path, registry: str = "http://127.0.0.1:1") -> str:
    """A settings file."""
    path = folder / "connector.yaml"
    path.write_text(SETTINGS.format(registry=registry))
    return str(path)


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        (("tail",), 1, "check registry.url"),
        (("dlq", "list"), 1, "check kafka.bootstrap_servers"),
        (("send", "12025550123", "--content", "hi"), 1, "NUMBER_INVALID"),
        (("ledger", "rebind", "+12025550123", "--line", "line0"), 1, "did you mean line-0?"),
        (("ledger", "rebind", "--line", "line-0"), 1, "--group-id"),
        (("ledger", "accept-key"), 7, "--yes"),
        (("run", "-c", "/"), 1, "the settings are a file"),
        (("run", "-c", "/no/such.yaml"), 1, "no such settings file"),
        (("doctor", "--within", "0.2", "--json"), 1, ""),
        (("run", "--role", "postman"), 2, "no such role: postman"),
        (("check", "--role", "router", "--role", "postman"), 2, "no such role: postman"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else None,
)
def test_what_is_wrong_is_one_sentence(tmp_path: Path, words: tuple[str, ...], code: int, told: str) -> None:
    """On the error stream, with what to do."""
    where = () if "-c" in words else ("-c", settings(tmp_path))
    done = CliRunner().invoke(cli, [*words, *where])

    assert code == done.exit_code, done.stderr
    assert told in done.stderr
    assert done.stderr.count("\n") <= 1
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", ["run", "check", "doctor"])
def test_a_pod_says_its_roles_in_the_environment(tmp_path: Path, command: str) -> None:
    """So that a check inside it is about its own; the command line beats it."""
    where = ("-c", settings(tmp_path))
    told = CliRunner().invoke(cli, [command, *where], env={"SENDBLUE_ROLES": "router postman"})
    beaten = CliRunner().invoke(cli, [command, "--role", "nobody", *where], env={"SENDBLUE_ROLES": "postman"})

    assert (told.exit_code, beaten.exit_code) == (2, 2)
    assert "no such role: postman" in told.stderr
    assert "no such role: nobody" in beaten.stderr


async def test_ctrl_c_is_no_error_to_be_told(tmp_path: Path) -> None:
    """A command that waits for somebody who never answers ends at once, with the code that shells know."""
    asked, over, closed = asyncio.Event(), asyncio.Event(), asyncio.Event()

    async def never(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.set()
        await over.wait()
        writer.close()
        closed.set()

    server = await asyncio.start_server(never, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    words = [*CONNECTOR, "ledger", "inspect", "r1", "-c", settings(tmp_path, f"http://127.0.0.1:{port}")]
    heard = partial(signal.signal, signal.SIGINT, signal.SIG_DFL)  # whoever is started in the background ignores it
    process = await asyncio.create_subprocess_exec(
        *words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=heard
    )
    async with asyncio.timeout(WITHIN_S):
        await asked.wait()
    process.send_signal(signal.SIGINT)
    out, err = await process.communicate()
    server.close()
    over.set()
    await closed.wait()

    assert (process.returncode, out, err) == (130, b"", b"stopped\n")


def test_a_reader_that_went_away_ends_the_writer_without_a_word() -> None:
    """As behind `head`: the pipe is closed before the first byte."""
    process = subprocess.Popen(
        [*CONNECTOR, "schemas", "list"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    told = process.stderr.read()

    assert process.wait(WITHIN_S) != 0
    assert told == ""
