"""An HTTP server inside the connector's own event loop.

uvicorn would take the process's signals and raise them again after its own shutdown, before the connector has drained;
so it is told to leave them alone, and is stopped by flag. It would also end the process when the port is taken, and
give a TLS handshake a minute; so the listening socket is opened here.
"""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import Iterator

import uvicorn
from starlette.types import ASGIApp

from connector.web.crowd import Crowd
from connector.web.guard import LINGER_S, RECEIVE_S, GuardedProtocol

GRACE_S = 5  # how long requests in work may take after the stop; a stalled one must not keep the process


class _Embedded(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, crowd: Crowd, handshake_s: float) -> None:
        super().__init__(config)
        self._crowd, self._handshake_s = crowd, handshake_s

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """The connector owns the signals."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:  # noqa: ARG002 - uvicorn's own
        """Listen. Raises OSError."""
        config, secured = self.config, self.config.ssl is not None
        listening = await asyncio.get_running_loop().create_server(
            self._protocol,
            config.host,
            config.port,
            ssl=config.ssl,
            backlog=config.backlog,
            ssl_handshake_timeout=self._handshake_s if secured else None,
            ssl_shutdown_timeout=LINGER_S if secured else None,
        )
        self.servers = [listening]
        self.started = True

    def _protocol(self) -> GuardedProtocol:
        return GuardedProtocol(self.config, self.server_state, self.lifespan.state, crowd=self._crowd)


class WebServer:
    """``start`` returns once listening; ``port`` is the real port then (0 asks for a free one). ``tls``: none is http.

    ``handshake_s``: how long a handshake may take.
    """

    def __init__(
        self, app: ASGIApp, host: str, port: int, tls: ssl.SSLContext | None = None, handshake_s: float = RECEIVE_S
    ) -> None:
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            http=GuardedProtocol,
            ssl_context_factory=(lambda *_: tls) if tls else None,
            ws="none",
            lifespan="off",
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,  # uvicorn would believe X-Forwarded-For from this machine
            timeout_keep_alive=75,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _Embedded(config, Crowd(), handshake_s)
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
        except OSError:
            raise OSError(f"cannot listen on port {self.port}: it is taken, or not allowed") from None
