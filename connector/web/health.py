"""Health for machines and people, on its own port.

``/livez`` and ``/startupz`` are local: the loop turns and the clients are polled, so it is alive, whatever is away; a
start that waits is alive too. ``/readyz`` says why not, in one sentence a reason. ``/statusz`` is the state as JSON,
without anything personal.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

Why = Callable[[], Sequence[str]]
"""One sentence a reason, none when all is well."""


def health_app(deaths: Why, reasons: Why, status: Callable[[], Mapping[str, object]]) -> Starlette:
    """``deaths``: why the process is to be ended; ``reasons``: why it is not ready; ``status``: what /statusz shows."""

    async def livez(_: Request) -> Response:
        return _answer(deaths())

    async def readyz(_: Request) -> Response:
        return _answer(reasons())

    async def statusz(_: Request) -> Response:
        return Response(msgspec.json.format(msgspec.json.encode(status())), media_type="application/json")

    pages = {"/livez": livez, "/startupz": livez, "/readyz": readyz, "/statusz": statusz}
    return Starlette(routes=[Route(path, page) for path, page in pages.items()])


def _answer(why: Sequence[str]) -> Response:
    return PlainTextResponse("".join(f"{line}\n" for line in why) or "ok\n", status_code=503 if why else 200)
