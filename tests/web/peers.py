"""Peers of the web edge: a raw socket client, an application that waits, and uvicorn's protocol under a guard."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import NamedTuple

import uvicorn
from starlette.types import ASGIApp
from uvicorn.server import ServerState

from connector.web.guard import GuardedProtocol
from connector.web.server import WebServer

HANG_S = 120.0  # a test that waits longer hangs; nothing is measured by it
HOST = "127.0.0.1"
PATH = "/v1/callbacks/k1.payload.mac"


class Answer(NamedTuple):
    """The role's answer, as the application under test takes it."""

    status: int
    retry_after_s: int | None = None


OK = Answer(200)


@dataclass
class Role:
    """An ingress that notes what it is asked; it answers when ``gate`` is open, and raises ``error`` if set."""

    answer: Answer = OK
    error: Exception | None = None
    asked: list[tuple[str, bytes]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self.gate.set()

    async def accept(self, token: str, body: bytes) -> Answer:
        self.asked.append((token, body))
        self.entered.set()
        await self.gate.wait()
        if self.error is not None:
            raise self.error
        return self.answer


@asynccontextmanager
async def served(app: ASGIApp) -> AsyncIterator[int]:
    """The application behind the connector's own server; gives the port."""
    web = WebServer(app, HOST, 0)
    await web.start()
    try:
        yield web.port
    finally:
        await web.stop()


@asynccontextmanager
async def guarded(app: ASGIApp, protocol: Callable[..., GuardedProtocol] = GuardedProtocol) -> AsyncIterator[int]:
    """The application behind a guarded protocol alone; gives the port. Idle connections are kept."""
    config = uvicorn.Config(app, http=GuardedProtocol, ws="none", lifespan="off", log_config=None, access_log=False)
    config.timeout_keep_alive = 3600
    config.load()
    state = ServerState()
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: protocol(config, state, {}), HOST, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for connection in list(state.connections):
            connection.transport.abort()


def post(body: bytes = b"{}", path: str = PATH, extra: bytes = b"") -> bytes:
    """A whole, honest request that wants the connection closed after it."""
    head = f"POST {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\nContent-Length: {len(body)}\r\n".encode()
    return head + extra + b"\r\n" + body


async def ask(port: int, sent: bytes) -> bytes:
    """Send bytes and return whatever comes back until the server closes; b"" when it closes without a word."""
    async with asyncio.timeout(HANG_S):
        reader, writer = await asyncio.open_connection(HOST, port)
        try:
            writer.write(sent)
            return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


async def connected(port: int) -> socket.socket:
    """A connection that says nothing, at the least cost."""
    one = socket.socket()
    one.setblocking(False)
    await asyncio.get_running_loop().sock_connect(one, (HOST, port))
    return one


def status_of(reply: bytes) -> int:
    """The status of the first answer, 0 for none."""
    return int(reply.split(b" ", 2)[1]) if reply else 0
