"""Breakers: after attempts whose fate is unknown a line, or the account, sends no more until Sendblue answers.

Every unknown may come to be parked, so they are what is counted, and not errors. Two in a row open the breaker of their
line; five within half a minute, over all lines, that of the account. An open breaker waits for a GET that succeeds:
nothing is proved by trying a message. Then it is *half open*: one message, whose answer closes it or opens it again.

A GET may succeed while every POST is lost. So each failed trial doubles the pause before the next one, up to five
minutes, the account tries one message and not one a line, and a line tries nothing while three of its attempts are in
doubt. So an outage of any length leaves at most 2 x lines + 5 attempts in doubt (docs/reliability.md, invariant 19).

All times are monotonic seconds. The values are immutable; whoever acts keeps the latest.
"""

from dataclasses import dataclass, replace
from enum import StrEnum

LINE_UNKNOWNS = 2
"""In a row; one lost reply is bad luck."""
ACCOUNT_UNKNOWNS, ACCOUNT_SPAN_S = 5, 30.0
"""Within this span, over all lines of a replica."""
MOST_IN_DOUBT = 3
"""Of a line, while its breaker is not closed: the two that opened it and one trial, until one of them is settled."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 300.0
"""Between a trial that failed and the next; doubling."""
STOPPED_S = 3_600.0
"""How far ahead an open breaker says "not before": what ends the wait comes sooner."""
SETTLING_S = 5.0
"""While too many attempts of the line are in doubt: looked at again this much later."""


class State(StrEnum):
    """Closed: sending goes on. Open: nothing is sent. Half open: one message may be tried."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker:
    """One line's, or the account's. ``limit`` unknowns within ``span_s`` open it (None: in a row).

    ``unknowns``: when the last ones were seen. ``not_before``: the earliest moment of the next trial. ``trying``: a
    trial is out.
    """

    limit: int
    span_s: float | None = None
    state: State = State.CLOSED
    unknowns: tuple[float, ...] = ()
    failures: int = 0
    not_before: float = float("-inf")
    trying: bool = False

    def unknown(self, now: float) -> "Breaker":
        """One more attempt whose fate is unknown; of a half open breaker, a trial that failed.

        Of an open one it was under way already, and makes nothing worse.
        """
        if self.state is not State.CLOSED:
            return self._failed(now)
        counted = tuple(at for at in self.unknowns if self.span_s is None or now - at <= self.span_s)
        counted = (*counted, now)[-self.limit :]
        opened = replace(self, unknowns=counted)
        return replace(opened, state=State.OPEN, unknowns=()) if len(counted) >= self.limit else opened

    def refused(self, now: float) -> "Breaker":
        """Sendblue refuses the account as a whole: nothing more until a GET succeeds."""
        return replace(self, state=State.OPEN) if self.state is State.CLOSED else self._failed(now)

    def answered(self) -> "Breaker":
        """Sendblue said what became of a message: all is well again. A count over a span goes on.

        Of an open one the message was under way before, and proves nothing.
        """
        if self.state is State.OPEN:
            return self
        kept = self.unknowns if self.span_s is not None and self.state is State.CLOSED else ()
        return Breaker(self.limit, self.span_s, unknowns=kept)

    def reached(self) -> "Breaker":
        """A GET succeeded: an open breaker may try a message."""
        return replace(self, state=State.HALF_OPEN) if self.state is State.OPEN else self

    def tried(self) -> "Breaker":
        """A message goes out; while half open it is the only one."""
        return replace(self, trying=True) if self.state is State.HALF_OPEN else self

    def withdrawn(self) -> "Breaker":
        """The trial was never written: another message may be it."""
        return replace(self, trying=False)

    def ready_at(self, now: float, in_doubt: int = 0) -> float:
        """When a message may go out, ``in_doubt`` of the line's attempts being in doubt.

        Far ahead where a GET or the end of a trial is waited for: whoever waits is woken by that.
        """
        if self.state is State.CLOSED:
            return float("-inf")
        if self.state is State.OPEN or self.trying:
            return now + STOPPED_S
        return self.not_before if in_doubt < MOST_IN_DOUBT else now + SETTLING_S

    def allows(self, now: float, in_doubt: int = 0) -> bool:
        """Whether a message may go out now."""
        return self.ready_at(now, in_doubt) <= now

    def _failed(self, now: float) -> "Breaker":
        if self.state is State.OPEN:
            return self
        pause = min(FIRST_PAUSE_S * 2.0 ** min(self.failures, 16), LONGEST_PAUSE_S)
        return replace(self, state=State.OPEN, failures=self.failures + 1, not_before=now + pause, trying=False)


def line_breaker() -> Breaker:
    """A closed breaker of a line."""
    return Breaker(LINE_UNKNOWNS)


def taken_over(in_doubt: int) -> Breaker:
    """A line's breaker where another holder left so many attempts in doubt: open, if they would have opened it."""
    breaker = line_breaker()
    return replace(breaker, state=State.OPEN) if in_doubt >= breaker.limit else breaker


def account_breaker() -> Breaker:
    """A closed breaker of the account."""
    return Breaker(ACCOUNT_UNKNOWNS, ACCOUNT_SPAN_S)


@dataclass(frozen=True, slots=True)
class Suspicion:
    """A message after which the account was stopped although a GET succeeds: it may be the message, not the account.

    It waits, longer each time, while others go first; it ends by its age alone.
    """

    stops: int = 0
    until: float = float("-inf")

    def stopped(self, now: float) -> "Suspicion":
        """The account was stopped by this message once more: a minute, doubling up to an hour."""
        return Suspicion(self.stops + 1, now + min(60.0 * 2.0 ** min(self.stops, 6), 3_600.0))


NOT_SUSPECTED = Suspicion()
