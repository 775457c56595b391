"""A file behind a public https link that somebody else wrote: opened, not read; whoever uploads it reads it on.

Nothing of the file is kept here but the chunk in hand. What bounds it: public addresses only, at every redirect again
(``public_network``); https only, no login in the link; at most three redirects; a size, by what the server says and by
what comes; the time of the whole, which the caller sets. No cookie, key or proxy of ours goes along.

A refusal is for good, whatever else fails may be tried again: a 4xx says that this link gives no file out (a signed one
has lapsed), a 429 or 5xx that it does not now.
"""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus

import httpx2

from connector.core.file_kinds import file_name, is_page
from connector.sendblue.exchange import USER_AGENT
from connector.sendblue.public_network import NotPublic, PublicNetwork
from connector.sendblue.reading import retry_after
from connector.sendblue.transport import WatchedTransport

MAX_REDIRECTS = 3
"""Of a link to a file there is one, or two; who needs more leads in a circle."""
MAX_LOCATION_CHARS = 8_192
"""Of a redirect: links signed with a session's token have 2,000 to 4,000, and few servers take more in a line."""
CHUNK_BYTES = 64 * 1024
_TIMEOUTS = httpx2.Timeout(15.0, connect=5.0).as_dict()
"""Seconds: for one read, and for one address to answer. The whole is bounded by the caller."""
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_LATER = frozenset({408, 425, 429})
_HEADERS = (("user-agent", USER_AGENT), ("accept", "*/*"), ("accept-encoding", "identity"))


class FileRefused(Exception):  # noqa: N818 - an answer, not a mishap
    """This link's file cannot be had, for good; ``code`` is a key of ``refusals.REFUSALS``."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class FileAway(Exception):  # noqa: N818 - an answer, not a mishap
    """Not now; ``retry_after_s``: seconds, if the server named a time."""

    def __init__(self, retry_after_s: float | None = None) -> None:
        super().__init__("away")
        self.retry_after_s = retry_after_s


class PublicFile:
    """One opened file. ``size`` in bytes as its server says, None if it does not; ``read`` counts what has come."""

    def __init__(self, name: str, size: int | None, max_bytes: int, response: httpx2.Response) -> None:
        self.name, self.size, self.read = name, size, 0
        self._max_bytes, self._response = max_bytes, response
        self.failure: FileRefused | FileAway | None = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The file, once. Raises FileRefused, FileAway, and keeps what it raised: who reads may show only its own."""
        async for chunk in self._arriving():
            self.read += len(chunk)
            if self.read > self._max_bytes:
                raise self._failed(FileRefused("MEDIA_TOO_LARGE"))
            yield chunk
        if not self.read:
            raise self._failed(FileRefused("MEDIA_NOT_FOUND"))

    async def _arriving(self) -> AsyncIterator[bytes]:
        try:
            async for chunk in self._response.aiter_raw(CHUNK_BYTES):
                yield chunk
        except Exception:  # noqa: BLE001 - as for the head
            raise self._failed(FileAway()) from None

    def _failed(self, failure: FileRefused | FileAway) -> FileRefused | FileAway:
        self.failure = failure
        return failure


class PublicFiles:
    """Opens links. ``network`` and ``ssl_context`` are replaced by tests alone. Close it with ``aclose``."""

    def __init__(
        self, max_bytes: int, *, network: PublicNetwork | None = None, ssl_context: ssl.SSLContext | None = None
    ) -> None:
        context = ssl_context or ssl.create_default_context()
        self._max_bytes = max_bytes
        self._transport = WatchedTransport(
            context, max_connections=16, keepalive_s=0.0, network=network or PublicNetwork()
        )

    @asynccontextmanager
    async def open(self, link: str) -> AsyncIterator[PublicFile]:
        """Follow a link to its file. Raises FileRefused, FileAway."""
        response = await self._followed(link)
        try:
            yield self._file(response)
        finally:
            await response.aclose()

    async def aclose(self) -> None:
        """Close every connection."""
        await self._transport.aclose()

    async def _followed(self, link: str) -> httpx2.Response:
        url = _url(link)
        for _ in range(MAX_REDIRECTS + 1):
            if url.scheme != "https" or url.userinfo or not url.host:
                raise FileRefused("MEDIA_REDIRECTED")
            response = await self._asked(url)
            if response.status_code not in _REDIRECTS or "location" not in response.headers:
                return response
            await response.aclose()
            url = _joined(url, response.headers["location"])
        raise FileRefused("MEDIA_REDIRECTED")

    async def _asked(self, url: httpx2.URL) -> httpx2.Response:
        request = httpx2.Request("GET", url, headers=list(_HEADERS), extensions={"timeout": _TIMEOUTS})
        try:
            response = await self._transport.handle_async_request(request)
        except NotPublic:
            raise FileRefused("MEDIA_NOT_PUBLIC") from None
        except Exception:  # noqa: BLE001 - a foreign server's bytes must end nothing of ours, whatever a parser says
            raise FileAway from None
        response.request = request
        return response

    def _file(self, response: httpx2.Response) -> PublicFile:
        _look_at(response)
        kind = response.headers.get("content-type", "")
        size = _length(response)
        if size is not None and size > self._max_bytes:
            raise FileRefused("MEDIA_TOO_LARGE")
        if is_page(kind) or size == 0:
            raise FileRefused("MEDIA_NOT_FOUND")
        name = file_name(response.request.url.path, kind)
        if name is None or response.headers.get("content-encoding", "identity") != "identity":
            raise FileRefused("MEDIA_KIND_UNKNOWN")
        return PublicFile(name, size, self._max_bytes, response)


def _look_at(response: httpx2.Response) -> None:
    """Raises FileRefused, FileAway for anything but a whole file."""
    status = response.status_code
    if status == HTTPStatus.OK:
        return
    if 400 <= status < 500 and status not in _LATER:
        raise FileRefused("MEDIA_NOT_FOUND")
    raise FileAway(retry_after(response.headers.get("retry-after"), None))


def _length(response: httpx2.Response) -> int | None:
    """None where it comes in chunks: a length beside them says nothing (RFC 9112 6.3)."""
    told = "" if "transfer-encoding" in response.headers else response.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdigit() and len(told) < 20 else None


def _url(link: str) -> httpx2.URL:
    try:
        return httpx2.URL(link)
    except httpx2.InvalidURL:
        raise FileRefused("MEDIA_REDIRECTED") from None


def _joined(url: httpx2.URL, location: str) -> httpx2.URL:
    if len(location) > MAX_LOCATION_CHARS:
        raise FileRefused("MEDIA_REDIRECTED")
    try:
        return url.join(location)
    except httpx2.InvalidURL:
        raise FileRefused("MEDIA_REDIRECTED") from None
