"""Whether all replicas judge alike: a checksum of the verdicts, announced in the ledger, compared by everybody.

Each DIGEST is a *mark* at an offset that all replicas share; the verdicts between two marks are a *span*. A DIGEST
announces the span that the mark before it has closed, so its readers have that checksum ready wherever they and its
writer stood meanwhile. Nothing is kept but one running hash and two finished ones. The price: a difference is told one
digest late. Replicas that announce one span at the same time write twins: the first is the mark, all are compared.

- Due: 10,000 offsets or an hour of log time after the last mark, or an hour of our own clock after the last DIGEST, so
  that log time moves on a quiet ledger too. Each replica adds a delay of its own; a DIGEST read meanwhile saves its.
- Sure of a span is who began at offset 0, or 120 h of log time before it. Who is not waits longest, announces nothing
  (an empty span), only marks, and compares nothing.
"""

import math
import struct
from collections import deque
from dataclasses import dataclass
from hashlib import blake2b
from typing import assert_never

from connector.core.ledger import RULES_VERSION, Duplicate, Expired, Granted, Verdict
from connector.core.records import Digest, Intent, LedgerRecord

EVERY_OFFSETS = 10_000
EVERY_S = 3600.0
SURE_AFTER_MS = 120 * 3600 * 1000
SPREAD_S = 60.0  # far longer than an append takes to come back, far shorter than an hour
LOOK_S = 30.0  # the log may make one due at any time
_VERDICT = struct.Struct(">qBI")
"""Offset, kind of verdict, bytes of the attempt that follow."""


@dataclass(frozen=True, slots=True)
class Span:
    """The checksum of the verdicts on offsets after ``since`` up to and with ``upto``."""

    since: int
    upto: int
    digest: int


class Digests:
    """One replica's checksums. ``note`` follows every ``Fold.apply``; seconds are of the replica's own clock."""

    def __init__(self, owner: str) -> None:
        self._owner = owner
        self._began_ms: int | None = None
        self._log_ms = 0
        self._whole = self._shared = True
        self._mark, self._mark_ms = -1, 0
        self._running = blake2b(digest_size=8)
        self._spans: deque[Span] = deque(maxlen=2)
        self._due_s = math.inf

    def note(self, offset: int, append_ms: int, record: LedgerRecord, verdict: Verdict | None, read_at: float) -> bool:
        """Take the next record of the log; True when it announces a span that reads otherwise here."""
        if self._began_ms is None:
            self._begin_at(offset, append_ms)
        self._log_ms = max(self._log_ms, append_ms)
        if isinstance(record, Digest):
            return self._digest(offset, record, read_at)
        if isinstance(record, Intent) and verdict is not None:
            attempt = record.attempt.encode()
            self._running.update(_VERDICT.pack(offset, _kind(verdict), len(attempt)) + attempt)
        if offset - self._mark >= EVERY_OFFSETS or self._log_ms - self._mark_ms >= EVERY_S * 1000:
            self._due_s = min(self._due_s, read_at)
        return False

    def restored(self, now_ms: int, now_s: float) -> None:
        """The log has been read to its end: what the wall clock says of the last mark's age counts, once."""
        age_s = (now_ms - self._mark_ms) / 1000 if self._began_ms is not None else 0.0
        self._due_s = min(self._due_s, now_s + min(max(EVERY_S - age_s, 0.0), EVERY_S))

    def due(self, now_s: float) -> Digest | float:
        """Return the DIGEST to append now, or when to ask again."""
        at = self._due_s + self._delay_s()
        if now_s < at:
            return min(at, now_s + LOOK_S)
        span = self._announced() or Span(self._mark, self._mark, 0)
        return Digest(span.since, span.upto, span.digest, self._owner, RULES_VERSION)

    def _begin_at(self, offset: int, append_ms: int) -> None:
        self._began_ms = self._mark_ms = append_ms
        self._mark = offset - 1
        self._whole = self._shared = offset == 0

    def _digest(self, offset: int, r: Digest, read_at: float) -> bool:
        if r.upto >= self._mark or not self._shared:
            self._close(offset)
        self._due_s = read_at + EVERY_S
        return any((s.since, s.upto) == (r.since, r.upto) and s.digest != r.digest for s in self._spans)

    def _close(self, offset: int) -> None:
        if self._sure():
            self._spans.append(Span(self._mark, offset, int.from_bytes(self._running.digest())))
        self._mark, self._mark_ms, self._shared = offset, self._log_ms, True
        self._running = blake2b(digest_size=8)

    def _sure(self) -> bool:
        return self._whole or self._mark_ms - (self._began_ms or 0) >= SURE_AFTER_MS

    def _announced(self) -> Span | None:
        """The span that the newest mark has closed, if this replica is sure of it."""
        return self._spans[-1] if self._spans and self._spans[-1].upto == self._mark else None

    def _delay_s(self) -> float:
        """Other for each replica and each mark, so that every replica is the announcer now and then."""
        chance = blake2b(f"{self._owner} {self._mark}".encode(), digest_size=4).digest()
        wait_s = SPREAD_S * int.from_bytes(chance) / 2**32
        return wait_s if self._announced() else SPREAD_S + wait_s


def _kind(verdict: Verdict) -> int:
    match verdict:
        case Granted():
            return 1
        case Expired():
            return 2
        case Duplicate():
            return 3
        case _:
            assert_never(verdict)
