"""Connections to public addresses only: for links that somebody else wrote.

A name is looked up once, every address it has must be public, and the connection goes to one of those that were looked
at: a name that answers differently a moment later (DNS rebinding) gains nothing. TLS still asks for the name.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeAlias

import httpcore2

from connector.core.addresses import is_public

MOST_ADDRESSES = 4
"""Of one name that are tried, one after the other: each may take the whole time for connecting."""

Resolve: TypeAlias = Callable[[str, int], Awaitable[tuple[str, ...]]]
"""The addresses of a host. Raises OSError."""


class NotPublic(Exception):  # noqa: N818 - what the address is, not a mishap
    """The name leads, or also leads, to an address that is not public. Nothing was connected to."""


async def resolved(host: str, port: int) -> tuple[str, ...]:
    """What the system's resolver says. Raises OSError."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(place[0]) for *_, place in found))


class PublicNetwork(httpcore2.AsyncNetworkBackend):
    """httpcore2's asyncio backend behind that check. ``allowed`` and ``resolve`` are replaced by tests alone."""

    def __init__(self, allowed: Callable[[str], bool] = is_public, resolve: Resolve = resolved) -> None:
        self._inner = httpcore2.AnyIOBackend()
        self._allowed, self._resolve = allowed, resolve

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - httpcore2's interface
        local_address: str | None = None,
        socket_options: Iterable[httpcore2.SOCKET_OPTION] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Raises NotPublic, httpcore2.ConnectError, httpcore2.ConnectTimeout."""
        failed: Exception = httpcore2.ConnectError("no address")
        for address in (await self._checked(host, port))[:MOST_ADDRESSES]:
            try:
                return await self._inner.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failed = error
        raise failed

    async def _checked(self, host: str, port: int) -> tuple[str, ...]:
        try:
            addresses = await self._resolve(host, port)
        except (OSError, UnicodeError) as error:
            raise httpcore2.ConnectError(type(error).__name__) from None
        if not all(map(self._allowed, addresses)):
            raise NotPublic
        return addresses
