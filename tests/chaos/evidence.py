"""What is known of a trial from outside: topics, the simulator's record, the replicas' fates; and plain facts of it.

The ledger is folded here once more, by rules written down a second time and as plainly as they can be said: the first
INTENT of a request that is free opens it; an OUTCOME or a PARK settles it.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

from tests.chaos.fleet import Life
from tests.chaos.ordered import Heard, Out, Pause, Spoken, heard_of, outs_of, pauses_of
from tests.chaos.tapes import Row, Tapes

Jams: TypeAlias = Sequence[tuple[float, float]]
"""Of what was held up between replicas and Sendblue: from when to when."""


class Post(NamedTuple):
    """One POST the simulator saw. ``at``: its arrival, seconds since the epoch. ``n``: its place among all."""

    n: int
    at: float
    line: str
    contact: str
    request: str
    others: int
    handle: str | None
    fault: str


class Told(NamedTuple):
    """A callback that was answered."""

    handle: str
    status: str
    http: int


@dataclass
class Attempt:
    """A granted attempt. ``settled``: when; ``via``: whose word it was, ``parked`` for a PARK; ``word``: the result.

    ``place``: of its INTENT among the ledger's records.
    """

    attempt: str
    request: str
    owner: str
    granted: float
    settled: float | None = None
    via: str = ""
    word: str = ""
    detail: str = ""
    line: str = ""
    contact: bytes = b""
    place: int = 0


class Rebound(NamedTuple):
    """A contact was moved to this line."""

    place: int
    at: float
    contact: bytes
    line: str


@dataclass
class Folded:
    """The ledger as this module understands it. ``clashes``: what its rules forbid."""

    attempts: dict[str, Attempt] = field(default_factory=dict)
    clashes: list[str] = field(default_factory=list)
    rebinds: list[Rebound] = field(default_factory=list)


class Evidence:
    """All of one trial. ``spoken``: who was taken out, or in again; ``aliases``: of our lines, by number."""

    def __init__(
        self,
        tapes: Tapes,
        posts: Sequence[Post],
        told: Sequence[Told],
        lives: Sequence[Life],
        gap_s: float,
        jams: Jams,
        spoken: Sequence[Spoken] = (),
        aliases: Mapping[str, str] | None = None,
    ) -> None:
        self.tapes, self.posts, self.told, self.lives = tapes, posts, told, lives
        self.gap_s, self.jams, self.spoken, self.aliases = gap_s, jams, spoken, aliases or {}

    @cached_property
    def requests(self) -> dict[str, Row]:
        """The records of the requests topic by origin, in their order within a partition."""
        topic = self.tapes.requests
        return {f"{topic.topic}/{e.partition}/{e.offset}": e.row for e in topic.entries if e.row is not None}

    @cached_property
    def ends(self) -> dict[str, dict[str, Row]]:
        """The final events of each origin by event id."""
        ends: dict[str, dict[str, Row]] = defaultdict(dict)
        for row in self.events:
            if row["final"]:
                ends[row["request_origin"]][row["event_id"]] = row
        return ends

    @cached_property
    def events(self) -> list[Row]:
        """All events."""
        return [entry.row for entry in self.tapes.events.entries if entry.row is not None]

    @cached_property
    def parked(self) -> set[str]:
        """Origins with a PARKED event."""
        return {row["request_origin"] for row in self.events if row["type"] == "PARKED"}

    @cached_property
    def texts(self) -> dict[str, list[Post]]:
        """Accepted POSTs by request."""
        texts: dict[str, list[Post]] = defaultdict(list)
        for post in self.posts:
            if post.handle is not None:
                texts[post.request].append(post)
        return texts

    @cached_property
    def handles(self) -> dict[str, Post]:
        """Accepted POSTs by handle."""
        return {post.handle: post for post in self.posts if post.handle is not None}

    @cached_property
    def ledger(self) -> Folded:
        """The ledger, folded."""
        return fold((entry.at, entry.row) for entry in self.tapes.ledger.entries if entry.row is not None)

    @cached_property
    def owners(self) -> dict[str, Life]:
        """Incarnations by the name they have in the ledger."""
        return {life.owner: life for life in self.lives if life.owner}

    @cached_property
    def tags(self) -> dict[str, dict[str, str]]:
        """Of each request that has any."""
        return {row["request_id"]: row["tags"] for row in self.requests.values() if row.get("tags")}

    @cached_property
    def lanes(self) -> dict[str, dict[int, int]]:
        """Where each request stood in the dispatch topic: its first place in each partition, in the order of time."""
        lanes: dict[str, dict[int, int]] = defaultdict(dict)
        for entry in sorted(self.tapes.dispatch.entries, key=lambda entry: entry.at):
            origin = entry.row["origin"] if entry.row is not None else {}
            row = self.requests.get("/".join(str(origin.get(name)) for name in ("topic", "partition", "offset")))
            if row is not None:
                lanes[row["request_id"]].setdefault(entry.partition, entry.offset)
        return lanes

    @cached_property
    def pauses(self) -> list[Pause]:
        """What was paused."""
        return pauses_of(self.tapes.control.entries)

    @cached_property
    def outs(self) -> dict[bytes, list[Out]]:
        """Who was out, by contact."""
        return outs_of(self.tapes.optouts.entries)

    @cached_property
    def rebinds(self) -> dict[bytes, list[Rebound]]:
        """Moves by contact, in their order."""
        rebinds: dict[bytes, list[Rebound]] = defaultdict(list)
        for one in self.ledger.rebinds:
            rebinds[one.contact].append(one)
        return rebinds

    @cached_property
    def moved(self) -> dict[str, float]:
        """When the contact of a request was moved for the first time, for those that were."""
        attempts = self.ledger.attempts.values()
        return {one.request: self.rebinds[one.contact][0].at for one in attempts if one.contact in self.rebinds}

    @cached_property
    def heard(self) -> dict[str, Heard]:
        """What each incarnation knew, by its name in the ledger."""
        return {owner: heard_of(life.log) for owner, life in self.owners.items()}

    def waiting(self) -> set[str]:
        """Origins without an end: neither final nor parked, nor a repeat of a parked request."""
        held = {self.requests[origin]["request_id"] for origin in self.parked if origin in self.requests}
        return {
            origin
            for origin, row in self.requests.items()
            if origin not in self.ends and origin not in self.parked and row["request_id"] not in held
        }

    def doubts(self) -> list[Attempt]:
        """Attempts that were in doubt: the word was not their sender's, and its sender could not have said it."""
        return [one for one in self.ledger.attempts.values() if one.via not in OWN and self._was_in_doubt(one)]

    def _was_in_doubt(self, one: Attempt) -> bool:
        """A callback may overtake a reply; that is no doubt."""
        post, life = self.handles.get(one.detail), self.owners.get(one.owner)
        if one.via != "callback" or one.settled is None or life is None:
            return True
        ended = life.ended is not None and life.ended <= one.settled
        frozen = any(one.granted <= end and begin <= one.settled for begin, end in life.frozen)
        return ended or frozen or post is None or bool(post.fault) or one.settled - one.granted > RACE_S


OWN = frozenset({"sender", "abandoned"})
RACE_S = 2.0
"""Within this a callback of an attempt without a fault is taken to have overtaken the reply."""


def fold(records: Any) -> Folded:
    """Fold the ledger's rows."""
    folded = Folded()
    state: dict[str, tuple[str, str]] = {}
    for place, (at, row) in enumerate(records):
        request, kind, attempt = row["request_id"], row["kind"], row["attempt"]
        was, of = state.get(request, ("free", ""))
        if kind == "INTENT" and was == "free":
            where = {"line": row["line"], "contact": row["contact"], "place": place}
            folded.attempts[attempt] = Attempt(attempt, request, row["owner"], at, **where)
            state[request] = "open", attempt
        elif kind == "REBIND":
            folded.rebinds.append(Rebound(place, at, row["contact"], row["line"]))
        elif kind == "OUTCOME":
            _outcome(folded, state, at, row)
        elif kind == "PARK" and (was, of) == ("open", attempt):
            _settle(folded, attempt, at, "parked", "PARK", "")
            state[request] = "parked", attempt
        elif kind in {"CLOSE", "RESOLVE"} and was in {"free", "parked"}:
            state[request] = "closed", ""
    return folded


def _outcome(folded: Folded, state: dict[str, tuple[str, str]], at: float, row: Row) -> None:
    request, attempt, word = row["request_id"], row["attempt"], row["word"]
    was, of = state.get(request, ("free", ""))
    if word == "SUBMITTED":
        if was == "submitted" and of != attempt:
            folded.clashes.append(f"{request}: submitted twice, by {of} and {attempt}")
        if was in {"free", "closed"} and attempt in folded.attempts:
            folded.clashes.append(f"{request}: submitted by {attempt}, which was proved unsent")
        if was != "submitted":
            state[request] = "submitted", attempt
        _settle(folded, attempt, at, row["via"], word, row["detail"])
    elif of == attempt and was in {"open", "parked"}:
        state[request] = ("free", "") if word == "UNSENT" and was == "open" else (was, of)
        if word == "REJECTED":
            state[request] = "closed", ""
        _settle(folded, attempt, at, row["via"], word, row["detail"])


def _settle(folded: Folded, attempt: str, at: float, via: str, word: str, detail: str) -> None:
    """The first word counts, but a proof after a PARK settles it."""
    one = folded.attempts.get(attempt)
    if one is not None and (one.settled is None or (one.word == "PARK" and word == "SUBMITTED")):
        one.settled, one.via, one.word, one.detail = at, via, word, detail


def posts_of(path: Path) -> list[Post]:
    """The simulator's record, in the order in which the POSTs arrived."""
    rows = _rows(path)
    posts = (
        Post(
            row["n"], row["at"], row.get("line", ""), row.get("contact", ""), row.get("request", ""),
            row.get("others", 0), None if row.get("declined") else row.get("handle"), row.get("fault", ""),
        )
        for row in rows
    )  # fmt: skip
    return sorted(posts)


def told_of(path: Path) -> list[Told]:
    """The answers of callbacks."""
    return [Told(row["handle"], row["status"], row["http"]) for row in _rows(path)]


def _rows(path: Path) -> list[dict[str, Any]]:
    """The whole lines of a file that another process is writing."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
