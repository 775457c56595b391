"""What operators have paused: a line, all requests with a tag, or everything.

A pause holds back what is not sent yet: there is no INTENT, and a grant that is not written yet is given up as UNSENT.
Nothing is dropped by it: what waits goes on when no pause holds it any more, or has its end when its own time is over.

A pause is over at its end, if it was given one, or when somebody resumes. Its record then stays for a month, with who
paused, who resumed, and why: the compacted topic is the audit. What is ugly: the end is a time of the wall clock, so
replicas whose clocks differ go on so much apart.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple, TypeAlias

KEPT_MS = 31 * 24 * 3_600_000
"""How long a pause that is over stays in the topic: "who stopped us last month?" has an answer."""

GIVEN_WAY = "another pause took its place"


class OfLine(NamedTuple):
    """Everything on this line, by its alias."""

    alias: str


class OfTag(NamedTuple):
    """Every request with this tag, whenever it was made."""

    name: str
    value: str


class OfAll(NamedTuple):
    """Everything: the kill switch."""


Scope: TypeAlias = OfLine | OfTag | OfAll


class Said(NamedTuple):
    """Who said so, why, and when (ms since the epoch)."""

    operator: str
    reason: str
    at_ms: int


class Pause(NamedTuple):
    """One pause. ``until_ms``: when it ends by itself, None for never. ``resumed``: who has ended it."""

    scope: Scope
    paused: Said
    until_ms: int | None = None
    resumed: Said | None = None

    @property
    def over_ms(self) -> float:
        """When it was over or will be; infinity when nobody knows."""
        until = math.inf if self.until_ms is None else self.until_ms
        return until if self.resumed is None else min(until, self.resumed.at_ms)

    def left_s(self, now_ms: int) -> float:
        """For how many seconds it holds on: 0.0 when it is over, infinity without an end."""
        return 0.0 if self.resumed is not None else max(self.over_ms - now_ms, 0.0) / 1000


def given_way(before: Pause, to: Pause) -> Pause:
    """The pause as the audit keeps it, when another one of its scope takes its place: ended by that, at the latest."""
    if not before.left_s(to.paused.at_ms):
        return before
    return before._replace(resumed=Said(to.paused.operator, GIVEN_WAY, to.paused.at_ms))


class Pauses:
    """The newest pause of each scope; those that somebody has ended too, until they are dropped."""

    def __init__(self) -> None:
        self._lines: dict[str, Pause] = {}
        self._tags: dict[tuple[str, str], Pause] = {}
        self._all: Pause | None = None

    def __iter__(self) -> Iterator[Pause]:
        everything = () if self._all is None else (self._all,)
        return iter((*everything, *self._lines.values(), *self._tags.values()))

    def put(self, pause: Pause) -> None:
        """Take the newest pause of its scope."""
        match pause.scope:
            case OfLine(alias):
                self._lines[alias] = pause
            case OfTag(name, value):
                self._tags[name, value] = pause
            case OfAll():
                self._all = pause

    def drop(self, scope: Scope) -> None:
        """Forget the pause of this scope."""
        match scope:
            case OfLine(alias):
                self._lines.pop(alias, None)
            case OfTag(name, value):
                self._tags.pop((name, value), None)
            case OfAll():
                self._all = None

    @property
    def of_lines(self) -> bool:
        """Whether there is any that could hold a line: a turn asks this first, and reads no clock for it."""
        return self._all is not None or bool(self._lines)

    def line_s(self, alias: str, now_ms: int) -> float:
        """For how many seconds this line stands still by order, its own or that for everything."""
        return _longest((self._all, self._lines.get(alias)), now_ms)

    def of_line(self, alias: str, now_ms: int) -> tuple[Pause, ...]:
        """Return the pauses that hold this line now, that for everything first."""
        both = self._all, self._lines.get(alias)
        return tuple(pause for pause in both if pause is not None and pause.left_s(now_ms) > 0)

    def tags_s(self, tags: Mapping[str, str], now_ms: int) -> float:
        """For how many seconds requests with these tags are held."""
        return _longest(map(self._tags.get, tags.items()), now_ms) if self._tags else 0.0

    def holding(self, now_ms: int) -> tuple[Pause, ...]:
        """Return the pauses that hold now, the widest first."""
        return tuple(pause for pause in self if pause.left_s(now_ms) > 0)


def _longest(pauses: Iterable[Pause | None], now_ms: int) -> float:
    return max((pause.left_s(now_ms) for pause in pauses if pause is not None), default=0.0)


def name_of(scope: Scope) -> str:
    """A scope in words: ``line a``, ``tag campaign=spring``, ``everything``."""
    match scope:
        case OfLine(alias):
            return f"line {alias}"
        case OfTag(name, value):
            return f"tag {name}={value}"
        case OfAll():
            return "everything"
