"""Once a second: how everything stands, told as sights, and kept for /statusz.

It runs on the event loop, so it must be cheap: each line costs a few look-ups, whatever it holds, and the attempts of
the ledger are counted once for all lines. No scrape and no page ever makes it run.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence

from connector.core.delays import NEWCOMERS, ORDERED, Wait
from connector.core.facts import Fact, PostAnswered
from connector.core.idling import Idling
from connector.core.lag import Lag
from connector.core.outcomes import metric_code
from connector.core.recent import Recent
from connector.core.sights import (
    AccountSeen,
    CertificateSeen,
    LineSeen,
    LinesSeen,
    LineState,
    OptedOutSeen,
    drain_s,
    line_state,
    pauses_seen,
)
from connector.roles.lane import Lane
from connector.roles.sender import Sender
from connector.wiring.intake import Intake
from connector.wiring.parts import Parts

USED_S = 60.0
ERRORS_S = 600.0
NOTHING = Lag(0, 0.0)


class Sampler:
    """``lines``: as last seen. It hears the facts that rates and recent errors are made of."""

    def __init__(self) -> None:
        self.lines: Sequence[LineSeen] = ()
        self._posts, self._errors = Recent(USED_S), Recent(ERRORS_S)
        self._idling, self._posted = Idling(), set[str]()

    def __call__(self, fact: Fact, /) -> None:
        """Count calls by line, and those that went wrong by code."""
        if isinstance(fact, PostAnswered):
            self._posts.add(fact.line)
            self._posted.add(fact.line)
            if fact.code != "ok":
                self._errors.add(metric_code(fact.code))

    def errors(self) -> dict[str, int]:
        """Answers that were no acceptance, by code, in the last ten minutes."""
        return self._errors.counts()

    def look(self, parts: Parts, doubts: Counter[str]) -> None:
        """Tell how lines and account stand; ``doubts``: open attempts by line."""
        now = parts.system.mono()
        self._posts.turn(now)
        self._errors.turn(now)
        parts.observe(OptedOutSeen(len(parts.opt_outs.known)))
        if parts.account is not None:
            parts.observe(AccountSeen(parts.account.breaker.state.value, parts.account.stopped_because or ""))
        if parts.sender is not None:
            self.lines = tuple(self._lines(parts, now, doubts))
            parts.observe(LinesSeen(self.lines))
        self._posted.clear()

        now_ms = parts.system.now_ms()
        if parts.sweeper is not None:
            parts.observe(parts.sweeper.seen(now_ms))
        if parts.certificate is not None:
            parts.observe(CertificateSeen(parts.certificate.not_after_s()))
        parts.observe(pauses_seen(parts.orders.pauses.holding(now_ms), now_ms))

    def _lines(self, parts: Parts, now: float, doubts: Counter[str]) -> Iterator[LineSeen]:
        lags = {p: lag for i in parts.intakes if i.name == "dispatch" for p, lag in i.lags.items()}
        used = self._posts.rates()
        ledger, account = not parts.replica.may_send, parts.account is not None and parts.account.ready_at > now
        lines = by_line(parts.sender) if parts.sender else {}
        self._idling.keep(lines)
        for alias, lanes in lines.items():
            lane = next(iter(lanes.values()))
            state = line_state(
                ledger=ledger,
                account=account,
                paused=lane.paused_s() > 0,
                stopped=lane.guard.stopped_until() > now,
                breaker=lane.guard.broken,
                backoff=lane.guard.waits(now),
                no_room=_all_wait(lanes, NEWCOMERS),
            )
            seen = _line(lanes, state, lags, doubts[alias], used.get(alias, 0.0))
            free = state is LineState.READY and seen.queued > 0 and not _all_wait(lanes, ORDERED)
            could = free and alias not in self._posted
            yield seen._replace(idle_s=self._idling.seconds(alias, now, could=could))


def by_line(sender: Sender) -> dict[str, dict[int, Lane]]:
    """The lanes here by their line's alias and their partition."""
    lines: dict[str, dict[int, Lane]] = {}
    for partition, lane in sender.lanes.items():
        lines.setdefault(lane.line.alias, {})[partition] = lane
    return lines


def _all_wait(lanes: Mapping[int, Lane], reasons: Collection[Wait]) -> bool:
    """Whether the lanes hold records, and every one waits for one of these reasons."""
    windows = [lane.window for lane in lanes.values()]
    return any(map(len, windows)) and all(window.all_wait(reasons) for window in windows)


def _line(lanes: Mapping[int, Lane], state: LineState, lags: Mapping[int, Lag], in_doubt: int, rate: float) -> LineSeen:
    """A line whose other lane is elsewhere shows what it has here."""
    behind = {partition: lags.get(partition, NOTHING) for partition in lanes}
    lane = next(iter(lanes.values()))
    allowed = 1 / lane.line.gap_s if lane.line.gap_s else None
    queued = sum(max(behind[partition].records, len(one.window)) for partition, one in lanes.items())
    return LineSeen(
        lane.line.alias,
        state,
        allowed,
        rate,
        queued,
        max(lag.seconds for lag in behind.values()),
        drain_s(queued, allowed, rate),
        in_doubt,
        sum(len(one.window) for one in lanes.values()),
        lane.guard.breaker.state.value,
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
