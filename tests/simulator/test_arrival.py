"""When bytes arrived, on a loop that was busy: real sockets, since the kernel is asked."""

import asyncio
import socket
import time

import pytest

from connector.simulator.arrival import waited_s

BUSY_S = 0.1
TICK_S = 0.02


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="this system does not tell when bytes arrived")
async def test_the_time_in_which_nobody_looked_is_told() -> None:
    """At least as long as the loop was busy after the bytes had been written; how much longer is up to the machine."""
    heard: asyncio.Future[float] = asyncio.get_running_loop().create_future()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(1)
        heard.set_result(waited_s(writer.transport))
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        writer.write(b"x")
        end = time.monotonic() + BUSY_S
        while time.monotonic() < end:
            pass
        waited = await heard
        writer.close()

    assert waited >= BUSY_S - TICK_S


async def test_what_is_no_socket_tells_nothing() -> None:
    """Then bytes arrive when they are read."""
    assert waited_s(asyncio.Transport()) == 0.0
