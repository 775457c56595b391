"""Serving the simulator from a running loop, with connections that can really be cut."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from connector.simulator.app import Simulator
from connector.simulator.arrival import waited_s


class _Cuttable(HttpToolsProtocol):
    """Hands the application a way to abort its own connection, and the time at which a request arrived."""

    def on_message_begin(self) -> None:
        """Every request of the connection gets it."""
        super().on_message_begin()
        self.scope.setdefault("state", {}).update(cut=self._cut, began=time.monotonic() - waited_s(self.transport))

    def _cut(self) -> None:
        self.transport.close()


class _Embedded(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The process owns its signals."""
        yield

    async def run_once(self) -> None:
        """Serve until told to exit. Raises OSError where uvicorn would end the process."""
        try:
            await self.serve()
        except SystemExit:
            raise OSError(f"cannot listen on port {self.config.port}: it is taken, or not allowed") from None


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve an application from this loop; yields its URL. Raises OSError when the port is taken."""
    config = uvicorn.Config(
        app, host, port, http=_Cuttable, lifespan="off", access_log=False, log_config=None, timeout_graceful_shutdown=1
    )
    server = _Embedded(config)
    task = asyncio.create_task(server.run_once())
    while not server.started:
        if task.done():
            task.result()
        await asyncio.sleep(0.01)
    try:
        yield f"http://{host}:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        await task


@contextlib.asynccontextmanager
async def running(simulator: Simulator, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Run a simulator from this loop; yields its base URL."""
    async with serving(quietly(simulator.app()), host, port) as url:
        try:
            yield url
        finally:
            await simulator.close()


def quietly(app: ASGIApp) -> ASGIApp:
    """A connection the simulator cut itself is no error worth a traceback."""

    async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
        with contextlib.suppress(ConnectionError, RuntimeError):
            await app(scope, receive, send)

    return wrapped
