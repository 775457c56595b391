"""What goes wrong on purpose, by probability and seed, or for the next call on demand."""

import random
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum


class Fault(StrEnum):
    """One way for a send to go wrong."""

    NONE = "none"
    DROP = "drop"
    """The connection is closed before the text is accepted."""
    LOSE_REPLY = "lose_reply"
    """The text is accepted, then the connection is closed without an answer."""
    ERROR_AFTER = "error_after"
    """The text is accepted, the answer is a 500."""
    ERROR_BEFORE = "error_before"
    """Nothing is accepted, the answer is a 500."""
    TRUNCATE = "truncate"
    """The text is accepted, the answer is cut in the middle."""
    TOO_MANY = "too_many"
    """429."""
    HTML = "html"
    """A proxy's 502 page; nothing is accepted."""


@dataclass
class Faults:
    """Probabilities of each fault and of the callbacks' mishaps; ``queued`` faults come first."""

    send: dict[Fault, float] = field(default_factory=dict)
    callback_lost: float = 0.0
    callback_twice: float = 0.0
    callback_late: float = 0.0
    seed: int = 0
    queued: deque[Fault | dict[str, object]] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - reproducible mishaps

    def next(self) -> Fault | dict[str, object]:
        """The fault of the next send; a dict is a refusal's body with its HTTP code under ``http``."""
        if self.queued:
            return self.queued.popleft()
        draw = self.chance.random()
        for fault, probability in self.send.items():
            if draw < probability:
                return fault
            draw -= probability
        return Fault.NONE

    def happens(self, probability: float) -> bool:
        """One throw of the dice."""
        return probability > 0 and self.chance.random() < probability
