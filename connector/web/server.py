"""An HTTP server inside the connector's own event loop.

uvicorn would take the process's signals and raise them again after its own shutdown, before the connector has drained;
so it is told to leave them alone, and is stopped by flag.
"""

import asyncio
import contextlib
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from connector.web.guard import GuardedProtocol

GRACE_S = 5  # how long requests in work may take after the stop; a stalled one must not keep the process


class _Embedded(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The connector owns the signals."""
        yield


class WebServer:
    """``start`` returns once listening; ``port`` is the real port then (0 asks for a free one)."""

    def __init__(self, app: ASGIApp, host: str, port: int) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=GuardedProtocol,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _Embedded(config)
        self._task: asyncio.Task[None] | None = None
        self.port = port

    async def start(self) -> None:
        """Listen. Raises OSError when the port is taken."""
        self._task = asyncio.create_task(self._serve())
        while not self._server.started:
            if self._task.done():
                self._task.result()
            await asyncio.sleep(0.01)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Finish the requests in work and close."""
        self._server.should_exit = True
        if self._task is not None:
            await self._task

    async def _serve(self) -> None:
        try:
            await self._server.serve()
        except SystemExit:
            raise OSError(f"cannot listen on port {self.port}: it is taken, or not allowed") from None
