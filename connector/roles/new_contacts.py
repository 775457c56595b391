"""The new contacts of one line, as its sender sees them: who is one, who is under way, when the next may be texted.

``core.new_contacts`` says why they wait. Here is kept what only the holder of the line knows: what Sendblue refused,
whom it took for new although the ledger knows them, and whose outcome is not known yet. One turn at a time asks for a
new contact, whichever lane it is of: the second one would take no place of its own, and go by none of these waits.
"""

from collections.abc import Callable
from functools import partial
from typing import Protocol

from connector.core.backoff import Backoff, window_end
from connector.core.line_facts import LineFacts
from connector.core.new_contacts import NEVER, WINDOWS, most_near, ready_at, spread_at
from connector.core.outcomes import Classified, Submitted, Unsent
from connector.core.steps import Held

MOST_REFUSED = 1_000  # of those Sendblue took for new; one that is forgotten is asked for once more


class Clocks(Protocol):
    """The two clocks."""

    def mono(self) -> float:
        """Boot-time seconds."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""


class NewContacts:
    """``spread``: over the day. ``jitter``: random in [0, 1). ``most_near``: how many of them may wait near, now."""

    def __init__(
        self, alias: str, facts: LineFacts, clocks: Clocks, jitter: Callable[[], float], *, spread: bool
    ) -> None:
        self._clocks, self._jitter = clocks, jitter
        self._ready_at = partial(ready_at, facts, alias)
        self._spread_at = partial(spread_at, facts, alias) if spread else None
        self.most_near = partial(most_near, facts, alias, spread=spread)
        self._backoff = Backoff()
        self._refused: dict[bytes, None] = {}
        self._under_way: set[bytes] = set()
        self._last: float | None = None

    def is_new(self, held: Held, bound: str | None) -> bool:
        """Whether Sendblue will count the contact."""
        return (bound is None and not held.dispatch.request.is_group) or held.contact in self._refused

    def is_asked(self, contact: bytes) -> bool:
        """Whether a turn of the line is about to text it, as a new one: that turn's end comes first."""
        return contact in self._under_way

    def ready_at(self, now: float, now_ms: int) -> float:
        """When the next new contact may be texted, monotonic seconds."""
        spread = self._spread_at(self._last, now, now_ms) if self._spread_at else NEVER
        return max(self._backoff.until, self._ready_at(len(self._under_way), now, now_ms), spread)

    def begun(self, contact: bytes) -> None:
        """A new contact is about to be texted."""
        self._under_way.add(contact)

    def ended(self, contact: bytes) -> None:
        """Its turn is over."""
        self._under_way.discard(contact)

    def heard(self, contact: bytes, classified: Classified) -> None:
        """Take what came of a call."""
        match classified:
            case Unsent(wait=wait) if wait.window in WINDOWS:
                self._refused[contact] = None
                if len(self._refused) > MOST_REFUSED:
                    del self._refused[next(iter(self._refused))]
                now_ms = self._clocks.now_ms()
                ends_ms = window_end(wait.window, now_ms) or now_ms
                hint_s = (ends_ms - now_ms) / 1000 if wait.hint_s is None else wait.hint_s
                self._backoff = self._backoff.failed(self._clocks.mono(), self._jitter(), hint_s)
            case Submitted() if contact in self._under_way:
                self._refused.pop(contact, None)
                self._last = self._clocks.mono()
            case _:
                return
