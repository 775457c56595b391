"""Whether replicas obeyed what operators and contacts said: pauses, opt-outs, moves of contacts to another line.

Each POST is judged by its own attempt: when it began to arrive, what its sender knew then, where its INTENT stands in
the ledger. A pause holds for a replica as soon as its log says that it has heard of it. An opt-out tells no such
thing, and a pause of before a start neither; those hold after GRACE_S, the time that a busy machine may need for what
takes two seconds. Who was frozen meanwhile has the same time from its thaw on. What was granted already goes on only
as far as the last look, which looks at both.

A REBIND needs no grace: whoever holds a grant has read all that stands before it, so a contact's line follows from
places in the ledger alone.
"""

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from tests.chaos.evidence import Attempt, Evidence, Post
from tests.chaos.ordered import Pause
from tests.chaos.pace import begun, ends_of

OPTED_OUT = "OPTED_OUT"
GIVEN_BACK = frozenset({"PAUSED", OPTED_OUT, "WRONG_LINE"})
"""Why a granted attempt is given up: of what an operator or a contact has said."""
SLACK_S = 1.0
"""From the last look of a call to its arrival."""
GRACE_S = 20.0


class Write(NamedTuple):
    """A POST, when it began to arrive, and the attempt that it is of."""

    post: Post
    at: float
    attempt: Attempt


def writes(evidence: Evidence) -> Iterator[Write]:
    """Every POST whose attempt is known: by its handle, else the last one granted before it."""
    by_request, ends = defaultdict[str, list[Attempt]](list), ends_of(evidence.jams)
    for one in evidence.ledger.attempts.values():
        by_request[one.request].append(one)
    for post in evidence.posts:
        at, known = begun(post.at, ends), by_request[post.request]
        found = [one for one in known if post.handle and one.detail == post.handle]
        found = found or [one for one in known if one.granted <= at]
        if found:
            yield Write(post, at, found[-1])


def paused(evidence: Evidence) -> Iterator[str]:
    """No POST while a pause holds that its sender knows of."""
    for write in writes(evidence) if evidence.pauses else ():
        tags = evidence.tags.get(write.post.request, {})
        for pause in evidence.pauses:
            if pause.means(write.attempt.line, tags) and _in_force(evidence, write, pause) < write.at < pause.end:
                yield f"{write.post.request}: a POST {write.at - pause.at:.1f} s into {pause.reason}"


def _in_force(evidence: Evidence, write: Write, pause: Pause) -> float:
    heard = evidence.heard.get(write.attempt.owner)
    told = heard.pauses.get(pause.reason) if heard is not None else None
    return min(_known(evidence, write, pause.at), pause.end if told is None else told + SLACK_S)


def _known(evidence: Evidence, write: Write, at: float) -> float:
    """When its sender must have known what was said at this time."""
    owner = write.attempt.owner
    life, heard = evidence.owners.get(owner), evidence.heard.get(owner)
    thawed = [end for _, end in life.frozen if end > at] if life is not None else []
    return max(at, *thawed, heard.ready if heard is not None else at) + GRACE_S


def deaf(evidence: Evidence) -> Iterator[str]:
    """Every replica that was there hears of every pause."""
    last = max((entry.at for entry in evidence.tapes.events.entries), default=0.0)
    for owner, life in evidence.owners.items():
        heard, gone = evidence.heard[owner], last if life.ended is None else life.ended
        for pause in evidence.pauses:
            there = heard.ready + SLACK_S < pause.at < gone - GRACE_S
            frozen = any(end > pause.at and begin < pause.at + GRACE_S for begin, end in life.frozen)
            if there and not frozen and pause.reason not in heard.pauses:
                yield f"{life.name} ({owner}) has not heard of {pause.reason}"


def opted_out(evidence: Evidence) -> Iterator[str]:
    """No POST to a contact who is out."""
    for write in writes(evidence) if evidence.outs else ():
        for out in evidence.outs.get(write.attempt.contact, ()):
            if _known(evidence, write, out.at) < write.at < out.until:
                yield f"{write.post.request}: a POST {write.at - out.at:.1f} s after its contact opted out"


def one_line(evidence: Evidence) -> Iterator[str]:
    """A contact hears from one line, and from another one only if a REBIND says so, from its place in the ledger on."""
    lines: dict[tuple[str, int], set[str]] = defaultdict(set)
    names: dict[tuple[str, int], str] = {}
    for write in writes(evidence):
        if write.post.handle is not None:
            before = [one for one in evidence.rebinds[write.attempt.contact] if one.place < write.attempt.place]
            key = write.post.contact, len(before)
            lines[key].add(evidence.aliases.get(write.post.line, write.post.line))
            names[key] = before[-1].line if before else ""
    for key, of in lines.items():
        if names[key] and of != {names[key]}:
            yield f"contact {key[0]}: texts from {', '.join(sorted(of))} after it was moved to {names[key]}"
        elif len(of) > 1:
            yield f"contact {key[0]}: {len(of)} lines, and no REBIND between"


def both_lines(evidence: Evidence) -> int:
    """Contacts who heard from more than one line."""
    lines: dict[str, set[str]] = defaultdict(set)
    for post in evidence.handles.values():
        lines[post.contact].add(post.line)
    return sum(len(of) > 1 for of in lines.values())


def refused(evidence: Evidence) -> Iterator[str]:
    """OPTED_OUT is the end only of what is for a contact of whom somebody had said so."""
    first: dict[str, float] = {}
    for said in evidence.spoken:
        if said.out:
            first[said.number] = min(said.at, first.get(said.number, said.at))
    for at, row in turned_away(evidence):
        number = evidence.requests.get(row["request_origin"], {}).get("number", "")
        if at < first.get(number, float("inf")):
            yield f"{row['request_id']}: {row['type']} {OPTED_OUT}, and nobody had said so"


def turned_away(evidence: Evidence) -> list[tuple[float, dict[str, str]]]:
    """Ends with this code, and when they were told."""
    entries = evidence.tapes.events.entries
    return [(e.at, e.row) for e in entries if e.row is not None and e.row["final"] and e.row["code"] == OPTED_OUT]


def heeded(evidence: Evidence) -> Iterator[str]:
    """A STOP that was answered 2xx stands in the optouts topic, and its event was told."""
    answered = {told.handle for told in evidence.told if 200 <= told.http < 300}
    told = {row["number"] for row in evidence.events if row["type"] == "OPT_OUT"}
    for said in evidence.spoken:
        if said.out and said.handle in answered and said.number not in told:
            yield f"a STOP was answered 2xx and has no event: text {said.handle}"


def figures(evidence: Evidence) -> dict[str, int]:
    """What was said, and what was refused because of it."""
    attempts = evidence.ledger.attempts.values()
    return {
        "pauses": len(evidence.pauses),
        "moves": len(evidence.ledger.rebinds),
        "both_lines": both_lines(evidence),
        "opt_outs": len(evidence.outs),
        "turned_away": len(turned_away(evidence)),
        "given_back": sum(one.word == "UNSENT" and one.detail in GIVEN_BACK for one in attempts),
    }


RULES = (paused, deaf, opted_out, one_line, refused, heeded)
