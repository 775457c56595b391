"""The Sendblue account as all lines share it: whether it may be called at all.

An answer that is about the account (rate, credentials, the route) stops every line, never one message. A stop for
credentials or route ends when a GET succeeds; nothing is ever proved by trying a message.
"""

import asyncio
from collections.abc import Awaitable, Callable

from connector.core.backoff import Backoff

PROBE_FIRST_S = 1.0
PROBE_LAST_S = 60.0
STOPPED_S = 3600.0  # how far ahead a stopped account says "not before": the probe's success ends it sooner


class Account:
    """``probe`` performs a GET and says whether it succeeded; ``mono`` reads the monotonic clock in seconds."""

    def __init__(
        self, probe: Callable[[], Awaitable[bool]], mono: Callable[[], float], changed: Callable[[], None]
    ) -> None:
        self._probe, self._mono, self._changed = probe, mono, changed
        self._backoff = Backoff()
        self._probing: asyncio.Task[None] | None = None
        self.stopped_because: str | None = None

    @property
    def ready_at(self) -> float:
        """When any line may send again, monotonic seconds; far ahead while stopped."""
        if self.stopped_because is not None:
            return self._mono() + STOPPED_S
        return self._backoff.until

    def succeeded(self) -> None:
        """A message was accepted: nothing is wrong with the account."""
        self._backoff = self._backoff.succeeded()

    def back_off(self, jitter: float, hint_s: float | None) -> None:
        """Every line waits: jittered exponential, or as long as Sendblue said."""
        self._backoff = self._backoff.failed(self._mono(), jitter, hint_s)

    def stop(self, code: str) -> None:
        """No line sends until a GET succeeds."""
        self.stopped_because = code
        if self._probing is None or self._probing.done():
            self._probing = asyncio.create_task(self._probe_until_good())

    async def close(self) -> None:
        """Stop probing."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)

    async def _probe_until_good(self) -> None:
        pause = PROBE_FIRST_S
        while not await self._probe():
            await asyncio.sleep(pause)
            pause = min(pause * 2, PROBE_LAST_S)
        self.stopped_because = None
        self._changed()
