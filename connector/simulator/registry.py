"""An embedded schema registry for the demo: what the client of confluent-kafka asks of one, in memory.

It registers, finds and hands out schemas, the same whatever their white space and the order of their keys; ids begin at
1. It remembers compatibility levels, but does not check compatibility and says yes to every question about it.

confluent-kafka's client asks a registry through the proxy that the environment names, and can be told otherwise by the
environment alone. No proxy knows a server of this process, so as long as it lives, loopback is asked without one.
"""

import contextlib
import os
from collections.abc import AsyncIterator, Iterator

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from connector.simulator.answers import answer
from connector.simulator.server import serving

LOOPBACK = "127.0.0.1"


class EmbeddedRegistry:
    """Schemas by id and subject."""

    def __init__(self) -> None:
        self._schemas: list[str] = []
        self._known: list[bytes | None] = []  # the same schemas, canonical
        self._subjects: dict[str, list[int]] = {}

    def app(self) -> Starlette:
        """The ASGI application."""
        return Starlette(
            routes=[
                Route("/subjects", self._all),
                Route("/subjects/{subject}/versions", self._register, methods=["POST"]),
                Route("/subjects/{subject}/versions", self._versions),
                Route("/subjects/{subject}", self._find, methods=["POST"]),
                Route("/subjects/{subject}/versions/{version}", self._latest),
                Route("/schemas/ids/{number:int}", self._text),
                Route("/config/{subject}", self._level, methods=["GET", "PUT"]),
                Route("/compatibility/subjects/{subject}/versions/{version}", self._compatible, methods=["POST"]),
            ]
        )

    async def _all(self, _: Request) -> Response:
        return Response(msgspec.json.encode(list(self._subjects)), media_type="application/json")

    async def _register(self, request: Request) -> Response:
        text = (await request.json())["schema"]
        if (known := _canonical(text)) is None:
            return answer(422, {"error_code": 42201, "message": "the schema is no JSON"})
        if known not in self._known:
            self._known.append(known)
            self._schemas.append(text)
        number = self._known.index(known) + 1
        versions = self._subjects.setdefault(request.path_params["subject"], [])
        if number not in versions:
            versions.append(number)
        return answer(200, {"id": number})

    async def _find(self, request: Request) -> Response:
        subject, known = request.path_params["subject"], _canonical((await request.json())["schema"])
        versions = self._subjects.get(subject, [])
        if known not in self._known or (number := self._known.index(known) + 1) not in versions:
            return _missing()
        version = versions.index(number) + 1
        text = self._schemas[number - 1]
        return answer(200, {"subject": subject, "id": number, "version": version, "schema": text})

    async def _versions(self, request: Request) -> Response:
        versions = self._subjects.get(request.path_params["subject"], [])
        numbers = list(range(1, len(versions) + 1))
        return Response(msgspec.json.encode(numbers), media_type="application/json") if versions else _missing()

    async def _latest(self, request: Request) -> Response:
        subject = request.path_params["subject"]
        if not (versions := self._subjects.get(subject)):
            return _missing()
        number = versions[-1]
        found = {"subject": subject, "id": number, "version": len(versions), "schema": self._schemas[number - 1]}
        return answer(200, found)

    async def _text(self, request: Request) -> Response:
        number = request.path_params["number"]
        return answer(200, {"schema": self._schemas[number - 1]}) if 0 < number <= len(self._schemas) else _missing()

    async def _level(self, request: Request) -> Response:
        body = await request.json() if request.method == "PUT" else {"compatibility": "NONE"}
        return answer(200, {**body, "compatibilityLevel": body["compatibility"]})

    async def _compatible(self, _: Request) -> Response:
        return answer(200, {"is_compatible": True})


@contextlib.asynccontextmanager
async def embedded_registry() -> AsyncIterator[str]:
    """Serve a registry from this loop; yields its URL."""
    with _no_proxy_for(LOOPBACK):
        async with serving(EmbeddedRegistry().app(), LOOPBACK) as url:
            yield url


@contextlib.contextmanager
def _no_proxy_for(host: str) -> Iterator[None]:
    """Clients made meanwhile go to this host themselves, whatever HTTP_PROXY says."""
    before = os.environ.get("no_proxy")
    others = os.environ.get("NO_PROXY", "") if before is None else before
    os.environ["no_proxy"] = ",".join(filter(None, (others, host)))
    try:
        yield
    finally:
        del os.environ["no_proxy"]
        if before is not None:
            os.environ["no_proxy"] = before


def _canonical(text: str) -> bytes | None:
    try:
        return msgspec.json.encode(msgspec.json.decode(text), order="sorted")
    except msgspec.DecodeError:
        return None


def _missing() -> Response:
    return answer(404, {"error_code": 40403, "message": "not found"})
