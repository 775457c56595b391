"""A parked request on its way to its end.

The parked record is compared with the fold again and again (its level, not an edge): whatever end the ledger shows, the
event is owed and the record goes; free again, it is re-produced with its origin; nobody resolved it for 71 h, it is
dropped one hour before the ledger forgets it. A record is keyed by origin **and** attempt, so that the tombstone of an
earlier parking never takes a later one away.
"""

from dataclasses import dataclass
from typing import TypeAlias

from connector.core.messages import MAX_AGE_MS, Dispatch, Origin
from connector.core.not_free import owed_event
from connector.core.standing import Standing, Status
from connector.core.steps import Held, Owe

DROP_AFTER_MS = MAX_AGE_MS - 3600 * 1000
"""71 h: one hour before the ledger forgets the request."""
UNSETTLED = "expired"
"""The code of that drop, and of a request that the ledger forgot in doubt because nothing ran at its 71st hour."""
OTHER_ATTEMPT_S = 60.0
"""How long another attempt of the same request may stand before the record is re-produced: its holder may be gone."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Nothing to do yet."""


@dataclass(frozen=True, slots=True)
class Reproduce:
    """The request may be sent after all: its record goes back to the dispatch topic, then the parked one goes."""


@dataclass(frozen=True, slots=True)
class DropNow:
    """Nobody resolved it in 71 h: append RESOLVE(drop)."""


Next: TypeAlias = Keep | Reproduce | DropNow | Owe


def parked_key(origin: Origin, attempt: str) -> bytes:
    """The record's key in the parked topic."""
    return f"{origin}/{attempt}".encode()


def next_of(
    held: Held, attempt: str, standing: Standing | None, log_ms: int, other_for_s: float, parked_ms: int = 0
) -> Next:
    """Decide about one parked record. Nothing is re-produced by a fold that has not read up to its parking.

    ``log_ms`` is the fold's log time; ``other_for_s``: for how long, on our clock, the request has stood open or
    parked by another attempt (0 when it does not). ``parked_ms``: the parked record's own time, written after its PARK
    was read; a fold whose log time is behind it may not know of the attempt yet.
    """
    dispatch: Dispatch = held.dispatch
    if standing is None or standing.admits(dispatch.redrive):
        return Reproduce() if log_ms >= parked_ms else Keep()
    if standing.status in (Status.OPEN, Status.PARKED):
        return _unsettled(attempt, standing, log_ms, other_for_s if log_ms >= parked_ms else 0.0)
    same = standing.origin == dispatch.origin
    reused = not same and bool(standing.body) and standing.body != held.body
    return Owe(standing, owed_event(standing, same), reused)


def stands_otherwise(attempt: str, standing: Standing | None) -> bool:
    """True while the request is open, or parked by another attempt."""
    if standing is None or standing.status not in (Status.OPEN, Status.PARKED):
        return False
    return standing.attempt != attempt or standing.status is Status.OPEN


def _unsettled(attempt: str, standing: Standing, log_ms: int, other_for_s: float) -> Next:
    if stands_otherwise(attempt, standing):
        return Reproduce() if other_for_s >= OTHER_ATTEMPT_S and standing.attempt != attempt else Keep()
    return DropNow() if log_ms - standing.changed_ms > DROP_AFTER_MS else Keep()
