"""Connections that are used again only after exactly one response.

An answer has no name on it: on a kept-alive connection whatever arrives next *is* the answer to the next request.
If a server (or something in between) sends more than it announced, the surplus stays in the parser, and the next
request would be judged by it: a stray 429 makes a text that was sent look unsent. h11 does not mind, and the check
of idle sockets cannot see what has already been read. So each connection counts its responses with a second parser,
and a connection with a surplus, or with anything at all to read before a request is written, is not used again.

What nobody can tell apart is a stray answer that arrives after the request has been written.
"""

import select
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any

import httpcore2
import httptools


class NotIdle(httpcore2.ConnectError):
    """Not a byte of the request was written: the kept-alive connection already had something to read, or had ended."""


class Responses:
    """Counts the responses of one exchange; ``exactly_one`` is True when one has ended and nothing followed."""

    def __init__(self) -> None:
        self._parser = httptools.HttpResponseParser(self)
        self._whole = False
        self._spoilt = False

    @property
    def exactly_one(self) -> bool:
        return self._whole and not self._spoilt

    def feed(self, data: bytes) -> None:
        """What was read, in order."""
        if self._spoilt:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self._spoilt = True

    def on_message_begin(self) -> None:
        """Called by the parser; a 1xx may precede the response, nothing may follow it."""
        self._spoilt = self._spoilt or self._whole

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._whole = self._whole or self._parser.get_status_code() >= 200


class WatchedStream(httpcore2.AsyncNetworkStream):
    """One connection, on which ``Responses`` are counted between a request and the next."""

    def __init__(self, inner: httpcore2.AsyncNetworkStream) -> None:
        self._inner = inner
        self._socket = inner.get_extra_info("socket")
        self._responses = Responses()
        self._answered = False

    async def read(self, max_bytes: int, timeout: float | None = None) -> bytes:  # noqa: ASYNC109 - httpcore2's interface
        data = await self._inner.read(max_bytes, timeout)
        self._answered = True
        self._responses.feed(data)
        return data

    async def write(self, buffer: bytes, timeout: float | None = None) -> None:  # noqa: ASYNC109 - httpcore2's interface
        """Raises NotIdle when the next request would meet an answer that is already there."""
        if self._answered:
            self._begin_next()
        await self._inner.write(buffer, timeout)

    async def aclose(self) -> None:
        await self._inner.aclose()

    async def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's interface
    ) -> httpcore2.AsyncNetworkStream:
        return WatchedStream(await self._inner.start_tls(ssl_context, server_hostname, timeout))

    def get_extra_info(self, info: str) -> Any:
        """The pool asks an idle connection "is_readable" and drops it if so: also for a surplus read before."""
        if info != "is_readable":
            return self._inner.get_extra_info(info)
        return (self._answered and not self._responses.exactly_one) or readable(self._socket)

    def _begin_next(self) -> None:
        if self.get_extra_info("is_readable"):
            raise NotIdle("the connection was not idle")
        self._responses = Responses()
        self._answered = False


def readable(socket: Any) -> bool:
    """Whether there is something to read, the end included; a socket that is closed or unknown counts as ended.

    The pool asks this of every idle connection, twice a request. httpcore2's own answer means the same and takes ten
    times as long, since it looks the socket up anew.
    """
    fd = -1 if socket is None else socket.fileno()
    if fd < 0:
        return True
    poller = select.poll()
    poller.register(fd, select.POLLIN)
    return bool(poller.poll(0))


class WatchedBackend(httpcore2.AsyncNetworkBackend):
    """httpcore2's asyncio backend with watched connections."""

    def __init__(self) -> None:
        self._inner = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        return WatchedStream(await self._inner.connect_tcp(host, port, timeout, local_address, socket_options))
