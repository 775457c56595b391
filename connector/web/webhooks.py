"""The route of account webhooks, beside that of callbacks and within the same bounds.

``POST /v1/webhooks/TYPE``, with the shared secret in ``sb-signing-secret``. It has a cap of its own: however many come,
callbacks find their places free. Types that nobody documented pass; what is no name of a type is 404.
"""

import re
from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.routing import Route

from connector.web.callbacks import Answer, bounded

MAX_WORKING = 200  # replies are rarer than statuses, which come several to a message
SECRET = "sb-signing-secret"  # noqa: S105 - the name of a header
TYPE = re.compile(r"[A-Za-z0-9_.-]{1,64}")


class _NotFound:
    status, retry_after_s = 404, None


def webhooks_route(accept: Callable[[str, bytes, bytes], Awaitable[Answer]], max_working: int = MAX_WORKING) -> Route:
    """The route; ``accept`` takes the type, the secret (empty without one) and the raw body."""

    async def webhook(request: Request, body: bytes) -> Answer:
        kind = request.path_params["kind"]
        if not TYPE.fullmatch(kind):
            return _NotFound()
        return await accept(kind, request.headers.get(SECRET, "").encode("latin-1"), body)

    return Route("/v1/webhooks/{kind}", bounded(webhook, max_working), methods=["POST"])
