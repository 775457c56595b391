"""A server that lives in somebody else's loop: it leaves signals alone, says its port, and ends when told."""

import asyncio
import signal
import socket

import pytest

from connector.web.callbacks import callbacks_app
from connector.web.server import WebServer
from tests.web.peers import HOST, Role, ask, post, served, status_of

SIGNALS = (signal.SIGTERM, signal.SIGINT)


async def test_signals_stay_the_connectors_own() -> None:
    """uvicorn alone would take them, and raise them again before the connector has drained."""
    before = [signal.getsignal(number) for number in SIGNALS]
    async with served(callbacks_app(Role().accept)):
        during = [signal.getsignal(number) for number in SIGNALS]
    after = [signal.getsignal(number) for number in SIGNALS]

    assert (during, after) == (before, before)


async def test_a_stop_lets_the_work_end_and_takes_no_more() -> None:
    """The callback in work gets its answer; afterwards nobody listens."""
    role = Role()
    role.gate.clear()
    web = WebServer(callbacks_app(role.accept), HOST, 0)
    await web.start()
    asked = asyncio.create_task(ask(web.port, post()))
    await role.entered.wait()
    stopping = asyncio.create_task(web.stop())
    await refused(web.port)
    role.gate.set()
    reply = await asked
    await stopping

    assert status_of(reply) == 200


async def test_a_port_that_is_taken_is_an_error_not_an_exit() -> None:
    """uvicorn would end the process."""
    with socket.create_server((HOST, 0)) as taken, pytest.raises(OSError, match="port"):
        await WebServer(callbacks_app(Role().accept), HOST, taken.getsockname()[1]).start()


async def test_connections_are_guarded() -> None:
    """A head above 16 KiB is 431 on the connector's own server, which uvicorn alone would take."""
    role = Role()
    async with served(callbacks_app(role.accept)) as port:
        reply = await ask(port, post(extra=b"X-Pad: " + b"a" * 20_000 + b"\r\n"))

    assert status_of(reply) == 431
    assert role.asked == []


async def test_two_servers_share_a_loop() -> None:
    """Callbacks and health have a port each."""
    first, second = Role(), Role()
    async with served(callbacks_app(first.accept)) as one, served(callbacks_app(second.accept)) as other:
        await ask(one, post(b"1"))
        await ask(other, post(b"2"))

    assert one != other
    assert [body for _, body in first.asked + second.asked] == [b"1", b"2"]


async def test_a_server_that_never_started_can_be_stopped() -> None:
    """The end of a failed start."""
    await WebServer(callbacks_app(Role().accept), HOST, 0).stop()


async def refused(port: int) -> None:
    """Returns once nobody listens there any more."""
    while True:
        try:
            _, writer = await asyncio.open_connection(HOST, port)
        except ConnectionError:  # refused, or reset by a listener that has just closed
            return
        writer.close()
        await writer.wait_closed()
