"""What goes wrong on purpose: by probability and seed, for the next calls on demand, or for everybody in an outage.

Two independent streams of chance, one for sends and one for callbacks: what happens to the nth send follows from the
seed, however many callbacks went out meanwhile. Every field can be read and changed while the simulator runs
(``GET`` and ``PUT /_sim/faults``).
"""

import random
from dataclasses import dataclass, field, fields
from enum import StrEnum
from typing import Any

import msgspec


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
    HANG = "hang"
    """Nothing is accepted and nothing is answered until the caller hangs up."""
    HANG_AFTER = "hang_after"
    """The text is accepted, and nothing is answered until the caller hangs up."""
    UNAVAILABLE = "unavailable"
    """503; nothing is accepted."""
    NO_HANDLE = "no_handle"
    """The text is accepted, the answer is a 2xx without a handle."""


class Outage(StrEnum):
    """What every call meets, GETs too. Nothing is accepted; sends are counted as arrived, but not with refused keys."""

    NONE = "none"
    REFUSED = "401"
    HANG = "hang"
    RESET = "reset"
    UNAVAILABLE = "503"


OUTAGES = {Outage.HANG: Fault.HANG, Outage.RESET: Fault.DROP, Outage.UNAVAILABLE: Fault.UNAVAILABLE}
Shares = dict[Fault, float]


@dataclass
class Faults:
    """Probabilities of each fault and of the callbacks' mishaps; an outage comes first, then ``queued`` faults.

    ``queued``: a Fault; or a refusal's body with its HTTP code under ``http``; or ``{"error": name}``, one of
    ``refusals.ERRORS``, also with ``http`` (a 2xx makes it a message that was born with this error). ``by_line``:
    takes the place of ``send`` for these lines. ``latency_s``: of every send, on top of the settings'.
    ``success``: in the settings' place, if not 0.

    ``silent``: share of texts of which no callback ever comes. ``stuck``: share that stays at SENT. ``late_error``:
    share that ends in ERROR after ACCEPTED, with one of ``late_codes``. ``callback_late``: share of callbacks that come
    ``late_steps`` steps later, and so out of order. ``no_service``: look-ups of a service are inconclusive (503).
    """

    send: Shares = field(default_factory=dict)
    callback_lost: float = 0.0
    callback_twice: float = 0.0
    callback_late: float = 0.0
    seed: int = 0
    queued: list[Fault | dict[str, Any]] = field(default_factory=list)
    by_line: dict[str, Shares] = field(default_factory=dict)
    outage: Outage = Outage.NONE
    latency_s: float = 0.0
    success: int = 0
    late_steps: float = 3.0
    silent: float = 0.0
    stuck: float = 0.0
    late_error: float = 0.0
    late_codes: list[int | str] = field(default_factory=lambda: [5504, 10001, 10002])
    no_service: bool = False

    def __post_init__(self) -> None:
        self.sends = random.Random(self.seed)  # noqa: S311 - reproducible mishaps
        self.callbacks = random.Random(f"callbacks {self.seed}")  # noqa: S311

    def next(self, line: str = "") -> Fault | dict[str, Any]:
        """What becomes of the next send on this line."""
        if self.outage is not Outage.NONE:
            return OUTAGES[self.outage]
        if self.queued:
            return self.queued.pop(0)
        draw = self.sends.random()
        for fault, probability in self.by_line.get(line, self.send).items():
            if draw < probability:
                return fault
            draw -= probability
        return Fault.NONE

    def happens(self, probability: float) -> bool:
        """One throw of the dice, about a callback or a text's later life."""
        return probability > 0 and self.callbacks.random() < probability

    def late_code(self) -> int | str | None:
        """The error this text will end in, None for a text that goes well."""
        return self.callbacks.choice(self.late_codes) if self.happens(self.late_error) and self.late_codes else None

    def plain(self) -> dict[str, Any]:
        """Every field as JSON has it."""
        plain: dict[str, Any] = msgspec.to_builtins(self)
        return plain

    def change(self, changes: dict[str, Any]) -> None:
        """Take over these fields; a new seed starts chance anew. Raises ValueError for what is no field or no value."""
        names = {one.name for one in fields(self)}
        if unknown := sorted(changes.keys() - names):
            raise ValueError(f"no such field: {', '.join(unknown)}; there are {', '.join(sorted(names))}")
        changed = msgspec.convert({**self.plain(), **changes}, Faults)
        codes = [changed.success or 202, *(one.get("http", 400) for one in changed.queued if isinstance(one, dict))]
        if not all(isinstance(code, int) and 200 <= code < 600 for code in codes):
            raise ValueError("an HTTP status must be a number from 200 to 599")
        for name in changes:
            setattr(self, name, getattr(changed, name))
        if "seed" in changes:
            self.__post_init__()
