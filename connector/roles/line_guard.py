"""When a line may send: its own wait, its breaker, and those of the account.

No UNSENT is the message's fault. A rate, a window, a connection that cannot be made: the line waits; at a cap on new
contacts only these do (``new_contacts``). Credentials, the route, a proxy: the account waits. An answer that never
came counts towards both breakers.
"""

from collections.abc import Callable
from typing import Protocol

from connector.core.backoff import Backoff, window_end
from connector.core.breakers import State, taken_over
from connector.core.facts import BreakerTurned, LineWaits, Observer
from connector.core.new_contacts import NEVER, WINDOWS
from connector.core.outcomes import Classified, Rejected, Scope, Submitted, Unknown, Unsent
from connector.roles.account import Account

STOPPED_LINE_S = 300.0  # a line Sendblue says is not ours: asked again this often, in case the account was mended
UNREACHED = frozenset({"CONNECT"})
"""Codes of an UNSENT that Sendblue did not say: they prove nothing about it."""


class Clocks(Protocol):
    """The two clocks."""

    def mono(self) -> float:
        """Boot-time seconds."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""


class LineGuard:
    """``in_doubt``: how many of the line's attempts are; ``jitter``: random in [0, 1).

    ``changed`` is called when a trial has ended, so that those who waited for it look again. ``stopped_until``: how
    long the line waits because of what Sendblue says of it, monotonic seconds.
    """

    def __init__(
        self,
        alias: str,
        account: Account,
        clocks: Clocks,
        jitter: Callable[[], float],
        in_doubt: Callable[[], int],
        observe: Observer,
        changed: Callable[[], None],
        stopped_until: Callable[[], float] = lambda: NEVER,
    ) -> None:
        self.stopped_until = stopped_until
        self._alias, self._account, self._clocks = alias, account, clocks
        self._jitter, self._in_doubt, self._observe, self._changed = jitter, in_doubt, observe, changed
        self.backoff = Backoff()
        self.breaker = taken_over(in_doubt())
        if self.breaker.state is State.OPEN:
            self._opened(State.CLOSED)

    @property
    def ready_at(self) -> float:
        """When the line may propose again, monotonic seconds."""
        return max(self.backoff.until, self._account.ready_at, self._breaker_ready_at(), self.stopped_until())

    @property
    def broken(self) -> bool:
        """The breaker holds the line back."""
        return self.breaker.state is not State.CLOSED

    def waits(self, now: float) -> bool:
        """The line backs off."""
        return not self.backoff.ready(now)

    def tried(self) -> None:
        """A message is about to be proposed."""
        self.breaker = self.breaker.tried()
        self._account.tried()

    def withdrawn(self) -> None:
        """It was not written after all."""
        was, self.breaker = self.breaker, self.breaker.withdrawn()
        self._account.withdrawn()
        if was.trying:
            self._changed()

    def heard(self, classified: Classified) -> bool:
        """Take what came of a call. True when the message itself may be why the account was stopped."""
        match classified:
            case Unknown():
                self._unknown()
            case Unsent(scope=Scope.ACCOUNT_STOPPED, code=code):
                self.breaker = self.breaker.withdrawn()  # nobody need be woken: the account's end does that
                self._observe(LineWaits(self._alias, code))
                return self._account.stop(code)
            case Unsent(code=code) if code in UNREACHED:
                self.withdrawn()
                self._back_off(classified)
            case Submitted() | Unsent() | Rejected():
                self._answered(classified)
        return False

    def _answered(self, classified: Submitted | Unsent | Rejected) -> None:
        was, self.breaker = self.breaker, self.breaker.answered()
        if was.state is State.HALF_OPEN:
            self._observe(BreakerTurned("line", "closed", self._alias))
            self._changed()
        self._account.answered()
        if isinstance(classified, Unsent):
            self._back_off(classified)
        elif isinstance(classified, Submitted):
            self._succeeded(classified)

    def _unknown(self) -> None:
        was, self.breaker = self.breaker, self.breaker.unknown(self._clocks.mono())
        self._account.unknown()
        if self.breaker.state is State.OPEN:
            self._opened(was.state)

    def _opened(self, was: State) -> None:
        self._probes_seen = self._account.good_probes
        if was is State.CLOSED:
            self._observe(BreakerTurned("line", "opened", self._alias))
        self._account.probe_soon()

    def _breaker_ready_at(self) -> float:
        if self.breaker.state is State.OPEN and self._account.good_probes > self._probes_seen:
            self.breaker = self.breaker.reached()
        if self.breaker.state is State.CLOSED:  # asked at every turn: reads no clock, counts no attempts
            return float("-inf")
        return self.breaker.ready_at(self._clocks.mono(), self._in_doubt())

    def _succeeded(self, submitted: Submitted) -> None:
        self._account.succeeded()
        if submitted.slow_line:
            self.backoff = self.backoff.failed(self._clocks.mono(), self._jitter())
        else:
            self.backoff = self.backoff.succeeded()

    def _back_off(self, unsent: Unsent) -> None:
        jitter, hint_s = self._jitter(), self._hint_s(unsent)
        self._observe(LineWaits(self._alias, unsent.code))
        if unsent.wait.window in WINDOWS:
            return
        if unsent.scope is Scope.ACCOUNT:
            self._account.back_off(jitter, hint_s)
            return
        wait = STOPPED_LINE_S if unsent.scope is Scope.LINE_STOPPED else hint_s
        self.backoff = self.backoff.failed(self._clocks.mono(), jitter, wait)

    def _hint_s(self, unsent: Unsent) -> float | None:
        if unsent.wait.hint_s is not None:
            return unsent.wait.hint_s
        now_ms = self._clocks.now_ms()
        end_ms = window_end(unsent.wait.window, now_ms, self.backoff.failures)
        return None if end_ms is None else (end_ms - now_ms) / 1000
