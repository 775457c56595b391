"""Health for machines and people, on its own port.

``/livez`` and ``/startupz`` are local: the loop turns and the clients are polled, so it is alive, whatever is away; a
start that waits is alive too. ``/readyz`` says why not, in one sentence a reason, and what a person should look at
though it is ready. ``/statusz`` is the state, without anything personal: a page for who asks for HTML, as a browser
does, JSON for everybody else.
"""

from collections.abc import Callable, Mapping, Sequence

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from connector.web.statuspage import POLICY, page, wants_page

Why = Callable[[], Sequence[str]]
"""One sentence a reason, none when all is well."""


def health_app(deaths: Why, reasons: Why, status: Callable[[], Mapping[str, object]], notes: Why = tuple) -> Starlette:
    """``deaths``: why the process is to be ended; ``reasons``: why it is not ready; ``status``: what /statusz shows.

    ``notes``: what ``/readyz`` tells too, though it is no reason not to be ready.
    """

    async def livez(_: Request) -> Response:
        return _answer(deaths())

    async def readyz(_: Request) -> Response:
        return _answer(reasons(), notes())

    async def statusz(request: Request) -> Response:
        told = {"vary": "accept", "cache-control": "no-store"}
        if request.query_params.get("format") != "json" and wants_page(request.headers.get("accept", "")):
            return HTMLResponse(page(status()), headers={**told, "content-security-policy": POLICY})
        body = msgspec.json.format(msgspec.json.encode(status()))
        return Response(body, media_type="application/json", headers=told)

    routes = {"/livez": livez, "/startupz": livez, "/readyz": readyz, "/statusz": statusz}
    return Starlette(routes=[Route(path, answer) for path, answer in routes.items()])


def _answer(why: Sequence[str], notes: Sequence[str] = ()) -> Response:
    lines = [*(why or ["ok"]), *notes]
    return PlainTextResponse("".join(f"{line}\n" for line in lines), status_code=503 if why else 200)
