"""Health for machines and people, on its own port.

``/livez`` is local: the loop answers, so it is alive. ``/readyz`` says why not, in one sentence a reason. ``/statusz``
is the state as JSON, without anything personal.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route


def health_app(reasons: Callable[[], Sequence[str]], status: Callable[[], Mapping[str, object]]) -> Starlette:
    """``reasons``: why the connector is not ready, none when it is. ``status``: what /statusz shows."""

    async def livez(_: Request) -> Response:
        return PlainTextResponse("ok\n")

    async def readyz(_: Request) -> Response:
        why = reasons()
        return PlainTextResponse("".join(f"{line}\n" for line in why) or "ok\n", status_code=503 if why else 200)

    async def statusz(_: Request) -> Response:
        return Response(msgspec.json.format(msgspec.json.encode(status())), media_type="application/json")

    return Starlette(routes=[Route("/livez", livez), Route("/readyz", readyz), Route("/statusz", statusz)])
