"""httpx2's transport interface over bare asyncio: HTTP/1.1, no proxy, no retries, one request at a time a connection.

httpcore2's pool costs more CPU than all else the connector does for a message; here a request is one write, its answer
is read by httptools, and a pool is a deque. The rules are those of ``wire.py``:

- A connection is used again only after exactly one whole response with nothing behind it, and a request that has left
  whole. What arrives while it is idle ends it.
- Right before the write the gate is asked, then whether anything has come on a connection used before: if so, NotIdle,
  and not a byte is written.
- A body that is not as long as its head says breaks the exchange off.
- Whatever else breaks an exchange off, a cancellation too, closes its connection.

How long an exchange takes its caller bounds; here only connecting and waiting for a connection have a time.
"""

import asyncio
import socket
import ssl
from asyncio.staggered import staggered_race
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping
from functools import partial
from typing import Any

import httpx2

from connector.sendblue.answering import Answering
from connector.sendblue.wire import NotIdle, readable

NEXT_ADDRESS_S = 0.25
"""How long one address of a host is tried alone (RFC 8305): a network may promise IPv6 and have none."""


class DirectTransport(httpx2.AsyncBaseTransport):
    """At most ``max_connections`` connections, kept idle for at most ``keepalive_s`` seconds."""

    def __init__(self, ssl_context: ssl.SSLContext, *, max_connections: int, keepalive_s: float) -> None:
        ssl_context.set_alpn_protocols(["http/1.1"])
        self._ssl_context, self._keepalive_s = ssl_context, keepalive_s
        self._free = asyncio.Semaphore(max_connections)
        self._idle: deque[_Connection] = deque()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises httpx2's exceptions, and NotIdle."""
        timeouts = request.extensions["timeout"]
        await self._may_begin(timeouts["pool"])
        connection: _Connection | None = None
        try:
            connection = self._kept(request.url) or await self._connected(request.url, timeouts["connect"])
            answering = await self._written(request, connection)
            await answering.head()
        except BaseException:
            self._done(connection)
            raise
        body = _Body(answering, lambda: self._done(connection))
        return httpx2.Response(answering.status, headers=answering.headers, stream=body)

    async def aclose(self) -> None:
        """Close the connections that nobody uses; the others close with their exchange."""
        self._keepalive_s = 0.0
        while self._idle:
            self._idle.pop().abort()

    async def _written(self, request: httpx2.Request, connection: "_Connection") -> Answering:
        """Ask the gate, write, and tell it: by the events that httpcore2 has for this."""
        gate, info = request.extensions["trace"], {"request": request}
        await gate("http11.send_request_headers.started", info)
        answering = await connection.write(request)
        await gate("http11.send_request_body.complete", info)
        return answering

    async def _may_begin(self, within_s: float) -> None:
        if not self._free.locked():  # then it does not wait
            await self._free.acquire()
            return
        try:
            async with asyncio.timeout(within_s):
                await self._free.acquire()
        except TimeoutError:
            raise httpx2.PoolTimeout("no connection is free") from None

    def _kept(self, url: httpx2.URL) -> "_Connection | None":
        """The connection that was used last; those that have been idle too long are closed."""
        since = asyncio.get_running_loop().time() - self._keepalive_s
        while self._idle and self._idle[0].idle_since < since:
            self._idle.popleft().abort()
        while self._idle:
            connection = self._idle.pop()
            if connection.place == _place(url) and not connection.has_more:
                return connection
            connection.abort()
        return None

    async def _connected(self, url: httpx2.URL, within_s: float) -> "_Connection":
        tls = {"ssl": self._ssl_context, "server_hostname": url.host} if url.scheme == "https" else {}
        try:
            async with asyncio.timeout(within_s):
                return await _connect(url, tls)
        except TimeoutError:
            raise httpx2.ConnectTimeout("no connection in time") from None
        except OSError as error:
            raise httpx2.ConnectError(type(error).__name__) from None

    def _done(self, connection: "_Connection | None") -> None:
        self._free.release()
        if connection is None:
            return
        if self._keepalive_s and connection.end_exchange():
            self._idle.append(connection)
        else:
            connection.abort()


class _Connection(asyncio.Protocol):
    """One connection to ``place``, and the answer that is arriving on it, if any."""

    def __init__(self, place: tuple[str, str, int | None]) -> None:
        self.place, self.idle_since = place, 0.0
        self._answering: Answering | None = None
        self._used = self._lost = False
        self._written = True
        self._writable = asyncio.Event()
        self._writable.set()

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._socket = transport.get_extra_info("socket")

    def data_received(self, data: bytes) -> None:
        if self._answering is None:
            return self.abort()
        return self._answering.feed(data)

    def eof_received(self) -> None:
        if self._answering is not None:
            self._answering.end()

    def connection_lost(self, error: Exception | None) -> None:
        self._lost = True
        self._writable.set()
        if self._answering is not None:
            self._answering.end(error)

    def pause_writing(self) -> None:
        self._writable.clear()

    def resume_writing(self) -> None:
        self._writable.set()

    @property
    def has_more(self) -> bool:
        """Whether it has ended, or was used before and has something to read that nobody asked for."""
        return self._lost or (self._used and readable(self._socket))

    async def write(self, request: httpx2.Request) -> Answering:
        """Write the request, once; what comes back goes into the Answering. Raises NotIdle: then nothing is written."""
        if self.has_more:
            raise NotIdle("the connection was not idle")
        self._used, self._written = True, False
        answering = self._answering = Answering()
        if isinstance(request.stream, httpx2.ByteStream):
            self._transport.write(_head(request) + await request.aread())
        else:
            await self._write_parts(request)
        self._written = True
        return answering

    async def _write_parts(self, request: httpx2.Request) -> None:
        """A body that comes bit by bit, in chunks (RFC 9112 7.1) where its length is not known. Raises WriteError.

        Of another length than its head says, too: what is too much would be read as the next request, and answered.
        """
        chunked = "transfer-encoding" in request.headers
        self._transport.write(_head(request))
        async for part in _measured(request):
            await self._writable.wait()
            if self._lost:
                raise httpx2.WriteError("the connection ended")
            self._transport.write(b"%x\r\n%s\r\n" % (len(part), part) if chunked and part else part)
        if chunked:
            self._transport.write(b"0\r\n\r\n")

    def end_exchange(self) -> bool:
        """Return whether the connection may be used again."""
        answering, self._answering = self._answering, None
        self.idle_since = asyncio.get_running_loop().time()
        left_whole = self._written and self._transport.get_write_buffer_size() == 0
        return left_whole and not self._lost and (answering is None or answering.may_be_followed)

    def abort(self) -> None:
        """Close at once."""
        self._lost = True
        self._transport.abort()


class _Body(httpx2.AsyncByteStream):
    """The rest of an answer. Closed once, by the response that it belongs to."""

    def __init__(self, answering: Answering, done: Callable[[], None]) -> None:
        self._answering, self._done = answering, done

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while chunk := await self._answering.chunk():
            yield chunk

    async def aclose(self) -> None:
        self._done()


def _place(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


async def _connect(url: httpx2.URL, tls: Mapping[str, Any]) -> _Connection:
    """Addresses are tried one after the other, each a little later than the one before. Raises OSError."""
    loop = asyncio.get_running_loop()
    port = url.port or (443 if tls else 80)
    found = await loop.getaddrinfo(url.host, port, type=socket.SOCK_STREAM)
    sock, _, errors = await staggered_race([partial(_reach, *place) for place in found], NEXT_ADDRESS_S)
    if sock is None:
        raise next((error for error in errors if isinstance(error, OSError)), OSError("no address"))
    _, connection = await loop.create_connection(lambda: _Connection(_place(url)), sock=sock, **tls)
    return connection


async def _reach(family: int, kind: int, protocol: int, _: str, address: Any) -> socket.socket:
    sock = socket.socket(family, kind, protocol)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(sock, address)
    except BaseException:
        sock.close()
        raise
    return sock


async def _measured(request: httpx2.Request) -> AsyncIterator[bytes]:
    """The parts of a body, no more than its head says. Raises WriteError for a longer or a shorter one."""
    told = request.headers.get("content-length")
    left = None if told is None else int(told)
    async for part in request.stream:  # type: ignore[union-attr]  # the client refuses one that is not async
        if left is not None and (left := left - len(part)) < 0:
            raise httpx2.WriteError("the body is longer than its head says")
        yield part
    if left:
        raise httpx2.WriteError("the body is shorter than its head says")


def _head(request: httpx2.Request) -> bytes:
    lines = [b"%s %s HTTP/1.1" % (request.method.encode(), request.url.raw_path)]
    lines += [b"%s: %s" % header for header in request.headers.raw]
    return b"\r\n".join(lines) + b"\r\n\r\n"
