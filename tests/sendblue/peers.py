"""A server that can be told at which byte to break off, and what to do then; and the messages sent to it.

It works on bare sockets, so that "read 17 bytes and reset" means just that, and keeps every byte it has read.
"""

import asyncio
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from enum import StrEnum
from types import TracebackType
from typing import Self

import httpx2

from connector.core.calls import OutboundMessage
from connector.core.messages import SendRequest
from connector.sendblue.client import Limits, SendblueClient
from connector.sendblue.credentials import Credentials
from connector.sendblue.transport import WatchedTransport

LINE = "+12025550199"
CONTACT = "+12025550123"
HANDLE = "h-1"
KEYS = Credentials("key-id", "very-secret")


TRUST_NOBODY = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Loading the system's trust store takes 20 ms, and there are a thousand clients."""


class End(StrEnum):
    """What the server does after the last byte it sends."""

    FIN = "FIN"
    RST = "RST"
    HANG = "HANG"
    GARBAGE = "GARBAGE"
    """Some more bytes that are no HTTP, then FIN."""
    LINES = "LINES"
    """Text that ends a head and fills a body, then FIN."""


DAMAGE = {End.GARBAGE: b"\x00\xffgarbage", End.LINES: b"garbage\r\n\r\n" + b"x" * 200}


class Connection:
    """One accepted connection; ``received`` holds every byte the server has read from it."""

    def __init__(self, sock: socket.socket) -> None:
        self._socket = sock
        self._loop = asyncio.get_running_loop()
        self.received = bytearray()

    async def read_exactly(self, count: int) -> None:
        """Read until there are ``count`` bytes of this connection, and not one more."""
        while len(self.received) < count:
            data = await self._loop.sock_recv(self._socket, count - len(self.received))
            if not data:
                raise EOFError
            self.received += data

    async def read_request(self) -> bytes:
        """One whole request, head and body."""
        start = len(self.received)
        while (head_end := self.received.find(b"\r\n\r\n", start)) < 0:
            await self.read_exactly(len(self.received) + 1)
        head = bytes(self.received[start:head_end]).lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0]) if b"content-length:" in head else 0
        await self.read_exactly(head_end + 4 + length)
        return bytes(self.received[start:])

    async def send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._socket, data)

    async def end(self, how: End) -> None:
        """Break off. FIN with bytes unread is a reset too: that is TCP."""
        if how is End.HANG:
            await asyncio.Event().wait()
        await self.send(DAMAGE.get(how, b""))
        if how is End.RST:
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close()

    def close(self) -> None:
        self._socket.close()


Play = Callable[[Connection], Awaitable[None]]
Handler = Callable[[httpx2.Request], httpx2.Response]


class Server:
    """Plays one piece with every connection; as an async context manager it listens on a port of loopback."""

    def __init__(self, play: Play) -> None:
        self.play = play
        self.connections: list[Connection] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=1024)
        self._socket.setblocking(False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}"

    @property
    def posts(self) -> int:
        """How many POSTs have begun to arrive, on all connections."""
        return sum(connection.received.count(b"POST /") for connection in self.connections)

    async def __aenter__(self) -> Self:
        self._start(self._accept())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None
    ) -> None:
        tasks = list(self._tasks)  # the loop must let go of a socket before it is closed and its number used again
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._socket.close()
        for connection in self.connections:
            connection.close()

    async def _accept(self) -> None:
        while True:
            sock, _ = await asyncio.get_running_loop().sock_accept(self._socket)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection = Connection(sock)
            self.connections.append(connection)
            self._start(self._serve(connection))

    async def _serve(self, connection: Connection) -> None:
        try:
            await self.play(connection)
        except (EOFError, OSError):
            connection.close()

    def _start(self, coroutine: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def message(content: str = "Hello") -> OutboundMessage:
    """A short text to a fictional person."""
    return OutboundMessage(SendRequest("r-1", number=CONTACT, content=content), LINE)


def accept(request: httpx2.Request) -> httpx2.Response:
    """Takes everything."""
    return httpx2.Response(202, json={"status": "QUEUED", "message_handle": HANDLE})


def client_with(handler: Handler, base_url: str = "https://api.example.com") -> SendblueClient:
    """A client over a transport in memory."""
    return SendblueClient(base_url, lambda: KEYS, transport=httpx2.MockTransport(handler))


def client_of(url: str, limits: Limits | None = None, pooled: bool = False) -> SendblueClient:
    """A client of this server, over the real transport; ``pooled``: over the one for proxies, without a proxy."""
    keys, pool = Credentials("id", "secret"), None
    if pooled:
        pool = WatchedTransport(TRUST_NOBODY, max_connections=256, keepalive_s=5.0)
    return SendblueClient(url, lambda: keys, limits=limits, transport=pool, ssl_context=TRUST_NOBODY)


@asynccontextmanager
async def talking_to(
    play: Play, limits: Limits | None = None, pooled: bool = False
) -> AsyncIterator[tuple[SendblueClient, Server]]:
    """A client and the server it talks to."""
    async with Server(play) as server, client_of(server.url, limits, pooled) as client:
        yield client, server


def reply(status: int, body: bytes = b"", *headers: bytes) -> bytes:
    """A response with a length, which is said last: a head that is cut has none."""
    lines = [b"HTTP/1.1 %d X" % status, *headers, b"Content-Length: %d" % len(body)]
    return b"\r\n".join(lines) + b"\r\n\r\n" + body


ACCEPTED = reply(202, b'{"message_handle":"h-1"}')
