"""The route that Sendblue calls. It bounds what comes in and never looks inside.

``POST /v1/callbacks/TOKEN``. The path is a secret of one message, so it is never logged. The cap counts callbacks
whose body is here: one that is still coming is bounded by time and size, and must not keep honest ones out.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

MAX_BODY = 256 * 1024  # 18,996 characters, each escaped in JSON, are 228 KB
READ_S = 10.0  # a body of that size takes milliseconds; who needs longer holds a place for nothing
MAX_WORKING = 1_000  # callbacks in work: at 20 ms each this is 50,000 a second, far more than one loop can do


class Answer(Protocol):
    """The role's answer."""

    @property
    def status(self) -> int:
        """HTTP status."""

    @property
    def retry_after_s(self) -> int | None:
        """For a 503."""


def bounded(
    accept: Callable[[Request, bytes], Awaitable[Answer]], max_working: int
) -> Callable[[Request], Awaitable[Response]]:
    """An endpoint that hands on requests whose body has come, so many at once."""
    working = 0

    async def endpoint(request: Request) -> Response:
        nonlocal working
        try:
            async with asyncio.timeout(READ_S):
                body = await request.body()
        except TimeoutError:
            return Response(status_code=408, headers={"connection": "close"})
        except ClientDisconnect:
            return Response(status_code=400)
        if working >= max_working:
            return Response(status_code=503, headers={"retry-after": "1"})
        working += 1
        try:
            answer = await accept(request, body)
        finally:
            working -= 1
        headers = {} if answer.retry_after_s is None else {"retry-after": str(answer.retry_after_s)}
        return Response(status_code=answer.status, headers=headers)

    return endpoint


def callbacks_app(
    accept: Callable[[str, bytes], Awaitable[Answer]], max_working: int = MAX_WORKING, more: Sequence[Route] = ()
) -> Starlette:
    """The application; ``accept`` takes the token and the raw body. ``more``: routes beside this one."""

    async def callback(request: Request, body: bytes) -> Answer:
        return await accept(request.path_params["token"], body)

    route = Route("/v1/callbacks/{token}", bounded(callback, max_working), methods=["POST"])
    app = Starlette(routes=[route, *more], max_body_size=MAX_BODY)
    app.router.redirect_slashes = False  # to whatever host the request names, with the token
    return app
