"""Sending again what was proved absent: off unless the request, or the settings, ask for ``RESEND``.

Absence from Sendblue's list proves a text unsent only where several things meet: the effect of the POST can no longer
come (Q after it); the list was looked at twice, a minute apart, and showed neither ours nor anything like it; it had
already got to messages made after ours could have been; and the line may send. Then the attempt is ended as UNSENT with
a code of its own, and the request is proposed again like any free one.

What remains: a process frozen between its last check and the socket for longer than all that. Such a text goes out
twice; the ledger raises an alarm when the proof of the first one comes.
"""

from typing import NamedTuple

from connector.core.proofs import EFFECT_WITHIN_MS

Q_S = EFFECT_WITHIN_MS / 1000
"""Age of an attempt from which on its effect can no longer come: lease, longest call, and 300 s for what the network
still holds: TCP's own repeats, a killed process's send buffer, a list that lags."""
BETWEEN_LOOKS_S = 60.0
"""More than the list lags behind: two replicas of it were asked, or one that has moved on."""
ABSENT = "ABSENT"
"""The code of the UNSENT."""


class Absence(NamedTuple):
    """When looks said that nothing of ours was there while something newer was; monotonic seconds, None for never."""

    first: float | None = None
    last: float | None = None

    def seen(self, now: float, newer_visible: bool) -> "Absence":
        """After one more look without a row of ours. One that shows nothing newer says nothing."""
        if not newer_visible:
            return self
        return Absence(now if self.first is None else self.first, now)


def is_absent(absence: Absence, read_at: float, granted_ms: int, mono: float, now_ms: int) -> bool:
    """Whether the attempt is proved unsent.

    ``read_at`` (monotonic) and ``granted_ms`` (the broker's clock) are of its INTENT: both clocks must say it is old.
    """
    if absence.first is None or absence.last is None:
        return False
    old_enough = mono - read_at >= Q_S and now_ms - granted_ms >= Q_S * 1000
    return old_enough and absence.last - absence.first >= BETWEEN_LOOKS_S


NOTHING_SEEN = Absence()
