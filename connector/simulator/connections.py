"""Kept-alive HTTP/1.1 connections to one destination, and the queue before them."""

import asyncio
import ssl
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import cast

import httptools

MAX_CONNECTIONS = 64
"""To one destination."""
MAX_WAITING = 200_000
"""POSTs of one destination: beyond that a callback is lost."""

Done = Callable[[int | None], None]
"""Hears the HTTP status of the answer, or None when there was none."""


@dataclass(slots=True)
class Delivery:
    """One POST: where, what, and who hears of the answer."""

    url: str
    body: bytes
    done: Done
    headers: dict[str, str] = field(default_factory=dict)

    def wire(self, host: str, target: str) -> bytes:
        """The request as it goes out."""
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        head = (
            f"POST {target} HTTP/1.1\r\nhost: {host}\r\nuser-agent: sendblue-simulator\r\n"
            f"content-type: application/json\r\ncontent-length: {len(self.body)}\r\n{more}\r\n"
        )
        return head.encode() + self.body


class Destination:
    """One host and port: its queue and its connections."""

    def __init__(self, host: str, port: int, context: ssl.SSLContext | None, wait_s: float) -> None:
        self._host, self._port, self._context, self.wait = host, port, context, wait_s
        self._waiting: deque[tuple[Delivery, bytes]] = deque()
        self._idle: list[_Connection] = []
        self._open: set[_Connection] = set()
        self._connecting: set[asyncio.Task[None]] = set()

    def put(self, delivery: Delivery, wire: bytes) -> None:
        """Queue it."""
        if len(self._waiting) >= MAX_WAITING:
            return delivery.done(None)
        self._waiting.append((delivery, wire))
        self._pump()

    def idle(self, connection: "_Connection") -> None:
        """This connection can take the next one."""
        self._idle.append(connection)
        self._pump()

    def lost(self, connection: "_Connection") -> None:
        """This connection is gone."""
        self._open.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._pump()

    def close(self) -> None:
        """Drop the queue and the connections."""
        self._waiting.clear()
        for task in self._connecting:
            task.cancel()
        for connection in list(self._open):
            connection.cut()

    def _pump(self) -> None:
        while self._waiting and self._idle:
            self._idle.pop().post(*self._waiting.popleft())
        if len(self._waiting) > len(self._connecting) and len(self._open) + len(self._connecting) < MAX_CONNECTIONS:
            task = asyncio.get_running_loop().create_task(self._connect())
            self._connecting.add(task)

    async def _connect(self) -> None:
        """Open one more connection; when that fails and there is no other, the oldest one waiting has no answer."""
        loop = asyncio.get_running_loop()
        opening = loop.create_connection(lambda: _Connection(self), self._host, self._port, ssl=self._context)
        task = asyncio.current_task()
        connection: _Connection | None = None
        try:
            async with asyncio.timeout(self.wait):
                _, connection = await opening
        except (OSError, TimeoutError):
            pass
        if task is not None:
            self._connecting.discard(task)
        if connection is not None:
            self._open.add(connection)
            self.idle(connection)
        elif self._waiting and not self._open:
            self._waiting.popleft()[0].done(None)
            self._pump()


class _Connection(asyncio.Protocol):
    """One POST at a time."""

    def __init__(self, destination: Destination) -> None:
        self._destination = destination
        self._transport: asyncio.Transport | None = None
        self._done: Done | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Open."""
        self._transport = cast("asyncio.Transport", transport)  # what uvloop gives is no subclass of it

    def post(self, delivery: Delivery, wire: bytes) -> None:
        """Write it and wait for the answer."""
        self._done = delivery.done
        if self._transport is None or self._transport.is_closing():
            return self._finished(None)
        self._timer = asyncio.get_running_loop().call_later(self._destination.wait, self.cut)
        self._transport.write(wire)

    def data_received(self, data: bytes) -> None:
        """Part of an answer."""
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self.cut()

    def on_message_complete(self) -> None:
        """The whole answer."""
        status = self._parser.get_status_code()
        if status < 200:
            return
        keep = self._done is not None and self._parser.should_keep_alive()
        if not keep:
            self.cut(status)
        else:
            self._finished(status)
            self._destination.idle(self)

    def connection_lost(self, _exc: Exception | None) -> None:
        """Closed by either side."""
        self._transport = None
        self._finished(None)
        self._destination.lost(self)

    def cut(self, status: int | None = None) -> None:
        """Close; what was under way has this answer."""
        self._finished(status)
        if self._transport is not None:
            self._transport.abort()

    def _finished(self, status: int | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        done, self._done = self._done, None
        if done is not None:
            done(status)
