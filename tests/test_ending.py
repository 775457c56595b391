"""How the process ends when it must end at once: a stuck loop, a second signal. Each test is a process of its own."""

import signal
import subprocess
import sys

WITHIN_S = 60.0

STUCK = """
import asyncio, time
from connector.core.health import Pulse
from connector.watchdog import Watchdog

async def main():
    Watchdog(Pulse(10), look_s=0.05).start()
    await asyncio.sleep(0.2)
    print("turning", flush=True)
    {then}

asyncio.run(main())
"""

STOPPING = """
import asyncio
from connector.commands.cli_frame import stop_on_signal

async def main():
    stop = stop_on_signal()
    print("ready", flush=True)
    await stop.wait()
    print("draining", flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""


def child(program: str) -> "subprocess.Popen[str]":
    """A Python of its own."""
    pipe = subprocess.PIPE
    return subprocess.Popen([sys.executable, "-c", program], stdout=pipe, stderr=pipe, text=True)


def test_a_stuck_loop_ends_the_process() -> None:
    """Exit code 5, a log line, and where it was stuck."""
    process = child(STUCK.format(then="time.sleep(600)"))
    out, err = process.communicate(timeout=WITHIN_S)

    assert process.returncode == 5
    assert out == "turning\n"
    assert "loop.stuck" in err
    assert "in main" in err


def test_a_turning_loop_is_left_alone() -> None:
    """However long it goes on: four times the bound."""
    process = child(STUCK.format(then="await asyncio.sleep(2)"))
    out, err = process.communicate(timeout=WITHIN_S)

    assert (process.returncode, out, err) == (0, "turning\n", "")


def test_a_second_signal_ends_the_process_at_once() -> None:
    """The first begins the drain; an operator who asks again has waited long enough."""
    process = child(STOPPING)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGTERM)
    assert process.stdout.readline() == "draining\n"
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=WITHIN_S)

    assert process.returncode == -signal.SIGKILL
