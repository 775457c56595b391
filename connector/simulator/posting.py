"""POSTs to whoever wants callbacks: kept-alive HTTP/1.1 connections, few, and apart for each destination.

A general client costs 0.7 ms a call, more than everything else the simulator does for a text. Here a call is one write
and one parsed answer. Each destination has its own queue and its own connections, so one that hangs keeps only its own
callbacks waiting.
"""

import asyncio
import ssl
from urllib.parse import urlsplit

from connector.simulator.connections import Delivery, Destination


class Poster:
    """All destinations."""

    def __init__(self, wait_s: float) -> None:
        self._wait = wait_s
        self._destinations: dict[tuple[str, str], Destination] = {}

    def __call__(self, delivery: Delivery) -> None:
        """Post it when there is a connection for it. Never raises: what is no address has no answer."""
        try:
            parts = urlsplit(delivery.url)
            usable = parts.scheme in {"http", "https"} and parts.hostname is not None
            port = parts.port or (443 if parts.scheme == "https" else 80)
        except ValueError:
            usable = False
        if not usable:
            asyncio.get_running_loop().call_soon(delivery.done, None)
            return
        key = parts.scheme, parts.netloc
        if key not in self._destinations:
            context = ssl.create_default_context() if parts.scheme == "https" else None
            self._destinations[key] = Destination(str(parts.hostname), port, context, self._wait)
        self._destinations[key].put(
            delivery, delivery.wire(parts.netloc, parts._replace(scheme="", netloc="").geturl())
        )

    def close(self) -> None:
        """Cut every connection."""
        for destination in self._destinations.values():
            destination.close()
