"""The last door before the socket: watches one request pass from "not begun" to "may have left".

httpcore2 tells its ``trace`` extension right before it hands the head of a request to a connection, whether that
one is new or kept alive. So this is where the write can still be called off, after DNS, connect and TLS have taken
their time; and whether this point was passed is a second witness beside the class of an exception. It tells too when
head and body were handed over, which is later when the process stood still meanwhile: the pace of a line counts from
there.

The clock is the caller's, the one its lease was measured by: a clock that stands still while the machine sleeps would
let a write through that has long become somebody else's.
"""

from collections.abc import Callable, Mapping

import httpx2

WRITTEN = (".send_request_headers.complete", ".send_request_body.complete")


class TooLate(httpx2.ConnectTimeout):
    """The connection was ready after the time until which the request was allowed to be written."""


class WriteGate:
    """For one call, which begins now. ``write_by``: seconds of ``mono``, None for no limit."""

    __slots__ = ("_began", "_mono", "_write_by", "_wrote_at")

    def __init__(self, write_by: float | None, mono: Callable[[], float]) -> None:
        self._mono = mono
        self._began = mono()
        self._write_by = write_by
        self._wrote_at: float | None = None

    @property
    def written_after_s(self) -> float | None:
        """Seconds from the begin to the write, to its end if that is known; None: the request was not seen to pass."""
        return None if self._wrote_at is None else self._wrote_at - self._began

    async def __call__(self, event: str, info: Mapping[str, object]) -> None:
        """httpcore2's trace hook. Raises TooLate."""
        if self._wrote_at is not None and event.endswith(WRITTEN):
            self._wrote_at = self._mono()
        if not event.endswith(".send_request_headers.started") or _is_tunnel(info.get("request")):
            return
        now = self._mono()
        if self._write_by is not None and now > self._write_by:
            raise TooLate("the connection was ready too late")
        self._wrote_at = now


def _is_tunnel(request: object) -> bool:
    """A proxy's CONNECT, which carries nothing of ours."""
    return getattr(request, "method", None) == b"CONNECT"
