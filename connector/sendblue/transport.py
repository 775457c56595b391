"""httpx2's transport interface over httpcore2's pool, for who needs a proxy or looks at each address: HTTP/1.1, no
retries, watched connections.

What httpx2's own transport does, less its choices: that one offers no way to put in the network backend of
``wire.py``. httpcore2's exceptions pass through as they are; ``reading`` knows both families.
"""

import ssl
from collections.abc import AsyncIterator
from urllib.request import getproxies, proxy_bypass

import httpcore2
import httpx2

from connector.sendblue.wire import WatchedBackend


class WatchedTransport(httpx2.AsyncBaseTransport):
    """One pool of at most ``max_connections`` connections, kept idle for at most ``keepalive_s`` seconds."""

    def __init__(
        self,
        ssl_context: ssl.SSLContext,
        *,
        max_connections: int,
        keepalive_s: float,
        proxy: httpcore2.Proxy | None = None,
        network: httpcore2.AsyncNetworkBackend | None = None,
    ) -> None:
        self._pool = httpcore2.AsyncConnectionPool(
            ssl_context=ssl_context,
            proxy=proxy,
            max_connections=max_connections,
            max_keepalive_connections=max_connections,
            keepalive_expiry=keepalive_s,
            http1=True,
            http2=False,
            retries=0,
            network_backend=network or WatchedBackend(),
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Raises httpcore2's exceptions."""
        url = request.url
        response = await self._pool.handle_async_request(
            httpcore2.Request(
                method=request.method,
                url=httpcore2.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
                headers=request.headers.raw,
                content=request.stream,
                extensions=request.extensions,
            )
        )
        return httpx2.Response(
            response.status, headers=response.headers, stream=_Body(response), extensions=response.extensions
        )

    async def aclose(self) -> None:
        """Close every connection."""
        await self._pool.aclose()


class _Body(httpx2.AsyncByteStream):
    def __init__(self, response: httpcore2.Response) -> None:
        self._response = response

    async def __aiter__(self) -> AsyncIterator[bytes]:
        async for chunk in self._response.aiter_stream():
            yield chunk

    async def aclose(self) -> None:
        await self._response.aclose()


def environment_proxy(url: httpx2.URL) -> httpcore2.Proxy | None:
    """The proxy that the environment names for this URL (HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY), if any."""
    proxies = getproxies()
    named = proxies.get(url.scheme) or proxies.get("all")
    if not named or proxy_bypass(url.host):
        return None
    address = httpx2.URL(named if "://" in named else f"http://{named}")
    auth = (address.username, address.password) if address.username else None
    return httpcore2.Proxy(str(address.copy_with(username=None, password=None)), auth=auth)
