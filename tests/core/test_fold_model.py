"""The fold against its plainest form, step by step: every record, repeated, late and foreign ones, over days."""

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from connector.core.ledger import Duplicate, Expired, Fold, Granted, Verdict
from connector.core.messages import Disposition
from connector.core.records import Digest, LedgerRecord, Rebind, Resolution, Result
from connector.core.standing import Standing
from tests.core.ledger_story import HOUR_MS, attempt_id, close, contact_id, intent, origin, outcome, park, resolve
from tests.core.naive_fold import NaiveFold, State

REQUESTS = ("r1", "r2", "r3")
START_MS = 1_700_000_000_000
STEPS_MS = (0, 1, -7, 2_000, 61_000, HOUR_MS, 20 * HOUR_MS, 47 * HOUR_MS, 71 * HOUR_MS, 72 * HOUR_MS, 80 * HOUR_MS)

requests = st.sampled_from(REQUESTS)
places = st.sampled_from(("o1", "o2"))
redrives = st.sampled_from((0, 0, 0, 1, 2))
steps = st.sampled_from((0, 0, 1, 2_000, *STEPS_MS))
picks = st.sampled_from((0, 0, 0, 1, 2, 9))
"""Which attempt of the request a record speaks of: 0 the newest, 1 the one before, 9 one nobody has proposed."""


def said(verdict: Verdict | None) -> str | None:
    """The fold's verdict in the words of the naive one."""
    match verdict:
        case Granted():
            return "GRANTED"
        case Expired():
            return "EXPIRED"
        case Duplicate(standing=s, id_reused=reused):
            return f"DUPLICATE {s.status.name} of {s.attempt} {s.origin} reused={reused}"
    return None


def seen(s: Standing | State | None) -> tuple[object, ...] | None:
    """What both must agree on."""
    if s is None:
        return None
    status = s.status.name if isinstance(s, Standing) else s.status
    end = (s.detail, s.disposition, s.proved_unsent)
    return (status, s.changed_ms, s.attempt, s.origin, s.body, s.redrive, *end, seen(s.before))


class FoldAgainstModel(RuleBasedStateMachine):
    """One log, two readers."""

    def __init__(self) -> None:
        super().__init__()
        self.fold, self.model = Fold(), NaiveFold()
        self.now_ms = START_MS
        self.attempts: dict[str, list[str]] = {request: [] for request in REQUESTS}
        self.count = 0

    def append(self, record: LedgerRecord, step_ms: int) -> None:
        """Both read it; what they say of it is the same."""
        self.now_ms += step_ms
        expected, actual = self.model.apply(self.now_ms, record), self.fold.apply(self.now_ms, record)

        assert said(actual.verdict) == expected

    def named(self, request: str, pick: int) -> str:
        """An attempt of the request."""
        own = self.attempts[request]
        return own[-1 - pick] if pick < len(own) else f"f{request}{pick}"

    @rule(
        request=requests,
        place=places,
        redrive=redrives,
        body=st.sampled_from("bbc"),
        age=st.sampled_from((0, 71 * HOUR_MS, 72 * HOUR_MS, 72 * HOUR_MS + 1)),
        step=steps,
    )
    def propose(self, request: str, place: str, redrive: int, body: str, age: int, step: int) -> None:
        """A fresh attempt; its request may be too old."""
        self.count += 1
        self.attempts[request].append(f"a{self.count}")
        made = self.now_ms + step - age
        self.append(intent(f"a{self.count}", request, place, body=body, at_ms=made, redrive=redrive), step)

    @rule(request=requests, pick=picks, result=st.sampled_from(Result), step=steps)
    def settle(self, request: str, pick: int, result: Result, step: int) -> None:
        """An OUTCOME: of the current attempt, an older one, or one nobody knows."""
        self.append(outcome(intent(self.named(request, pick), request), result, f"d{self.count}"), step)

    @rule(request=requests, pick=picks, place=places, step=steps)
    def park(self, request: str, pick: int, place: str, step: int) -> None:
        """A PARK of any of them."""
        self.append(park(intent(self.named(request, pick), request, place)), step)

    @rule(request=requests, pick=picks, place=places, resolution=st.sampled_from(Resolution), step=steps)
    def resolve(self, request: str, pick: int, place: str, resolution: Resolution, step: int) -> None:
        """A RESOLVE of any of them."""
        self.append(resolve(intent(self.named(request, pick), request, place), resolution), step)

    @rule(request=requests, place=places, redrive=redrives, step=steps)
    def end(self, request: str, place: str, redrive: int, step: int) -> None:
        """A CLOSE, in time or not."""
        self.append(close(request, place, Disposition.CANCELLED, redrive), step)

    @rule(step=st.sampled_from(STEPS_MS), moved=st.booleans())
    def pass_time(self, step: int, moved: bool) -> None:
        """A record that says nothing of any request, but moves log time."""
        self.append(Rebind(contact_id("c"), "B") if moved else Digest(-1, 0, 0, "P"), step)

    @invariant()
    def they_agree(self) -> None:
        """On every request: where it stands, what it admits, which attempt is open, which was proved."""
        for request in REQUESTS:
            expected, actual = self.model.standing(request), self.fold.standing(request)

            assert seen(actual) == seen(expected)
            for name in (*self.attempts[request], f"f{request}9"):
                attempt = attempt_id(name)
                proved = expected is not None and expected.status == "SUBMITTED" and attempt in expected.proofs
                opened = expected is not None and (expected.status, expected.attempt) == ("OPEN", attempt)

                assert self.fold.is_submitted(request, attempt) == proved
                assert self.fold.is_open(request, attempt) == opened

    @invariant()
    def it_remembers_what_it_must_and_no_other(self) -> None:
        """Nothing that is not forgotten is missing from its count."""
        known = {getattr(record, "request_id", None) for _, _, record in self.model.log} - {None}
        remembered = sum(self.model.standing(request) is not None for request in REQUESTS)

        assert remembered <= len(self.fold) <= len(known)


FoldAgainstModel.TestCase.settings = settings(
    max_examples=150, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
)
TestFoldAgainstModel = FoldAgainstModel.TestCase


def test_forgotten_requests_give_their_place_back() -> None:
    """Open requests nobody ever settled leave the count once their time is over and others come."""
    fold = Fold()
    for n in range(50):
        fold.apply(START_MS, intent(f"a{n}", f"open-{n}", at_ms=START_MS))
    before = fold.live()
    for n in range(50):
        fold.apply(START_MS + 73 * HOUR_MS, close(f"later-{n}"))

    assert (before, fold.live()) == (50, 0)
    assert fold.standing("open-1") is None
    assert origin("o1").partition == 0
