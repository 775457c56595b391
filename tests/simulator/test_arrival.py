"""When bytes arrived, on a loop that was busy: real sockets, since the kernel is asked."""

import asyncio
import errno
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


class Closed(asyncio.Transport):
    """Has a socket whose descriptor is gone."""

    family = socket.AF_INET

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self._error = error

    def get_extra_info(self, name: str, default: object = None) -> object:
        """Itself is the socket."""
        return self

    def getsockopt(self, *_: int) -> bytes:
        """What a loop says."""
        raise self._error


@pytest.mark.parametrize("error", [OSError(errno.EBADF, "Bad file descriptor"), ValueError("negative file descriptor")])
def test_a_connection_that_was_closed_meanwhile_tells_nothing(error: Exception) -> None:
    """asyncio says the one, uvloop the other; what was read before is served all the same."""
    assert waited_s(Closed(error)) == 0.0


async def test_what_is_no_socket_tells_nothing() -> None:
    """Then bytes arrive when they are read."""
    assert waited_s(asyncio.Transport()) == 0.0
