"""What uvicorn does not bound on a connection: how long a request may take to come, and how large it may be.

uvicorn's httptools protocol waits for ever for a head or a body that drips in, and takes a head of any size. This
subclass keeps one deadline a connection: a request, head and body, must be whole that long after its first byte, and
the first byte must come that long after the connection. Idle time between requests stays uvicorn's keep-alive. A head
above its bound is answered 431; a request above its own (endless chunk extensions or trailers) is cut off.

What is ugly: this rests on an internal class of uvicorn (``data_received``, the parser callbacks and
``send_400_response``), so the tests pin what it does. A request with both Transfer-Encoding and Content-Length (RFC
9112 section 6.1) is refused by the parser itself; a test pins that too.
"""

import asyncio
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

RECEIVE_S = 10.0  # an honest callback comes in milliseconds; who needs longer holds a connection for nothing
MAX_HEAD = 16 * 1024  # Sendblue's heads are below 1 KiB, proxies add a few
MAX_REQUEST = 2 * 1024 * 1024  # on the wire: 256 KiB of body in chunks of one byte, the worst encoding, are 1.5 MiB

TOO_LARGE_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"  # RFC 6585
)


class HeadTooLarge(Exception):  # noqa: N818 - raised through the parser, which ends the request
    """The head that has just become complete is above the bound."""


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a receive deadline (seconds) and bounds (bytes); pass it as uvicorn's ``http``."""

    receive_s = RECEIVE_S
    max_head = MAX_HEAD
    max_request = MAX_REQUEST

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = True
        self._received = 0
        self._oversized = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A connection that says nothing is closed, too."""
        super().connection_made(transport)
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave no timer behind."""
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count, parse, and refuse what has grown too large."""
        self._arm()
        self._received += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self._in_head and self._received > self.max_head:
            self._refuse_head()
        elif self._received > self.max_request:
            self.transport.abort()

    def on_message_begin(self) -> None:
        """The first byte of a request, perhaps right behind the one before it."""
        self._arm()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head that came in one piece is measured here, before any work begins."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.max_head:
            self._oversized = True
            raise HeadTooLarge
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole: how long the answer takes is not the caller's doing."""
        self._disarm()
        self._in_head, self._received = True, 0
        super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """What the parser refused; a head too large has a status of its own."""
        if self._oversized or self._owes_answer():
            self._refuse_head()
        else:
            super().send_400_response(msg)

    def _refuse_head(self) -> None:
        """431, or nothing while an earlier request waits for its answer: it would take this for its own."""
        if not self._owes_answer():
            self.transport.write(TOO_LARGE_HEAD)
        self.transport.close()

    def _owes_answer(self) -> bool:
        return self._in_head and self.cycle is not None and not self.cycle.response_complete

    def _arm(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(self.receive_s, self._too_slow)

    def _disarm(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _too_slow(self) -> None:
        self.transport.close()
