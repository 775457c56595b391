"""The last door before the socket: watches one request pass from "not begun" to "may have left".

httpcore2 tells its ``trace`` extension right before it hands the head of a request to a connection, whether that
one is new or kept alive. So this is where the write can still be called off, after DNS, connect and TLS have taken
their time; and whether this point was passed is a second witness beside the class of an exception.
"""

import time
from collections.abc import Mapping

import httpx2


class TooLate(httpx2.ConnectTimeout):
    """The connection was ready after the time until which the request was allowed to be written."""


class WriteGate:
    """For one call. ``write_by``: monotonic seconds, None for no limit. ``wrote``: the request may have left."""

    __slots__ = ("_write_by", "wrote")

    def __init__(self, write_by: float | None = None) -> None:
        self._write_by = write_by
        self.wrote = False

    async def __call__(self, event: str, info: Mapping[str, object]) -> None:
        """httpcore2's trace hook. Raises TooLate."""
        if not event.endswith(".send_request_headers.started") or _is_tunnel(info.get("request")):
            return
        if self._write_by is not None and time.monotonic() > self._write_by:
            raise TooLate("the connection was ready too late")
        self.wrote = True


def _is_tunnel(request: object) -> bool:
    """A proxy's CONNECT, which carries nothing of ours."""
    return getattr(request, "method", None) == b"CONNECT"
