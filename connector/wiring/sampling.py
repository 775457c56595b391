"""Once a second: how everything stands, told as sights, and kept for /statusz.

It runs on the event loop, so it must be cheap: each line costs a few look-ups, whatever it holds, and the attempts of
the ledger are counted once for all lines. No scrape and no page ever makes it run.
"""

from collections import Counter
from collections.abc import Sequence
from operator import attrgetter

from connector.core.facts import Fact, PostAnswered
from connector.core.lag import Lag
from connector.core.outcomes import metric_code
from connector.core.recent import Recent
from connector.core.sights import AccountSeen, LineSeen, LinesSeen, drain_s
from connector.roles.lane import Lane
from connector.wiring.assembly import Parts
from connector.wiring.intake import Intake

USED_S = 60.0
ERRORS_S = 600.0
NOTHING = Lag(0, 0.0)


class Sampler:
    """``lines``: as last seen, the worst first. It hears the facts that rates and recent errors are made of."""

    def __init__(self) -> None:
        self.lines: Sequence[LineSeen] = ()
        self._posts, self._errors = Recent(USED_S), Recent(ERRORS_S)

    def __call__(self, fact: Fact, /) -> None:
        """Count calls by line, and those that went wrong by code."""
        if isinstance(fact, PostAnswered):
            self._posts.add(fact.line)
            if fact.code != "ok":
                self._errors.add(metric_code(fact.code))

    def errors(self) -> dict[str, int]:
        """Answers that were no acceptance, by code, in the last ten minutes."""
        return self._errors.counts()

    def look(self, parts: Parts) -> None:
        """Tell how lines and account stand."""
        now = parts.system.mono()
        self._posts.turn(now)
        self._errors.turn(now)
        if parts.account is not None:
            state = parts.account.breaker.state.name.lower()
            parts.observe(AccountSeen(state, parts.account.stopped_because or ""))
        if parts.sender is not None:
            seen = tuple(self._lines(parts))
            self.lines = sorted(seen, key=attrgetter("worst"), reverse=True)
            parts.observe(LinesSeen(seen))

    def _lines(self, parts: Parts) -> list[LineSeen]:
        lags = {p: lag for i in parts.intakes if i.name == "dispatch" for p, lag in i.lags.items()}
        doubts, used = parts.replica.views.open_by_line(), self._posts.rates()
        sender, may_send = parts.sender, parts.replica.may_send
        lanes = sender.lanes.items() if sender else ()
        return [_line(lane, may_send, lags.get(p, NOTHING), doubts, used) for p, lane in lanes]


def _line(lane: Lane, may_send: bool, lag: Lag, doubts: Counter[str], used: dict[str, float]) -> LineSeen:
    alias, gap_s = lane.line.alias, lane.line.gap_s
    allowed, rate = (1 / gap_s if gap_s else None), used.get(alias, 0.0)
    queued = max(lag.records, len(lane.window))
    return LineSeen(
        alias,
        lane.guard.stands(may_send),
        allowed,
        rate,
        queued,
        lag.seconds,
        drain_s(queued, allowed, rate),
        doubts[alias],
        len(lane.window),
        lane.guard.breaker.state.name.lower(),
    )


def in_flight(parts: Parts) -> int:
    """Requests read here that have no end yet: on their way to dispatch, in a line's queue, delayed, parked."""
    held = sum(len(lane.window) for lane in parts.sender.lanes.values()) if parts.sender else 0
    routing = parts.router.pending() if parts.router else 0
    parked = len(parts.reconciler) if parts.reconciler else 0
    return held + routing + parked + sum(map(_waiting, parts.intakes))


def _waiting(intake: Intake) -> int:
    """Of a delay topic all that it holds; of the parked topic what the reconciler has is counted already."""
    if intake.name in {"requests", "dispatch"}:
        return intake.waiting()
    return 0 if intake.name == "parked" else intake.behind().records
