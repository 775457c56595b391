"""What waits for a person: the parked requests, from the ledger and the parked topic together.

The ledger says which attempts are parked and since when; the parked topic holds the requests, whole. They may differ
for a moment, or longer: a sender died between PARK and the parked record (the next holder writes it), or the ledger
ended an attempt whose record the reconciler has not yet taken away. Both are shown, and said. No number, no text.
"""

from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from connector.core.ledger import Fold
from connector.core.parking import DROP_AFTER_MS
from connector.core.records import Park
from connector.core.resolving import how_it_stands
from connector.core.standing import Standing, Status


class Parking(NamedTuple):
    """A PARK as the ledger holds it; ``at_ms``: when it was appended."""

    park: Park
    at_ms: int


class Waiting(NamedTuple):
    """One row of the list. ``dropped_at_ms``: when it is dropped if nobody says anything."""

    request_id: str
    since_ms: int
    line: str
    attempt: str
    reason: str
    proved_unsent: bool
    dropped_at_ms: int
    note: str


NO_RECORD = "its record is not in the parked topic yet"
NOT_KNOWN = "the ledger does not know it; the reconciler sends it round again"


def waiting(fold: Fold, parkings: Mapping[str, Parking], kept: Mapping[str, str]) -> list[Waiting]:
    """All that waits, the longest first.

    ``parkings``: attempt -> its PARK; ``kept``: attempt -> request id of the records in the parked topic.
    """
    rows = [*_parked(fold, parkings, kept), *_left_over(fold, parkings, kept)]
    return sorted(rows, key=lambda row: (row.since_ms, row.request_id))


def _parked(fold: Fold, parkings: Mapping[str, Parking], kept: Collection[str]) -> Iterable[Waiting]:
    for attempt, (park, at_ms) in parkings.items():
        standing = fold.standing(park.request_id)
        if _is_parked(standing, attempt):
            yield _row(park, at_ms, standing, "" if attempt in kept else NO_RECORD)


def _left_over(fold: Fold, parkings: Mapping[str, Parking], kept: Mapping[str, str]) -> Iterable[Waiting]:
    for attempt, request_id in kept.items():
        standing, parking = fold.standing(request_id), parkings.get(attempt)
        if _is_parked(standing, attempt) and parking is not None:
            continue
        note = NOT_KNOWN if standing is None else how_it_stands(standing)
        at_ms = parking.at_ms if parking else 0
        line = parking.park.line if parking else ""
        reason = parking.park.reason if parking else ""
        yield Waiting(request_id, at_ms, line, attempt, reason, False, 0, note)


def _row(park: Park, at_ms: int, standing: Standing | None, note: str) -> Waiting:
    since_ms = standing.changed_ms if standing else at_ms
    unsent = standing is not None and standing.proved_unsent
    dropped_at_ms = since_ms + DROP_AFTER_MS
    return Waiting(park.request_id, since_ms, park.line, park.attempt, park.reason, unsent, dropped_at_ms, note)


def _is_parked(standing: Standing | None, attempt: str) -> bool:
    return standing is not None and standing.status is Status.PARKED and standing.attempt == attempt
