"""The last door before the socket: watches one request pass from "not begun" to "may have left".

httpcore2 tells its ``trace`` extension right before it hands the head of a request to a connection, whether that
one is new or kept alive. So this is where the write can still be called off or held up, after DNS, connect and TLS have
taken their time; and whether this point was passed is a second witness beside the class of an exception. It tells too
when head and body were handed over, which is later when the process stood still meanwhile: the pace of a line counts
from there.

Who may write, and when, is for the caller to say, by the clock its lease was measured by: one that stands still while
the machine sleeps would let a write through that has long become somebody else's.
"""

import asyncio
from collections.abc import Callable, Mapping

import httpx2

from connector.core.calls import MayWrite

WRITTEN = (".send_request_headers.complete", ".send_request_body.complete")


class TooLate(httpx2.ConnectTimeout):
    """When the connection was ready the request was not to be written any more."""


OUT_OF_TURN = TooLate("the call's time was over before its turn to write came")


class WriteGate:
    """For one call, which begins now, on the clock ``mono``, in seconds. ``waits``: the connection is there, unused."""

    __slots__ = ("_began", "_may_write", "_mono", "_wrote_at", "waits")

    def __init__(self, may_write: MayWrite, mono: Callable[[], float]) -> None:
        self._mono = mono
        self._began = mono()
        self._may_write = may_write
        self._wrote_at: float | None = None
        self.waits = False

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
        while wait_s := self._asked():
            self.waits = True
            await asyncio.sleep(wait_s)
        self.waits = False
        self._wrote_at = self._mono()

    def _asked(self) -> float:
        wait_s = self._may_write()
        if wait_s is None:
            raise TooLate("the connection was ready too late")
        return wait_s


def at_once() -> float:
    """What is no message may be written whenever its connection is there."""
    return 0.0


def _is_tunnel(request: object) -> bool:
    """A proxy's CONNECT, which carries nothing of ours."""
    return getattr(request, "method", None) == b"CONNECT"
