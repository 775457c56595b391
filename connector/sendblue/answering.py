"""One answer as it arrives: its head, its body, and whether another request may follow it on its connection.

Its bytes wait in no bounded buffer: who reads it is awake whenever some arrive, and bounds the whole.
"""

import asyncio
from collections import deque

import httpx2

from connector.sendblue.wire import Responses

MAX_HEAD = 100 * 1024
"""Bytes of a head, as httpcore2 has it."""
_LENGTHS = frozenset({b"content-length", b"transfer-encoding"})


class Answering(Responses):
    """``Responses`` that keeps what the first of them, 1xx apart, holds."""

    def __init__(self) -> None:
        super().__init__()
        self.status = 0
        self.headers: list[tuple[bytes, bytes]] = []
        self._chunks: deque[bytes] = deque()
        self._before_head = 0
        self._keep = self._ended = False
        self._failure: httpx2.TransportError | None = None
        self._news = asyncio.Event()

    @property
    def may_be_followed(self) -> bool:
        """True when the connection may be used again."""
        return self.exactly_one and self._keep

    async def head(self) -> None:
        """Wait until ``status`` and ``headers`` are there. Raises ReadError, RemoteProtocolError."""
        while not self.status:
            await self._more()

    async def chunk(self) -> bytes:
        """The next part of the body, b"" at its end. Raises ReadError, RemoteProtocolError."""
        while not self._chunks:
            if self._ended:
                return b""
            await self._more()
        return self._chunks.popleft()

    def feed(self, data: bytes) -> None:
        """What was read, in order."""
        super().feed(data)
        if not self.status:
            self._before_head += len(data)
        if (self._spoilt and not self._ended) or self._before_head > MAX_HEAD:
            self._failure = httpx2.RemoteProtocolError("no answer in HTTP")
        self._news.set()

    def end(self, error: Exception | None = None) -> None:
        """Nothing more will come. Only a body without a length ends like that."""
        if error is not None:
            self._failure = self._failure or httpx2.ReadError(type(error).__name__)
        elif self.status and not any(name.lower() in _LENGTHS for name, _ in self.headers):
            self._ended = True
        else:
            self._failure = self._failure or httpx2.RemoteProtocolError("the answer did not end")
        self._news.set()

    def on_message_begin(self) -> None:
        """Called by the parser."""
        super().on_message_begin()
        if not self.status:
            self.headers.clear()

    def on_header(self, name: bytes, value: bytes) -> None:
        """Called by the parser, for trailers too."""
        if not self.status:
            self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        if not self.status and (status := self._parser.get_status_code()) >= 200:
            self.status = status

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        if not self._ended:
            self._chunks.append(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        super().on_message_complete()
        if self._whole and not self._ended:
            self._ended, self._keep = True, self._parser.should_keep_alive()

    async def _more(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._news.clear()
        await self._news.wait()
