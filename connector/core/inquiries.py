"""What is known of one question that is asked outside before a text may go.

A question is under way once at a time. An answer is believed for a while. Without one the question is put again, a
little later each time, for as long as somebody needs it; how long there has been no answer is counted from the first
failure, and forgotten when nobody has asked for ten minutes. Times are monotonic seconds.

What is ugly: all of this lives in memory. Whoever takes a record over asks anew, and counts anew.
"""

from dataclasses import dataclass, replace
from typing import Generic, NamedTuple, TypeVar

from connector.core.backoff import Backoff

T = TypeVar("T")

FORGOTTEN_S = 600.0
"""A failure this long after the next question was due says nothing of today."""
NEVER_FAILED = Backoff()


class NoAnswer(NamedTuple):
    """Nobody knows; ``retry_after_s`` if the other side named a time, seconds."""

    retry_after_s: float | None = None


@dataclass(frozen=True, slots=True)
class Inquiry(Generic[T]):
    """``answer`` is believed before ``until``. ``failing_since``: the first failure since the last answer."""

    answer: T | None = None
    until: float = float("-inf")
    asking: bool = False
    backoff: Backoff = NEVER_FAILED
    failing_since: float | None = None

    def known(self, now: float) -> T | None:
        """The answer, while it is believed."""
        return self.answer if now < self.until else None

    def failing_s(self, now: float) -> float:
        """For how long there has been no answer to a question that was put, in seconds; 0.0 for not at all."""
        if self.failing_since is None or self._is_old(now):
            return 0.0
        return now - self.failing_since

    def asked(self, now: float) -> "Inquiry[T]":
        """The question is under way."""
        return Inquiry(asking=True) if self._is_old(now) else replace(self, asking=True)

    def answered(self, answer: T, until: float) -> "Inquiry[T]":
        """There is an answer."""
        return Inquiry(answer, until)

    def failed(self, now: float, jitter: float, hint_s: float | None) -> "Inquiry[T]":
        """There is none: ``jitter`` is random in [0, 1), ``hint_s`` the wait that the other side named."""
        since = now if self.failing_since is None else self.failing_since
        return Inquiry(backoff=self.backoff.failed(now, jitter, hint_s), failing_since=since)

    def put_off(self, until: float) -> "Inquiry[T]":
        """There was no room to ask; not before ``until``."""
        return replace(self, backoff=self.backoff._replace(until=until))

    def _is_old(self, now: float) -> bool:
        return now - self.backoff.until > FORGOTTEN_S
