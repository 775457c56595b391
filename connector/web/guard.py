"""What uvicorn does not bound on a connection: how long a request may take to come, and how large it may be.

uvicorn's httptools protocol waits for ever for a head or a body that drips in, and takes a head of any size. This
subclass keeps one deadline a connection: a request, head and body, must be whole that long after its first byte, and
the first byte must come that long after the connection. Idle time between requests stays uvicorn's keep-alive. A head
above its bound is answered 431; a request above its own (endless chunk extensions or trailers) is cut off.

An answer to a request that is still coming (413, 431, 400) would be lost in the reset that follows a close with unread
bytes. So the close lingers (RFC 9112 section 9.6): our side ends, what still comes is read and dropped, within bounds.

What is ugly: this rests on an internal class of uvicorn (``data_received``, the parser callbacks and
``send_400_response``), so the tests pin what it does. A request with both Transfer-Encoding and Content-Length (RFC
9112 section 6.1) is refused by the parser itself; a test pins that too.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

RECEIVE_S = 10.0  # an honest callback comes in milliseconds; who needs longer holds a connection for nothing
MAX_HEAD = 16 * 1024  # Sendblue's heads are below 1 KiB, proxies add a few
MAX_REQUEST = 2 * 1024 * 1024  # on the wire: 256 KiB of body in chunks of one byte, the worst encoding, are 1.5 MiB
LINGER_S = 2.0  # a client that stops at our end does so within a round trip

TOO_LARGE_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"  # RFC 6585
)


class HeadTooLarge(Exception):  # noqa: N818 - raised through the parser, which ends the request
    """The head that has just become complete is above the bound."""


class _Lingering:
    """A transport whose ``close`` is the protocol's to decide; all else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self._transport = transport
        self.close = close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a receive deadline (seconds) and bounds (bytes); pass it as uvicorn's ``http``."""

    receive_s = RECEIVE_S
    max_head = MAX_HEAD
    max_request = MAX_REQUEST
    linger_s = LINGER_S

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
        self._lingering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A connection that says nothing is closed, too."""
        self._socket = transport
        super().connection_made(_Lingering(transport, self._close))  # type: ignore[arg-type]  # a transport by duck
        self._arm()

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave no timer behind."""
        self._lingering = True
        self._disarm()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count, parse, and refuse what has grown too large."""
        self._received += len(data)
        if self._lingering:
            if self._received > self.max_request:
                self._socket.abort()
            return
        self._arm()
        super().data_received(data)
        if self._lingering or self.transport.is_closing():
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
        self._socket.close()

    def eof_received(self) -> None:
        """The client has nothing more to say."""
        if self._lingering:
            self._socket.close()

    def _close(self) -> None:
        """Close at once after a whole request; linger in the middle of one."""
        if self._lingering or self._received == 0 or self._socket.is_closing():
            self._socket.close()
            return
        self._lingering = True
        self._disarm()
        self._deadline = self.loop.call_later(self.linger_s, self._socket.close)
        if self._socket.can_write_eof():
            self._socket.write_eof()
        self._socket.resume_reading()
