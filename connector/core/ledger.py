"""The fold: what the records of the ledger, in log order, say of every request.

A verdict on an INTENT depends on the records of that request_id in the last 72 h of log time and on nothing else: no
setting, no other request, no local clock, no age of the process. So every replica that reads the log reaches the
same verdict, and the log's order is a compare-and-set: of two INTENTs for one request the earlier is granted.

    INTENT    unknown, free; or rejected / closed with a lower redrive number   GRANTED, the request is open
              ... but older than 71.5 h                                        EXPIRED (the proposer then closes it)
              open, parked, submitted, rejected, closed                        DUPLICATE
    OUTCOME   SUBMITTED  absorbing, from any state, even of an attempt never seen granted
              UNSENT     the open attempt: back to what was before its INTENT; a parked one: proved unsent
              REJECTED   the open or parked attempt, for good
    PARK      open -> parked
    RESOLVE   parked: drop -> closed, not sent -> what was before its INTENT
    CLOSE     unknown, free, or a lower redrive number -> closed

PARK, REJECTED and RESOLVE of an unknown request apply as if its attempt had been granted: its INTENT lies before the
log. Everything about a request is forgotten 72 h after the last record that changed it; a refused INTENT renews what is
settled: whoever begins to read there takes it for granted, and must not remember it longer than we do.

What is forgotten must not be granted again: so the age of a request ends half an hour before memory does. Its time may
be five minutes ahead of the log's, and append times go back a little when another broker leads. That an attempt was in
doubt to the last is known 48 h longer, for no verdict: nobody may then say that it was not sent.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from connector.core.memory import Memory
from connector.core.messages import MAX_AGE_MS, Disposition
from connector.core.records import (
    Close,
    Digest,
    Intent,
    LedgerRecord,
    Outcome,
    Park,
    Resolution,
    Resolve,
    Result,
    Rules,
)
from connector.core.standing import LIVE, Packing, Standing, Status, request_key

RULES_VERSION = 1
"""The version of these rules. A fold that meets another one in the log, in a DIGEST too, must not send."""

GRANTED_WITHIN_MS = MAX_AGE_MS - 30 * 60 * 1000
"""No INTENT is granted for a request older than this."""
UNSETTLED_MS = MAX_AGE_MS + 48 * 3600 * 1000
"""How long an attempt that nobody settled is known to have been: all roles run at least once in 48 h."""


@dataclass(frozen=True, slots=True)
class Granted:
    """This attempt, and no other of its request, may be written to Sendblue."""


@dataclass(frozen=True, slots=True)
class Expired:
    """The request was too old when its INTENT landed."""


@dataclass(frozen=True, slots=True)
class Duplicate:
    """The request already stands like this. ``id_reused``: that end belongs to another body under the same id."""

    standing: Standing
    id_reused: bool


Verdict: TypeAlias = Granted | Expired | Duplicate
GRANTED, EXPIRED = Granted(), Expired()


class Alarm(StrEnum):
    """What must never happen and is told when it does."""

    SUBMITTED_AFTER_END = "SUBMITTED_AFTER_END"
    SECOND_SUBMITTED = "SECOND_SUBMITTED"
    DIGEST_DIFFERS = "DIGEST_DIFFERS"


class Step(NamedTuple):
    """What one record did: a verdict if it was an INTENT, the request's standing before and after, an alarm."""

    was: Standing | None = None
    now: Standing | None = None
    verdict: Verdict | None = None
    alarm: Alarm | None = None


NOTHING = Step()


class Fold:
    """The state of every request the log speaks of."""

    def __init__(self) -> None:
        self.log_ms = 0
        self.unknown_rules: int | None = None
        self._live: dict[bytes, Standing] = {}  # open and parked, least recently changed first
        self._memory = Memory(MAX_AGE_MS)
        self._packing = Packing()
        self._also_submitted: dict[bytes, frozenset[str]] = {}

    def __len__(self) -> int:
        """Requests remembered, settled and open."""
        return len(self._live) + len(self._memory)

    def standing(self, request_id: str) -> Standing | None:
        """Return where the request stands, None when the ledger does not know it (any more)."""
        return self._standing(request_key(request_id))

    def admits(self, request_id: str, redrive: int = 0) -> bool:
        """Own fold first: True when an INTENT for the request would be granted (age apart)."""
        standing = self.standing(request_id)
        return standing is None or standing.admits(redrive)

    def is_open(self, request_id: str, attempt: str) -> bool:
        """True while this very attempt is granted and unsettled."""
        standing = self.standing(request_id)
        return standing is not None and standing.status is Status.OPEN and standing.attempt == attempt

    def is_submitted(self, request_id: str, attempt: str) -> bool:
        """True when the ledger already holds the proof that this attempt became a message."""
        key = request_key(request_id)
        standing = self._standing(key)
        if standing is None or standing.status is not Status.SUBMITTED:
            return False
        return standing.attempt == attempt or attempt in self._also_submitted.get(key, ())

    def was_in_doubt(self, request_id: str) -> bool:
        """True when the request is forgotten with an attempt that nobody settled: its text may be out."""
        found = self._live.get(request_key(request_id))
        return found is not None and self._is_past(found)

    @property
    def rules_known(self) -> bool:
        """False for good after rules that are not ours: what they granted meanwhile, nobody here can tell."""
        return self.unknown_rules is None

    def live(self) -> int:
        """Requests open or parked now."""
        return sum(not self._is_past(standing) for standing in self._live.values())

    def apply(self, append_ms: int, record: LedgerRecord) -> Step:
        """Take the next record of the log, appended at ``append_ms`` by the broker's clock."""
        self.log_ms = max(self.log_ms, append_ms)
        match record:
            case Intent():
                return self._intent(append_ms, record)
            case Outcome():
                return self._outcome(record)
            case Park():
                return self._park(record)
            case Resolve():
                return self._resolve(record)
            case Close():
                return self._close(record)
            case Rules() | Digest():
                if self.unknown_rules is None and record.version != RULES_VERSION:
                    self.unknown_rules = record.version
        return NOTHING

    def _intent(self, append_ms: int, r: Intent) -> Step:
        key = request_key(r.request_id)
        was = self._standing(key)
        aged = append_ms - r.request_time_ms > GRANTED_WITHIN_MS
        if was is not None and not was.admits(r.redrive):
            reused = bool(was.body) and was.body != r.body
            step = Step(was, was) if aged or was.status in LIVE else self._heard_again(key, was)
            return step._replace(verdict=Duplicate(was, reused))
        if aged:
            return Step(was, was, EXPIRED)
        before = was if was is not None and was.status is not Status.FREE else None
        now = Standing(Status.OPEN, self.log_ms, r.attempt, r.origin, r.line, r.body, redrive=r.redrive, before=before)
        return self._set(key, was, now, GRANTED)

    def _outcome(self, r: Outcome) -> Step:
        key = request_key(r.request_id)
        was = self._standing(key)
        if r.result is Result.SUBMITTED:
            return self._submitted(key, was, r)
        if was is None:
            return self._rejected(key, None, r) if r.result is Result.REJECTED else NOTHING
        if was.attempt != r.attempt or was.status not in LIVE:
            return Step(was, was)
        if r.result is Result.REJECTED:
            return self._rejected(key, was, r)
        if was.status is Status.PARKED:
            return self._set(key, was, was._replace(proved_unsent=True), touch=False)
        return self._set(key, was, self._back(was))

    def _submitted(self, key: bytes, was: Standing | None, r: Outcome) -> Step:
        if was is not None and was.status is Status.SUBMITTED:
            return self._submitted_again(key, was, r)
        origin, line, body, redrive = (was.origin, was.line, was.body, was.redrive) if was else (None, "", b"", 0)
        now = Standing(Status.SUBMITTED, self.log_ms, r.attempt, origin, r.line or line, body, redrive, r.detail)
        alarm = None if was is None or was.status in LIVE else Alarm.SUBMITTED_AFTER_END
        return self._set(key, was, now, alarm=alarm)

    def _submitted_again(self, key: bytes, was: Standing, r: Outcome) -> Step:
        """The first handle is kept; another attempt's proof is a second text. Either is remembered from now on anew."""
        seen, now = self._also_submitted.get(key, frozenset()), was._replace(changed_ms=self.log_ms)
        if r.attempt == was.attempt or r.attempt in seen:
            return self._set(key, was, now)
        self._also_submitted[key] = seen | {r.attempt}
        return self._set(key, was, now, alarm=Alarm.SECOND_SUBMITTED)

    def _rejected(self, key: bytes, was: Standing | None, r: Outcome) -> Step:
        origin, body, redrive = (was.origin, was.body, was.redrive) if was else (None, b"", 0)
        now = Standing(Status.REJECTED, self.log_ms, r.attempt, origin, r.line, body, redrive, r.detail)
        return self._set(key, was, now._replace(disposition=Disposition.REJECTED))

    def _park(self, r: Park) -> Step:
        key = request_key(r.request_id)
        was = self._standing(key)
        if was is None:
            now = Standing(Status.PARKED, self.log_ms, r.attempt, r.origin, r.line, detail=r.reason)
            return self._set(key, None, now)
        if was.status is not Status.OPEN or was.attempt != r.attempt:
            return Step(was, was)
        return self._set(key, was, was._replace(status=Status.PARKED, changed_ms=self.log_ms, detail=r.reason))

    def _resolve(self, r: Resolve) -> Step:
        key = request_key(r.request_id)
        was = self._standing(key)
        if was is not None and (was.status is not Status.PARKED or was.attempt != r.attempt):
            return Step(was, was)
        if r.resolution is Resolution.NOT_SENT:
            granted = was or Standing(Status.PARKED, self.log_ms, r.attempt, r.origin, r.line)
            return self._set(key, was, self._back(granted))
        origin, body, redrive = (was.origin, was.body, was.redrive) if was else (r.origin, b"", 0)
        now = Standing(Status.CLOSED, self.log_ms, r.attempt, origin, r.line, body, redrive, r.operator)
        return self._set(key, was, now._replace(disposition=Disposition.DROPPED))

    def _close(self, r: Close) -> Step:
        key = request_key(r.request_id)
        was = self._standing(key)
        if was is not None and not was.admits(r.redrive):
            return Step(was, was)
        now = Standing(
            Status.CLOSED, self.log_ms, None, r.origin, redrive=r.redrive, detail=r.code, disposition=r.disposition
        )
        return self._set(key, was, now)

    def _heard_again(self, key: bytes, was: Standing) -> Step:
        """Nothing changes but the time. What is open or parked is not kept: it may be granted in this fold alone."""
        now = was._replace(changed_ms=self.log_ms)
        self._set(key, was, now)
        return Step(now, now)

    def _back(self, was: Standing) -> Standing:
        """What the request was before the INTENT of its current attempt, and no younger: free if forgotten by now."""
        before = was.before
        if before is not None and not self._is_past(before):
            return before
        return Standing(Status.FREE, self.log_ms, was.attempt, was.origin, was.line, was.body, was.redrive)

    def _standing(self, key: bytes) -> Standing | None:
        found = self._live.get(key)
        if found is None:
            packed = self._memory.get(key)
            found = self._packing.unpack(*packed) if packed else None
        return None if found is None or self._is_past(found) else found

    def _is_past(self, standing: Standing) -> bool:
        return self.log_ms - standing.changed_ms > MAX_AGE_MS

    def _set(
        self,
        key: bytes,
        was: Standing | None,
        now: Standing,
        verdict: Verdict | None = None,
        alarm: Alarm | None = None,
        touch: bool = True,
    ) -> Step:
        if touch:
            self._live.pop(key, None)
            self._forget()
        if now.status in LIVE:
            self._memory.remove(key)
            self._live[key] = now
        else:
            self._memory.put(key, now.changed_ms, self._packing.pack(now))
        if was is None or now.status is not Status.SUBMITTED:
            self._also_submitted.pop(key, None)
        return Step(was, now, verdict, alarm)

    def _forget(self) -> None:
        """Give back the memory of what is past its time; ``_standing`` has long stopped showing it."""
        self._memory.forget(self.log_ms)
        oldest = next(iter(self._live), None)
        if oldest is not None and self.log_ms - self._live[oldest].changed_ms > UNSETTLED_MS:
            del self._live[oldest]
