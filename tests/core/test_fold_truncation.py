"""Folds begun at different places of one log: prefixes, and log starts at least 120 h back."""

from dataclasses import dataclass, field

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connector.core.ledger import GRANTED, Duplicate, Fold, Verdict
from connector.core.records import Digest, Intent, LedgerRecord, Resolution, Result
from connector.core.standing import Standing, Status
from tests.core.ledger_story import (
    HOUR_MS,
    Story,
    close,
    intent,
    outcome,
    park,
    rejected,
    resolve,
    submitted,
)

KEPT_MS = 120 * HOUR_MS
"""The ledger keeps 5 days: whoever reads from there on exists only 120 h after its first record."""
LATE_MS = HOUR_MS
"""No append lands later than this after its writer gave it up (librdkafka's own limit is two minutes)."""

Log = list[tuple[int, LedgerRecord]]


def verdicts(log: Log) -> list[Verdict | None]:
    """What a fold that reads the whole log says."""
    fold = Fold()
    return [fold.apply(append_ms, record).verdict for append_ms, record in log]


def kind(verdict: Verdict | None) -> str:
    """A verdict without what a later reader cannot know: whose end it was, and of which body."""
    return f"DUPLICATE {verdict.standing.status.name}" if isinstance(verdict, Duplicate) else repr(verdict)


@dataclass
class World:
    """One log, written by whoever exists; every writer looks in its own fold first. Times in ms."""

    begins: tuple[int, ...]
    now_ms: int = 1_700_000_000_000
    log: Log = field(default_factory=list)
    late: Log = field(default_factory=list)
    granted: list[tuple[int, Intent]] = field(default_factory=list)
    redrives: int = 0
    differ: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start_ms = self.now_ms
        self.folds = [Fold() for _ in self.begins]

    def exists(self, n: int) -> bool:
        """A replica whose log begins later than the first record exists only once that beginning is 120 h old."""
        return self.begins[n] == 0 or self.now_ms >= self.start_ms + self.begins[n] * HOUR_MS + KEPT_MS

    def append(self, record: LedgerRecord) -> None:
        """It lands now: every fold that has begun reads it, and those that exist must say the same."""
        self.log.append((self.now_ms, record))
        said = {}
        for n, fold in enumerate(self.folds):
            if self.now_ms >= self.start_ms + self.begins[n] * HOUR_MS:
                step = fold.apply(self.now_ms, record)
                if isinstance(record, Intent) and self.exists(n):
                    said[n] = kind(step.verdict)
                    if step.verdict is GRANTED and (self.now_ms, record) not in self.granted:
                        self.granted.append((self.now_ms, record))
        if len(set(said.values())) > 1:
            self.differ.append(f"{record}: {said}")

    def act(self, hours: float, replica: int, what: int, pick: int) -> None:
        """Time passes, what is late lands, then one replica that exists does one thing its own fold allows."""
        standing = self.folds[0].standing("r")
        if standing is not None and standing.status is Status.OPEN:  # the sender runs at least once in any 48 h
            hours, what = min(hours, 20.0), 4 if self.now_ms - standing.changed_ms > 24 * HOUR_MS else what
        then_ms = self.now_ms + int(hours * HOUR_MS)
        while self.late and min(self.late, key=_due)[0] <= then_ms:
            self.now_ms, record = min(self.late, key=_due)
            self.late.remove((self.now_ms, record))
            self.append(record)
        self.now_ms = then_ms
        who = replica % len(self.folds)
        fold = self.folds[who if self.exists(who) else 0]
        wanted = _next(self, fold, fold.standing("r"), what, pick)
        if wanted is not None and what >= 90:
            self.late.append((self.now_ms + pick * LATE_MS // 100, wanted))
        elif wanted is not None:
            self.append(wanted)


def _due(late: tuple[int, LedgerRecord]) -> int:
    return late[0]


def _next(w: World, fold: Fold, s: Standing | None, what: int, pick: int) -> LedgerRecord | None:
    """What the sender, the ingress, the reconciler or an operator would append, by its own fold."""
    recent = [i for at, i in w.granted if w.now_ms - at <= 72 * HOUR_MS]
    if what % 10 == 0 and recent:  # a callback of any attempt within 72 h of its token
        proof = submitted(recent[pick % len(recent)])
        return None if fold.is_submitted("r", proof.attempt) else proof
    if s is None or s.status is Status.FREE:
        return close("r", f"o{len(w.log)}") if what % 10 == 1 else _intent(w, 0)
    if s.status in (Status.REJECTED, Status.CLOSED):
        w.redrives += 1
        return _intent(w, w.redrives, s) if what % 10 < 6 else None
    if s.status is Status.SUBMITTED or s.attempt is None:
        return None
    old = w.now_ms - s.changed_ms > 60_000
    own = next((i for _, i in w.granted if i.attempt == s.attempt), None)
    if own is None:
        return None
    if s.status is Status.PARKED:
        return resolve(own, Resolution.NOT_SENT if what % 10 < 4 else Resolution.DROP)
    return park(own) if what % 10 < 5 and old else outcome(own, list(Result)[pick % 3])


def _intent(w: World, redrive: int, s: Standing | None = None) -> Intent:
    """A fresh attempt; a redrive sends the record round again whose end it was."""
    made = intent(f"a{len(w.log)}.{len(w.late)}", "r", f"o{len(w.log)}", at_ms=w.now_ms, redrive=redrive)
    return made if s is None or s.origin is None else made._replace(origin=s.origin)


hours = st.sampled_from((0.001, 0.02, 1.0, 20.0, 25.0, 47.0, 70.0))
steps = st.tuples(hours, st.integers(0, 3), st.integers(0, 99), st.integers(0, 99))
Steps = list[tuple[float, int, int, int]]


@given(st.tuples(*[st.integers(1, 150)] * 3), st.lists(steps, min_size=20, max_size=60))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_folds_begun_at_different_places_agree(begins: tuple[int, ...], story: Steps) -> None:
    """Whoever has 120 h of log gives the verdicts of the one who has all of it."""
    world = World((0, *begins))
    for step in story:
        world.act(*step)

    assert world.differ == []


requests = st.sampled_from(("r1", "r2"))
attempts = st.sampled_from(("a1", "a2", "a3"))
records = st.one_of(
    st.builds(lambda a, r, n: intent(a, r, redrive=n), attempts, requests, st.integers(0, 2)),
    st.builds(lambda a, r, result: outcome(intent(a, r), result), attempts, requests, st.sampled_from(Result)),
    st.builds(lambda a, r: park(intent(a, r)), attempts, requests),
    st.builds(lambda a, r, how: resolve(intent(a, r), how), attempts, requests, st.sampled_from(Resolution)),
    st.builds(lambda r, n: close(r, redrive=n), requests, st.integers(0, 2)),
)
logs = st.lists(st.tuples(st.integers(0, 100).map(lambda h: h * HOUR_MS), records), max_size=30)


@given(logs, st.integers(0, 30))
def test_a_prefix_gives_a_prefix_of_the_verdicts(log: Log, upto: int) -> None:
    """What is read later changes no verdict given before, in whatever order clocks stamped the records."""
    assert verdicts(log[:upto]) == verdicts(log)[:upto]


@given(logs)
def test_requests_do_not_touch_each_other(log: Log) -> None:
    """The verdicts on one request are the same when the records of the other only move log time."""
    alone: Log = [(at, r if getattr(r, "request_id", "") == "r1" else Digest(-1, 0, 0, "P")) for at, r in log]
    own = [n for n, (_, r) in enumerate(log) if getattr(r, "request_id", "") == "r1"]

    assert [verdicts(alone)[n] for n in own] == [verdicts(log)[n] for n in own]


def test_a_second_proof_is_remembered_by_all_alike() -> None:
    """Resolved not sent, sent again, and 69 h later a callback proves the first attempt after all.

    A replica whose log begins behind the second text takes that callback for the first proof. It must not remember
    the request longer than the others: at 125 h, when it has 120 h of log, the id is used again.
    """
    story = Story()
    story.at(0, a1 := intent("a1"), park(a1), resolve(a1, Resolution.NOT_SENT), a2 := intent("a2"), submitted(a2))
    late = story.late_reader(5)
    story.at(70 * 3600, submitted(a1))

    step = story.at(125 * 3600, intent("a3", place="o2", at_ms=125 * HOUR_MS))

    assert kind(step.verdict) == "DUPLICATE SUBMITTED"
    assert not late.fold.admits("r")


def test_a_repeated_proof_is_remembered_by_all_alike() -> None:
    """The same for the same attempt: an ingress that has not read its ledger yet appends the proof once more."""
    story = Story()
    story.at(0, a1 := intent("a1"), submitted(a1))
    late = story.late_reader(2)
    story.at(70 * 3600, submitted(a1))

    step = story.at(125 * 3600, intent("a3", place="o2", at_ms=125 * HOUR_MS))

    assert kind(step.verdict) == "DUPLICATE SUBMITTED"
    assert not late.fold.admits("r")


def test_a_refused_intent_is_remembered_by_all_alike() -> None:
    """It landed late, and the log of one replica begins with it: there it is granted, and nobody settles it.

    For 72 h that replica takes no CLOSE of the request. If the others took one, they would refuse a later use of the
    id, and it would not. So all remember the request for these 72 h.
    """
    story = Story()
    story.at(0, a1 := intent("a1"), submitted(a1))
    late = story.late_reader(2)
    story.at(40 * 3600, intent("a2", at_ms=0))
    story.at(111 * 3600, close())

    step = story.at(156 * 3600, a3 := intent("a3", place="o2", at_ms=156 * HOUR_MS))

    assert step.verdict is GRANTED
    assert late.fold.is_open("r", a3.attempt)


def test_what_nobody_settles_is_not_kept() -> None:
    """Two INTENTs raced, the log of one replica begins with the refused one; the other is parked, dropped, redriven.

    Nothing that the others say of their attempt may keep that grant of its own alive: it would hold the redriven
    request, and call it a duplicate, long after it has 120 h of log.
    """
    story = Story()
    story.at(0, a1 := intent("a1"), intent("a2"))
    late = story.late_reader(1)
    story.at(600, park(a1))
    story.at(71 * 3600, resolve(a1, Resolution.DROP))
    story.at(71 * 3600 + 1, intent("a3", at_ms=HOUR_MS))

    step = story.at(126 * 3600, a4 := intent("a4", place="o2", at_ms=126 * HOUR_MS, redrive=1))

    assert step.verdict is GRANTED
    assert late.fold.is_open("r", a4.attempt)


def test_of_two_resolutions_the_first_counts_for_all_alike() -> None:
    """An operator says not sent while the reconciler, at 71 h, appends its drop: the drop comes too late.

    A replica whose log begins behind the PARK must know so, or it takes the drop for the end of the request.
    """
    story = Story()
    story.at(0, a1 := intent("a1"), park(a1))
    late = story.late_reader(2)
    story.at(71 * 3600, resolve(a1, Resolution.NOT_SENT), resolve(a1, Resolution.DROP))

    step = story.at(125 * 3600, a2 := intent("a2", place="o2", at_ms=125 * HOUR_MS))

    assert step.verdict is GRANTED
    assert late.fold.is_open("r", a2.attempt)


def test_what_was_before_an_intent_is_not_made_younger() -> None:
    """Rejected, redriven 70 h later, in doubt for 71 h, not sent: the rejection is 141 h old and forgotten.

    A replica whose log begins after the rejection has never heard of it: both say the same of a new use of the id.
    """
    story = Story()
    story.at(0, a1 := intent("a1"), rejected(a1))
    late = story.late_reader(2)
    story.at(70 * 3600, a2 := intent("a2", at_ms=70 * HOUR_MS, redrive=1))
    story.at(71 * 3600, park(a2))
    story.at(141 * 3600, resolve(a2, Resolution.NOT_SENT))

    step = story.at(142 * 3600, a3 := intent("a3", place="o2", at_ms=142 * HOUR_MS))

    assert step.verdict is GRANTED
    assert late.fold.is_open("r", a3.attempt)
