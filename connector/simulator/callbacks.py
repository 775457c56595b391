"""Telling others: status callbacks, which nobody signs, and account webhooks with the ``sb-signing-secret`` header.

An answer is awaited 45 s. After a 5xx, or no answer, there are up to three repeats (one page says after any answer but
2xx: a switch). Callbacks get lost, are doubled or come late by chance and seed; nothing promises their order.
"""

import asyncio
from collections import Counter
from collections.abc import Callable

from connector.simulator.connections import Delivery
from connector.simulator.faults import Faults
from connector.simulator.settings import SimulatorSettings

RETRIES = 3


class Timers:
    """Calls to be made later, all of them forgotten by ``close``."""

    def __init__(self) -> None:
        self._handles: set[asyncio.TimerHandle] = set()
        self._closed = False

    def later(self, delay_s: float, call: Callable[[], None]) -> None:
        """Call it after so many seconds; never, once closed."""
        if self._closed:
            return

        def due() -> None:
            self._handles.discard(handle)
            call()

        handle = asyncio.get_running_loop().call_later(delay_s, due)
        self._handles.add(handle)

    def close(self) -> None:
        """Call none of them, and none that come later."""
        self._closed = True
        for handle in self._handles:
            handle.cancel()
        self._handles.clear()


class Callbacks:
    """Delivers through ``post``; ``counts`` has the answers by HTTP status, and ``failed`` for none.

    ``answered``: hears of the body of each that was answered, and the HTTP status.
    """

    def __init__(
        self,
        settings: SimulatorSettings,
        faults: Faults,
        post: Callable[[Delivery], None],
        timers: Timers,
        counts: Counter[str],
        answered: Callable[[bytes, int], None] = lambda *_: None,
    ) -> None:
        self._answered = answered
        self._settings, self._faults, self._post, self._timers, self._counts = settings, faults, post, timers, counts
        self._retry_s = settings.step_s if settings.callback_retry_s is None else settings.callback_retry_s

    def tell(self, url: str, body: bytes, secret: str | None = None) -> None:
        """One callback, with whatever goes wrong on its way."""
        faults = self._faults
        if faults.happens(faults.callback_lost):
            return
        headers = {"sb-signing-secret": secret} if secret is not None else {}
        late = self._settings.step_s * faults.late_steps if faults.happens(faults.callback_late) else 0.0
        self._after(late, lambda: self._try(url, body, headers, 0))
        if faults.happens(faults.callback_twice):
            self._after(self._settings.step_s, lambda: self._try(url, body, headers, 0))

    def _try(self, url: str, body: bytes, headers: dict[str, str], tried: int) -> None:
        def done(status: int | None) -> None:
            self._counts["failed" if status is None else str(status)] += 1
            if status is not None:
                self._answered(body, status)
            if tried < RETRIES and self._again(status):
                self._after(self._retry_s * 2**tried, lambda: self._try(url, body, headers, tried + 1))

        self._post(Delivery(url, body, done, headers))

    def _again(self, status: int | None) -> bool:
        return status is None or status >= 500 or (self._settings.retry_any and not 200 <= status < 300)

    def _after(self, delay_s: float, call: Callable[[], None]) -> None:
        self._timers.later(delay_s, call) if delay_s else call()
