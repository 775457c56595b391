"""Lets in who may call, and answers everybody else 403 before the body is read.

What is left of a refused request is read and dropped by the guard of the connection, within its bounds.
"""

from collections.abc import Callable, Sequence

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

FORWARDED = b"x-forwarded-for"
May = Callable[[str, Sequence[str]], bool]


def kept(app: ASGIApp, may: May) -> ASGIApp:
    """The same application for those who ``may``: it takes the peer's address and the lines of X-Forwarded-For."""

    async def keeping(scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope["client"][0] if scope["client"] else ""
        lines = [value.decode("latin-1") for name, value in scope["headers"] if name == FORWARDED]
        answer = app if may(peer, lines) else Response(status_code=403, headers={"connection": "close"})
        await answer(scope, receive, send)

    return keeping
