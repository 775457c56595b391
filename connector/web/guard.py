"""What uvicorn does not bound on a connection: how long a request may take to come, and how large it may be.

uvicorn's httptools protocol waits for ever for a head or a body that drips in, and takes a head of any size. This
subclass keeps one deadline a connection: a request, head and body, must be whole that long after its first byte, and
the first byte must come that long after the connection. Idle time between requests stays uvicorn's keep-alive. A head
above its bound is answered 431; a request above its own (endless chunk extensions or trailers) is cut off.

A second request that comes before the first has its answer (pipelining) is not read: no proxy and no sender of
callbacks does that, smuggled requests do. The first is answered, then the connection ends. Heads that can be read in
two ways are refused (``framing``), and of too many connections the longest idle one goes (``crowd``).

An answer to a request that is still coming (413, 431, 400) would be lost in the reset that follows a close with unread
bytes. So the close lingers (RFC 9112 section 9.6): our side ends, what still comes is read and dropped, within bounds.

What is ugly: this rests on an internal class of uvicorn (``data_received``, the parser callbacks and
``send_400_response``), so the tests pin what it does.
"""

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from connector.web.crowd import Crowd
from connector.web.framing import is_ambiguous

RECEIVE_S = 10.0  # an honest callback comes in milliseconds; who needs longer holds a connection for nothing
MAX_HEAD = 16 * 1024  # Sendblue's heads are below 1 KiB, proxies add a few
MAX_REQUEST = 2 * 1024 * 1024  # on the wire: 256 KiB of body in chunks of one byte, the worst encoding, are 1.5 MiB
LINGER_S = 2.0  # a client that stops at our end does so within a round trip

TOO_LARGE_HEAD = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"  # RFC 6585
)


class HeadTooLarge(Exception):  # noqa: N818 - raised through the parser, which ends the request
    """The head that has just become complete is above the bound."""


class Ambiguous(Exception):  # noqa: N818 - raised through the parser, which ends the request
    """The head that has just become complete can be read in two ways."""


class Pipelined(Exception):  # noqa: N818 - raised through the parser, which reads no more
    """A request before the one before it is answered."""


class _Lingering:
    """A transport whose ``close`` is the protocol's to decide; all else is the transport's own."""

    def __init__(self, transport: asyncio.Transport, close: Callable[[], None]) -> None:
        self._transport = transport
        self.close = close

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class GuardedProtocol(HttpToolsProtocol):
    """uvicorn's protocol with a receive deadline (seconds) and bounds (bytes); pass it as uvicorn's ``http``.

    ``crowd``: the connections of the same server; default: it is alone.
    """

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
        crowd: Crowd | None = None,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._crowd = Crowd(1) if crowd is None else crowd
        self._deadline: asyncio.TimerHandle | None = None
        self._in_head = True
        self._received = 0
        self._oversized = False
        self._deaf = False
        self._lingering = False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn's own
        """A connection that says nothing is closed, too."""
        self._socket = transport
        super().connection_made(_Lingering(transport, self._close))  # type: ignore[arg-type]  # a transport by duck
        self._arm()
        self._crowd.rests(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave no timer behind."""
        self._lingering = True
        self._disarm()
        self._crowd.leaves(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count, parse, and refuse what has grown too large."""
        self._received += len(data)
        if self._lingering and self._received > self.max_request:
            self._socket.abort()
        if self._deaf:
            self._socket.pause_reading()
        if self._lingering or self._deaf:
            return
        self._arm()
        super().data_received(data)
        if not (self._lingering or self._deaf or self.transport.is_closing()):
            self._bound()

    def on_message_begin(self) -> None:
        """The first byte of a request, perhaps right behind the one before it."""
        if self._owes_answer():
            self.cycle.keep_alive = False
            self._deaf = True
            self._disarm()
            raise Pipelined
        self._arm()
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A head that came in one piece is measured here, before any work begins."""
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > self.max_head:
            self._oversized = True
            raise HeadTooLarge
        if is_ambiguous(self.parser.get_http_version(), self.headers, self.parser.should_upgrade()):
            raise Ambiguous
        self._in_head = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """The request is whole: how long the answer takes is not the caller's doing."""
        self._disarm()
        self._in_head, self._received = True, 0
        if self._owes_answer():
            self._crowd.works(self)
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """The answer is written; it may be that of a request whose body is still coming."""
        super().on_response_complete()
        if not self._socket.is_closing():
            self._crowd.rests(self)

    def evict(self) -> None:
        """Others need the place."""
        self._socket.abort()

    def send_400_response(self, msg: str) -> None:
        """What the parser refused; a head too large has a status of its own, pipelining has the answer before it."""
        if self._oversized:
            self._refuse_head()
        elif not self._deaf:
            super().send_400_response(msg)

    def _bound(self) -> None:
        if self._in_head and self._received > self.max_head:
            self._refuse_head()
        elif self._received > self.max_request:
            self.transport.abort()

    def _refuse_head(self) -> None:
        self.transport.write(TOO_LARGE_HEAD)
        self.transport.close()

    def _forget_answer(self) -> None:
        """Whoever still works on the refused request writes no answer behind ours."""
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.disconnected = True
            self.cycle.message_event.set()

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
        if self._lingering or self._socket.is_closing() or not (self._received or self._deaf):
            self._socket.close()
            return
        self._lingering, self._deaf = True, False
        self._disarm()
        self._forget_answer()
        self._deadline = self.loop.call_later(self.linger_s, self._socket.close)
        if self._socket.can_write_eof():
            self._socket.write_eof()
        self._socket.resume_reading()
