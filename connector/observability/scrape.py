"""The metrics endpoint: its own port, its own thread, and always a format that exists.

A scrape must not hold up the event loop, so the server is no part of it: a thread renders what the registry holds, one
scrape at a time. Both share one interpreter, which would let a busy thread go on for 5 ms before another's turn; so
the thread steps aside after each metric, of which the largest takes 2 ms. Gauges are set once a second by the loop
itself, never asked for by a scrape.

Exemplars exist in OpenMetrics alone, so who accepts that gets it; anybody else, and whoever sends an Accept header of
no sense, gets the classic text format. (The client library's own choice answers 500 to a version that is no number,
and names a version that does not exist when asked for it.)
"""

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from socketserver import ThreadingMixIn
from typing import Any, NamedTuple
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.openmetrics import exposition as openmetrics
from prometheus_client.registry import Collector

OPENMETRICS = "application/openmetrics-text"
OPENMETRICS_VERSIONS = frozenset({"0.0.1", "1.0.0"})
OPENMETRICS_TYPE = f"{OPENMETRICS}; version=1.0.0; charset=utf-8"
READ_S = 10.0  # who connects and asks for nothing holds a thread no longer

ASIDE_S = 0.0001  # shorter, and the thread is back before the loop has noticed

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = READ_S

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """A scrape is not worth a line."""


class _Stepping(Collector):
    """The same metrics, with a pause after each."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Iterator[Metric]:
        for metric in self._registry.collect():
            yield metric
            time.sleep(ASIDE_S)


class Accepted(NamedTuple):
    """One media range of an Accept header."""

    kind: str
    version: str | None
    weight: float


def wants_openmetrics(accept: str) -> bool:
    """True when the header names OpenMetrics in a version we speak, and likes it no less than plain text."""
    ranges = [_accepted(part) for part in accept.split(",")]
    known = [r.weight for r in ranges if r.kind == OPENMETRICS and r.version in {None, *OPENMETRICS_VERSIONS}]
    plain = [r.weight for r in ranges if r.kind == "text/plain"]
    return max(known, default=0.0) > 0 and max(known) >= max(plain, default=0.0)


def serve(registry: CollectorRegistry, host: str, port: int) -> int:
    """Serve /metrics from threads; return the port. Raises OSError."""
    rendering = threading.Lock()

    def app(environ: Environ, start: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "GET":
            start("405 Method Not Allowed", [("Allow", "GET")])
            return []
        if environ["PATH_INFO"] not in ("/", "/metrics"):
            start("404 Not Found", [])
            return []
        with rendering:
            kind, body = rendered(registry, environ.get("HTTP_ACCEPT", ""))
        start("200 OK", [("Content-Type", kind)])
        return [body]

    server = make_server(host, port, app, _Server, _Handler)
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return int(server.server_port)


def rendered(registry: CollectorRegistry, accept: str) -> tuple[str, bytes]:
    """Content type and body for an Accept header."""
    if wants_openmetrics(accept):
        return OPENMETRICS_TYPE, openmetrics.generate_latest(_Stepping(registry))  # type: ignore[no-untyped-call] # has no types
    return CONTENT_TYPE_PLAIN_0_0_4, generate_latest(_Stepping(registry))


def _accepted(part: str) -> Accepted:
    kind, *rest = (piece.strip() for piece in part.split(";"))
    told = dict(piece.split("=", 1) for piece in rest if "=" in piece)
    return Accepted(kind.lower(), told.get("version"), _weight(told.get("q", "1")))


def _weight(text: str) -> float:
    try:
        weight = float(text)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
