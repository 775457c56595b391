"""What comes to the ingress and how it is answered, told for each request. It looks at no path that holds a token.

A request counts as a callback, or as an account webhook, by the first part of its path alone; whatever else knocks is
``other``.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

CALLBACKS, WEBHOOKS = "/v1/callbacks/", "/v1/webhooks/"


@dataclass
class Traffic:
    """Requests in work now."""

    in_flight: int = 0


def watched(app: ASGIApp, traffic: Traffic, told: Callable[[str, int, float], None]) -> ASGIApp:
    """The same application; ``told`` hears the type, the status (500 if it broke) and the seconds."""

    async def watching(scope: Scope, receive: Receive, send: Send) -> None:
        status, began = 500, time.monotonic()

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        traffic.in_flight += 1
        try:
            await app(scope, receive, sending)
        finally:
            traffic.in_flight -= 1
            told(kind_of(scope["path"]), status, time.monotonic() - began)

    return watching


def kind_of(path: str) -> str:
    """What a request to this path is called."""
    if path.startswith(CALLBACKS):
        return "status_callback"
    if not path.startswith(WEBHOOKS):
        return "other"
    kind = path.removeprefix(WEBHOOKS)
    return kind if kind in ("receive", "outbound") else "account_event"
