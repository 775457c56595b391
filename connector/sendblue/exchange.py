"""One HTTP exchange with Sendblue at a time, many at once: pools, deadline, headers. Never tried twice.

Nobody waits for a connection while no more calls are made than ``Limits.in_flight``. Only a proxy needs httpcore2: a
pool of its looks at all its connections for every request, so it is kept to 64; more in flight means more pools, and a
request goes to the one that has the least to do.
"""

import asyncio
import logging
import math
import ssl
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version

import httpx2

from connector.core.calls import CALL_S, Answer, Failure, MayWrite
from connector.core.edge_facts import ApiCalled
from connector.core.facts import Observer
from connector.sendblue.credentials import Credentials, CredentialSource
from connector.sendblue.direct import DirectTransport
from connector.sendblue.gate import OUT_OF_TURN, WriteGate, at_once
from connector.sendblue.reading import MAX_BODY, Reply, failed, read
from connector.sendblue.transport import WatchedTransport, environment_proxy

POOL_SIZE = 64
"""Connections of one pool of httpcore2; its cost per request grows with them."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds of the client; all times in seconds.

    ``in_flight``: calls at once. ``deadline_s``: one call, all told; what is later counts as never answered.
    ``connect_s``: TCP and TLS together; through a proxy, each of the two. ``pool_s``: waiting for a connection, which
    only too many calls at once do. ``keepalive_s``: how long an idle connection is used again; each reuse risks meeting
    a server that is just closing it, which leaves a text in doubt, and Sendblue's own limit is not known.
    """

    in_flight: int = POOL_SIZE
    deadline_s: float = CALL_S
    connect_s: float = 5.0
    pool_s: float = 1.0
    keepalive_s: float = 5.0

    def __post_init__(self) -> None:
        times = (self.deadline_s, self.connect_s, self.pool_s, self.keepalive_s)
        if self.in_flight < 1 or not all(0 < seconds < math.inf for seconds in times):
            raise ValueError("limits must be above zero")


class Exchange:
    """Calls below one base URL. Raises ValueError for a URL that could not be called, before any call."""

    def __init__(
        self,
        base_url: str,
        credentials: CredentialSource,
        *,
        limits: Limits,
        transport: httpx2.AsyncBaseTransport | None,
        use_env_proxies: bool,
        ssl_context: ssl.SSLContext | None,
        mono: Callable[[], float],
        observe: Observer,
    ) -> None:
        _quieten()
        self._base = _checked(base_url)
        self._credentials = credentials
        self._limits, self._mono, self._observe = limits, mono, observe
        self._timeouts = _timeouts(limits)
        self._urls: dict[str, httpx2.URL] = {}
        if transport is not None:
            self._pools = [_Pool(transport)]
            return
        proxy = environment_proxy(httpx2.URL(self._base)) if use_env_proxies else None
        context = ssl_context or ssl.create_default_context()
        keepalive_s = limits.keepalive_s
        if proxy is None:
            direct = DirectTransport(context, max_connections=limits.in_flight, keepalive_s=keepalive_s)
            self._pools = [_Pool(direct)]
            return
        self._pools = [
            _Pool(WatchedTransport(context, max_connections=POOL_SIZE, keepalive_s=keepalive_s, proxy=proxy))
            for _ in range(math.ceil(limits.in_flight / POOL_SIZE))
        ]

    async def call(
        self,
        request: httpx2.Request,
        *,
        may_write: MayWrite = at_once,
        deadline_s: float | None = None,
        max_body: int = MAX_BODY,
    ) -> Reply:
        """One request, once. Raises nothing but what cancels it: every failure is an Answer."""
        began = self._mono()
        reply = await self._called(request, WriteGate(may_write, self._mono), deadline_s, max_body)
        self._observe(ApiCalled(_operation(request.url.path), _code(reply.answer), self._mono() - began))
        return reply

    async def _called(self, request: httpx2.Request, gate: WriteGate, deadline_s: float | None, max_body: int) -> Reply:
        request.extensions.update(timeout=self._timeouts, trace=gate)
        status = None
        try:
            async with asyncio.timeout(deadline_s or self._limits.deadline_s), self._idlest() as transport:
                response = await transport.handle_async_request(request)
                status = response.status_code
                try:
                    return await read(response, gate.written_after_s, max_body)
                finally:
                    await response.aclose()
        except Exception as error:  # noqa: BLE001 - whatever it is, the request may have left: in doubt, not a crash
            return Reply(failed(OUT_OF_TURN if gate.waits else error, gate.written_after_s, status))

    def request(self, method: str, path: str, content: bytes | None = None) -> httpx2.Request:
        """A request with our headers; the credentials are read now."""
        headers = [*_headers(self._credentials()), *(_JSON if content is not None else ())]
        return httpx2.Request(method, self.url(path), headers=headers, content=content)

    def url(self, path: str) -> httpx2.URL:
        """The URL of a path, which must be one of few: they are kept."""
        return self._urls.get(path) or self._urls.setdefault(path, httpx2.URL(self._base + path))

    async def aclose(self) -> None:
        """Close every connection; calls in flight end as failures, and so does whatever is called later."""
        pools, self._pools = self._pools, []
        for pool in pools:
            await pool.transport.aclose()

    def _idlest(self) -> "_Pool":
        return min(self._pools, key=lambda pool: pool.in_flight)


class _Pool:
    """One transport and how many calls it has in flight; as a context manager, one call.

    No client of httpx2 is around it: what that adds (redirects, cookies, logins) is what no call may have.
    """

    def __init__(self, transport: httpx2.AsyncBaseTransport) -> None:
        self.transport = transport
        self.in_flight = 0

    async def __aenter__(self) -> httpx2.AsyncBaseTransport:
        self.in_flight += 1
        return self.transport

    async def __aexit__(self, *error: object) -> None:
        self.in_flight -= 1


OPERATIONS = {
    "send-message": "send",
    "send-group-message": "send_group",
    "status": "status",
    "messages": "list",
    "lines": "lines",
    "state": "lines",
    "usage": "lines",
    "evaluate-service": "lookup",
    "upload-file": "upload",
    "upload-media-object": "upload",
    "opt-out": "opt_out",
    "webhooks": "webhooks",
}
"""What a call is for, by the last part of its path."""


def _operation(path: str) -> str:
    return OPERATIONS.get(path.rpartition("/")[2], "other")


def _code(answer: Answer) -> str:
    """The HTTP status of a whole answer; of none, whether anything had been written."""
    if answer.failure is Failure.NOT_WRITTEN:
        return "not_written"
    return "no_answer" if answer.failure is not None else str(answer.status)


def _version() -> str:
    try:
        return version("kafka-sendblue")
    except PackageNotFoundError:
        return "0"


USER_AGENT = f"kafka-sendblue/{_version()}"
_JSON = (("content-type", "application/json"),)


def _headers(credentials: Credentials) -> Iterable[tuple[str, str]]:
    return (
        ("sb-api-key-id", credentials.key_id),
        ("sb-api-secret-key", credentials.secret_key),
        ("user-agent", USER_AGENT),
        ("accept", "application/json"),
        ("accept-encoding", "identity"),
    )


def _timeouts(limits: Limits) -> dict[str, float | None]:
    return httpx2.Timeout(limits.deadline_s, connect=limits.connect_s, pool=limits.pool_s).as_dict()


def _checked(base_url: str) -> str:
    """The URL without a slash at its end. Raises ValueError, which does not repeat it: it may hold a password."""
    try:
        url = httpx2.URL(base_url.strip())
    except httpx2.InvalidURL:
        raise ValueError("the base URL cannot be read") from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError("the base URL must begin with https:// (or http://) and name a host")
    if url.userinfo or url.query or url.fragment:
        raise ValueError("the base URL must not hold a login, a query or a fragment")
    return str(url).rstrip("/")


def _quieten() -> None:
    """httpx2 logs every URL at INFO, queries with numbers included."""
    for name in ("httpx2", "httpcore2"):
        logging.getLogger(name).setLevel(logging.WARNING)
