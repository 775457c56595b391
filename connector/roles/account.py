"""The Sendblue account as all lines share it: whether it may be called at all.

An answer that is about the account (rate, credentials, the route) stops every line, never one message; so do too many
calls whose fate is unknown. A stop ends when a GET succeeds, and then with one message: nothing is ever proved by
trying all of them. The same GET is what an open breaker of a line waits for.
"""

import asyncio
from collections.abc import Awaitable, Callable

from connector.core.backoff import Backoff
from connector.core.breakers import State, account_breaker
from connector.core.facts import BreakerTurned, Observer
from connector.roles.watched import Watch

PROBE_FIRST_S = 1.0
PROBE_LAST_S = 60.0
SILENT = "NO_ANSWERS"
"""Why the account is stopped when no answer said so."""


class Account:
    """``probe`` performs a GET and says whether it succeeded; ``mono`` reads the monotonic clock in seconds.

    ``changed`` is called when lines may look again. ``good_probes`` counts the GETs that succeeded.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[bool]],
        mono: Callable[[], float],
        changed: Callable[[], None],
        observe: Observer = lambda _: None,
    ) -> None:
        self._probe, self._mono, self._changed, self._observe = probe, mono, changed, observe
        self._backoff = Backoff()
        self._probing: asyncio.Task[None] | None = None
        self.breaker = account_breaker()
        self.stopped_because: str | None = None
        self.good_probes = 0
        self.watch = Watch()

    @property
    def ready_at(self) -> float:
        """When any line may send again, monotonic seconds; far ahead while stopped."""
        return max(self._backoff.until, self.breaker.ready_at(self._mono()))

    def tried(self) -> None:
        """A message is about to go out; after a stop it is the only one."""
        self.breaker = self.breaker.tried()

    def withdrawn(self) -> None:
        """It was never written, or not answered by Sendblue: another may be the first."""
        if self.breaker.trying:
            self.breaker = self.breaker.withdrawn()
            self._changed()

    def answered(self) -> None:
        """Sendblue said what became of a message: nothing is wrong with the account, unless it was stopped since."""
        was, self.breaker = self.breaker, self.breaker.answered()
        if self.breaker.state is State.OPEN:
            return
        self.stopped_because = None
        if was.state is not State.CLOSED:
            self._observe(BreakerTurned("account", "closed"))
            self._changed()

    def succeeded(self) -> None:
        """A message was accepted."""
        self._backoff = self._backoff.succeeded()

    def unknown(self) -> None:
        """A message's fate is unknown; too many of them stop the account."""
        was, self.breaker = self.breaker, self.breaker.unknown(self._mono())
        if self.breaker.state is State.OPEN:
            self._stopped(was.state, SILENT)

    def back_off(self, jitter: float, hint_s: float | None) -> None:
        """Every line waits: jittered exponential, or as long as Sendblue said."""
        self._backoff = self._backoff.failed(self._mono(), jitter, hint_s)

    def stop(self, code: str) -> bool:
        """No line sends until a GET succeeds. True when one had, so that the message itself may be the reason."""
        was, self.breaker = self.breaker, self.breaker.refused(self._mono())
        self._stopped(was.state, code)
        return was.state is State.HALF_OPEN

    def probe_soon(self) -> None:
        """A line waits for a GET that succeeds."""
        if self._probing is None or self._probing.done():
            self._probing = self.watch.start(self._probe_until_good())

    async def close(self) -> None:
        """Stop probing."""
        if self._probing is not None:
            self._probing.cancel()
            await asyncio.gather(self._probing, return_exceptions=True)

    def _stopped(self, was: State, code: str) -> None:
        self.stopped_because = code
        if was is State.CLOSED:
            self._observe(BreakerTurned("account", "opened"))
        self.probe_soon()

    async def _probe_until_good(self) -> None:
        pause = PROBE_FIRST_S
        while not await self._probe():
            await asyncio.sleep(pause)
            pause = min(pause * 2, PROBE_LAST_S)
        self.good_probes += 1
        self.breaker = self.breaker.reached()
        self._changed()
