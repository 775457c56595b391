"""What operators and contacts have said, as the topics tell it; and what each replica knew of it, as its log tells it.

Control and opt-outs are read here once more, by rules written down a second time: a pause holds until its end, until
somebody resumes, or until another one of the same key takes its place; a contact is out while the newest word under one
of its two keys says so.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from tests.chaos.tapes import Entry, Row

PAUSE = b"pause/"
CONTACT_BYTES = 8
NEVER = float("inf")


class Spoken(NamedTuple):
    """Somebody took a contact out, or in again. ``at``: before they began; ``handle``: of a text, "" for a command."""

    number: str
    out: bool
    at: float
    handle: str = ""


class Pause(NamedTuple):
    """One pause; ``end``: when it was over. Everything is paused where neither line nor tag is named."""

    line: str | None
    tag: tuple[str, str] | None
    reason: str
    at: float
    end: float

    def means(self, line: str, tags: Mapping[str, str]) -> bool:
        """Whether it holds a request on this line, with these tags."""
        if self.line is not None:
            return self.line == line
        return self.tag is None or tags.get(self.tag[0]) == self.tag[1]


class Out(NamedTuple):
    """From when to when a contact was out."""

    at: float
    until: float


class Heard(NamedTuple):
    """Of a replica's log: when it was ready, and when it heard each pause, by the pause's reason."""

    ready: float
    pauses: Mapping[str, float]


def pauses_of(entries: Iterable[Entry]) -> list[Pause]:
    """All pauses of the control topic."""
    pauses: list[Pause] = []
    last: dict[bytes, int] = {}
    for entry in entries:
        if not entry.key.startswith(PAUSE) or entry.row is None:
            continue
        row = entry.row
        if (place := last.get(entry.key)) is not None:
            over = entry.at if row["resumed_at"] is None else row["resumed_at"].timestamp()
            pauses[place] = pauses[place]._replace(end=min(pauses[place].end, over))
        if row["resumed_at"] is None:
            last[entry.key] = len(pauses)
            pauses.append(_pause(row, entry.at))
    return pauses


def _pause(row: Row, at: float) -> Pause:
    tag = None if row["tag"] is None else (row["tag"], row["tag_value"])
    end = NEVER if row["until"] is None else row["until"].timestamp()
    return Pause(row["line"], tag, row["reason"], at, end)


def outs_of(entries: Iterable[Entry]) -> dict[bytes, list[Out]]:
    """When each contact of the optouts topic was out."""
    words: dict[bytes, tuple[datetime, bool]] = {}
    outs: dict[bytes, list[Out]] = defaultdict(list)
    for entry in entries:
        if entry.row is None:
            continue
        word = entry.row["since"], entry.row["opted_out"]
        words[entry.key] = max(words.get(entry.key, word), word)
        contact = entry.key[:CONTACT_BYTES]
        out = any(words[key][1] for key in (contact, contact + b"o") if key in words)
        was = bool(outs[contact]) and outs[contact][-1].until == NEVER
        if out and not was:
            outs[contact].append(Out(entry.at, NEVER))
        elif was and not out:
            outs[contact][-1] = outs[contact][-1]._replace(until=entry.at)
    return outs


def heard_of(log: Path) -> Heard:
    """What a replica has said of itself."""
    ready, pauses = NEVER, dict[str, float]()
    for line in log.read_text(errors="replace").splitlines():
        if '"connector.ready"' in line:
            ready = _at(json.loads(line))
        elif '"pause.ordered"' in line and (told := json.loads(line))["to"] == "paused":
            pauses.setdefault(told["reason"], _at(told))
    return Heard(ready, pauses)


def _at(told: Row) -> float:
    return datetime.fromisoformat(told["timestamp"]).timestamp()
