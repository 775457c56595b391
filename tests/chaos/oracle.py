"""The judge: the promises, checked from outside on the evidence of one trial.

PARKED is provisional: parked requests are counted apart, and a repeat of one waits with it. Everything else has exactly
one end, and what the ends say must be true: SUBMITTED of a text that the simulator has, nothing refused without reason.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tests.chaos import obeyed
from tests.chaos.evidence import Attempt, Evidence, Post
from tests.chaos.pace import smallest_gap, too_close
from tests.chaos.tapes import Row

SHOWN = 5
"""Examples of a complaint."""
RECEIVED = "RECEIVED"
EFFECT_S = 390.0
"""After this an attempt's effect is taken not to come any more: the stated limit of RESEND."""


@dataclass
class Figures:
    """What a trial came to."""

    requests: int = 0
    repeats: int = 0
    kills: int = 0
    posts: int = 0
    texts: int = 0
    doubled: int = 0
    explained: int = 0
    lost: int = 0
    in_doubt: int = 0
    callback: int = 0
    list: int = 0
    absence: int = 0
    parked: int = 0
    parked_text_out: int = 0
    events: int = 0
    callbacks: int = 0
    two_lines: int = 0
    too_close: int = 0
    pauses: int = 0
    moves: int = 0
    both_lines: int = 0
    opt_outs: int = 0
    turned_away: int = 0
    given_back: int = 0
    appended_again: int = 0
    other_line: int = 0
    smallest_gap_s: float | None = None
    settle_p50_s: float | None = None
    settle_p95_s: float | None = None

    def plain(self) -> dict[str, Any]:
        """As JSON has it."""
        return asdict(self)


@dataclass(frozen=True)
class Judgement:
    """Figures, the times to settle of what was in doubt, and every broken promise as a sentence."""

    figures: Figures
    settle_s: tuple[float, ...]
    complaints: tuple[str, ...]


def judge(evidence: Evidence, allowed: Collection[str] = (), *, resend: bool = False) -> Judgement:
    """``allowed``: codes of ends that this trial provoked. ``resend``: doubles are explained by the limit, or not."""
    allowed = {*allowed, obeyed.OPTED_OUT}  # a rule of its own says of whom
    rules: list[Callable[[Evidence], Iterator[str]]] = [
        _one_end, _true_ends, lambda e: _letters(e, allowed), lambda e: _refused(e, allowed),
        lambda e: too_close(e.posts, e.gap_s, e.jams), _one_in_flight, _order, _callbacks,
        lambda e: iter(e.ledger.clashes if not resend else ()), *obeyed.RULES,
    ]  # fmt: skip
    unexplained = [text for text in _doubled(evidence) if not resend or not _explained(evidence, text)]
    complaints = [f"{text}: {len(evidence.texts[text])} texts" for text in unexplained]
    for rule in rules:
        complaints += _few(list(rule(evidence)))
    doubts = evidence.doubts()
    settle_s = tuple(sorted(one.settled - one.granted for one in doubts if one.settled is not None))
    return Judgement(_figures(evidence, doubts, settle_s, len(unexplained)), settle_s, tuple(complaints))


def percentile(ordered: Sequence[float], share: float) -> float | None:
    """The value below which this share lies; None of nothing."""
    return round(ordered[min(int(len(ordered) * share), len(ordered) - 1)], 2) if ordered else None


def _figures(evidence: Evidence, doubts: list[Attempt], settle_s: tuple[float, ...], unexplained: int) -> Figures:
    ids = {row["request_id"] for row in evidence.requests.values()}
    vias = Counter(one.via for one in doubts)
    doubled, gap = len(_doubled(evidence)), smallest_gap(evidence.posts, evidence.jams)
    still = [one for one in doubts if one.via == "parked"]
    return Figures(
        requests=len(ids),
        repeats=len(evidence.requests) - len(ids),
        kills=sum(life.how == "kill" for life in evidence.lives),
        posts=len(evidence.posts),
        texts=len(evidence.handles),
        doubled=doubled,
        explained=doubled - unexplained,
        lost=len(evidence.waiting()),
        in_doubt=len(doubts),
        callback=vias["callback"],
        list=vias["list"],
        absence=vias["absence"],
        parked=len(still),
        parked_text_out=sum(one.request in evidence.texts for one in still),
        events=len(evidence.events),
        callbacks=sum(200 <= told.http < 300 for told in evidence.told if told.status != RECEIVED),
        two_lines=len(list(obeyed.one_line(evidence))),
        too_close=len(list(too_close(evidence.posts, evidence.gap_s, evidence.jams))),
        smallest_gap_s=None if gap is None else round(gap, 4),
        settle_p50_s=percentile(settle_s, 0.5),
        settle_p95_s=percentile(settle_s, 0.95),
        appended_again=sum(_behind(evidence, *pair) for pair in _disorder(evidence)),
        other_line=sum(_elsewhere(evidence, *pair) for pair in _disorder(evidence)),
        **obeyed.figures(evidence),
    )


def _few(complaints: list[str]) -> list[str]:
    more = len(complaints) - SHOWN
    return complaints[:SHOWN] + ([f"... and {more} more like it"] if more > 0 else [])


def _doubled(evidence: Evidence) -> list[str]:
    return [request for request, posts in evidence.texts.items() if len(posts) > 1]


def _explained(evidence: Evidence, request: str) -> bool:
    """Every text but the last came later after its INTENT than an effect may."""
    granted = {one.attempt: one.granted for one in evidence.ledger.attempts.values() if one.request == request}
    of_handle = {row["message_handle"]: row["attempt"] for row in evidence.events if row["attempt"]}
    late = [post for post in evidence.texts[request] if _age(post, of_handle, granted) > EFFECT_S]
    return len(late) >= len(evidence.texts[request]) - 1


def _age(post: Post, of_handle: dict[str, str], granted: dict[str, float]) -> float:
    return post.at - granted.get(of_handle.get(post.handle or "", ""), float("inf"))


def _one_end(evidence: Evidence) -> Iterator[str]:
    """Exactly one final disposition an origin; of the origins of one id, one that is no DUPLICATE."""
    for origin in evidence.waiting():
        yield f"{evidence.requests[origin]['request_id']} ({origin}): no end"
    firsts: Counter[str] = Counter()
    for origin, ends in evidence.ends.items():
        if len(ends) > 1:
            yield f"{origin}: {len(ends)} ends, {sorted(row['type'] for row in ends.values())}"
        if origin not in evidence.requests:
            yield f"{origin}: an end of a record that is not there"
        firsts[next(iter(ends.values()))["request_id"]] += any(row["type"] != "DUPLICATE" for row in ends.values())
    for request, count in firsts.items():
        if count > 1:
            yield f"{request}: {count} origins with an end of their own"


def _true_ends(evidence: Evidence) -> Iterator[str]:
    """A SUBMITTED names a text of this request that the simulator has; a text has its SUBMITTED, or is parked."""
    submitted = set()
    for ends in evidence.ends.values():
        for row in ends.values():
            if row["type"] == "SUBMITTED":
                submitted.add(row["request_id"])
                post = evidence.handles.get(row["message_handle"])
                if post is None or post.request != row["request_id"]:
                    yield f"{row['request_id']}: SUBMITTED without a text"
    held = {evidence.requests[origin]["request_id"] for origin in evidence.parked & evidence.requests.keys()}
    for request in evidence.texts.keys() - submitted - held:
        yield f"{request}: a text, and no SUBMITTED"


def _letters(evidence: Evidence, allowed: Collection[str]) -> Iterator[str]:
    """No dead letter that nobody provoked."""
    for entry in evidence.tapes.letters.entries:
        code = entry.headers.get("sendblue.error.code", "no code")
        if code not in allowed:
            yield f"dead letter {code}: {entry.headers.get('sendblue.origin', 'no origin')}"


def _refused(evidence: Evidence, allowed: Collection[str]) -> Iterator[str]:
    """No REJECTED, EXPIRED, CANCELLED or DROPPED that nobody provoked."""
    for row in evidence.events:
        if row["type"] in {"REJECTED", "EXPIRED", "CANCELLED", "DROPPED"} and row["code"] not in allowed:
            yield f"{row['request_id']}: {row['type']} {row['code']}"


def _one_in_flight(evidence: Evidence) -> Iterator[str]:
    """A contact has at most one POST in flight."""
    for post in evidence.posts:
        if post.others:
            yield f"{post.request}: {post.others} other POSTs to its contact in flight"


def _order(evidence: Evidence) -> Iterator[str]:
    """Requests of one contact and priority in one partition keep their order.

    What the router had to append again, since no broker had answered it in time, stands behind what came after it: that
    is counted apart.
    """
    for late, early in _disorder(evidence):
        if not _behind(evidence, late, early):
            yield f"{late} went out after {early}, which was produced later"


def _disorder(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Each request that went out after a later one.

    One that was DEFERRED gave its place up, and so does a contact that is moved: what waits on its old line hops.
    """
    deferred = {row["request_id"] for row in evidence.events if row["type"] == "DEFERRED"}
    place: dict[str, tuple[str, int]] = {}
    for origin, row in evidence.requests.items():
        partition, _, offset = origin.rpartition("/")
        lane = f"{partition} {row.get('priority') or 'NORMAL'}"
        place.setdefault(row["request_id"], (lane, int(offset)))
    last: dict[tuple[str, str], tuple[int, str]] = {}
    for post in evidence.posts:
        if post.handle is None or post.request not in place or post.request in deferred:
            continue
        if evidence.moved.get(post.request, post.at + 1) <= post.at:
            continue
        lane, at = place[post.request]
        key, here = (post.contact, lane), (at, post.request)
        if here < last.get(key, here):
            yield post.request, last[key][1]
        last[key] = max(last.get(key, here), here)


def _behind(evidence: Evidence, request: str, other: str) -> bool:
    """Whether the other one came before it to some line, if not to all: that line's turn was the other one's."""
    ours, theirs = evidence.lanes.get(request), evidence.lanes.get(other)
    return ours is not None and theirs is not None and any(at < ours.get(lane, at + 1) for lane, at in theirs.items())


def _elsewhere(evidence: Evidence, request: str, other: str) -> bool:
    """Whether the two were given to different lines at first: nobody had texted their contact yet."""
    ours, theirs = evidence.lanes.get(request), evidence.lanes.get(other)
    return ours is not None and theirs is not None and next(iter(ours)) != next(iter(theirs))


def _callbacks(evidence: Evidence) -> Iterator[str]:
    """A callback that was answered 2xx has its event; a reply is no callback."""
    known = {_status_key(row) for row in evidence.events if row["type"] == "STATUS"}
    for told in evidence.told:
        if told.status != RECEIVED and 200 <= told.http < 300 and (told.handle, told.status) not in known:
            yield f"callback {told.status} of {told.handle} was answered {told.http} and has no event"


def _status_key(row: Row) -> tuple[str, str]:
    return row["message_handle"], row["status"]
