"""What is known of each line: what Sendblue says of its state and of its new contacts, and how old that is.

Three answers (the account's lines, their state, their usage) are read about once a minute and kept with their age.
Beside them stand what a webhook said (*blocked*) and what an operator ordered (*retired*). Both are in the control
topic, so they hold in every replica, and after a restart.

The rules:

- **Unknown is as before.** What nobody said, what is older than STALE_S, what reads like nothing we know: it stops no
  line and no contact. Sendblue refuses over its cap, and does not count what it refuses.
- A line that is blocked, offline or degraded, paused or retired takes no new contacts. Of these only a blocked or
  offline one sends nothing at all: a degraded one still sends, and its own contacts go on.
- What a line has left for new contacts is what the last reading said, less the contacts that the ledger has shown to be
  new on the line since that reading was asked for. So replicas agree within a minute, without a word between them.
- Where an operator allows a line fewer (``core.own_limits``), the less of both is left, whether anybody answers or not.
- A block ends when Sendblue says of the line that it came online after it, or after a day: a webhook has no opposite.

What is ugly: a contact that the ledger has bound counts as known, and Sendblue forgets it after 30 quiet days; and
whatever else writes from the line (a person, another program) is seen only in the next reading.

Times are monotonic seconds, but for those of Sendblue: milliseconds since the epoch.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import NamedTuple, TypeVar

from connector.core.moving import Move, heir, moved_along

T = TypeVar("T")
STALE_S = 600.0
"""Older facts are no facts: ten readings have failed by then."""
BLOCKED_MS = 24 * 3_600_000
"""How long a block holds of which nobody says that it has ended."""


class Condition(StrEnum):
    """A line as Sendblue sees it; what it calls otherwise is UNKNOWN."""

    ONLINE = "online"
    DEGRADED = "degraded"
    OFFLINE = "offline"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"


STOPS = frozenset({Condition.OFFLINE, Condition.BLOCKED})
"""Nothing is sent from such a line."""
CLOSES = STOPS | {Condition.DEGRADED}
"""Such a line takes no new contacts."""


class Quota(NamedTuple):
    """New contacts of one window: how many Sendblue allows, has counted, and has left; None where it does not say.

    ``free_ms``: when there is room again, Sendblue's time.
    """

    limit: int | None = None
    used: int | None = None
    left: int | None = None
    free_ms: int | None = None


class Usage(NamedTuple):
    """New contacts of a line, in the rolling hour and in the day that ends at ``resets_ms``. ``paused``: takes none."""

    hour: Quota = Quota()
    day: Quota = Quota()
    resets_ms: int | None = None
    paused: bool = False


NO_USAGE = Usage()


class State(NamedTuple):
    """What ``lines/state`` says of a line; ``since_ms``: when it became so."""

    condition: Condition
    since_ms: int | None = None


class Told(NamedTuple):
    """One reading, by the lines' numbers; None for a part that brought no answer. ``firsts``: see ``LineFacts``."""

    listed: frozenset[str] | None
    states: Mapping[str, State] | None
    usage: Mapping[str, Usage] | None
    firsts: Mapping[str, int]


class Room(NamedTuple):
    """What a line has left for new contacts: within the hour and the day, None where nobody says.

    ``open``: nothing keeps new contacts from it.
    """

    open: bool = True
    hour: int | None = None
    day: int | None = None

    @property
    def left(self) -> int | None:
        """The less of both."""
        return min((left for left in (self.hour, self.day) if left is not None), default=None)


class Fact(NamedTuple):
    """A line for people: its condition, its windows, its room now, and the age of what Sendblue said in seconds."""

    condition: Condition
    usage: Usage
    room: Room
    retired: bool
    listed: bool | None
    age_s: float | None


class LineFacts:
    """``numbers``: E.164 -> alias. ``firsts``: how many contacts the ledger has bound first to an alias, ever rising.

    ``changed`` is called with the lines that may do more than before. ``own``: an alias's windows at this time (ms) by
    limits of ours. One owner.
    """

    def __init__(
        self,
        numbers: Mapping[str, str],
        firsts: Callable[[], Mapping[str, int]] = dict,
        changed: Callable[[frozenset[str]], None] = lambda _: None,
        own: Callable[[str, int], Usage] = lambda _, __: NO_USAGE,
    ) -> None:
        self._own = own
        self._numbers, self._firsts, self._changed = dict(numbers), firsts, changed
        self._number_of = {alias: number for number, alias in numbers.items()}
        self._listed: tuple[float, frozenset[str]] | None = None
        self._states: tuple[float, dict[str, State]] = (float("-inf"), {})
        self._usage: tuple[float, dict[str, Usage]] = (float("-inf"), {})
        self._counted: Mapping[str, int] = {}
        self._heard: dict[str, int] = {}
        self._ended: dict[str, int] = {}
        self._moves: Mapping[str, Move] = {}
        self._blocks: Mapping[str, int] = {}

    @property
    def aliases(self) -> tuple[str, ...]:
        """All lines, in the order of the settings."""
        return tuple(self._numbers.values())

    def told(self, told: Told, now: float, now_ms: int) -> None:
        """Take a reading; a part without an answer leaves what was known, which grows older."""
        before = {alias: (self.stopped(alias, now, now_ms), self.room(alias, now, now_ms)) for alias in self.aliases}
        if told.listed is not None:
            self._listed = now, told.listed
        if told.states is not None:
            self._states = now, self._by_alias(told.states)
        if told.usage is not None:
            self._usage, self._counted = (now, self._by_alias(told.usage)), dict(told.firsts)
        for alias in self.aliases:
            if (since_ms := self._blocked_ms(alias)) is not None and self._over(alias, since_ms, now_ms):
                self._ended[alias] = since_ms
        if more := frozenset(alias for alias, was in before.items() if self._more(alias, *was, now, now_ms)):
            self._changed(more)

    def blocked(self, number: str, at_ms: int) -> str | None:
        """A webhook says that the line is blocked; return its alias. A number that is not ours changes nothing."""
        if (alias := self._numbers.get(number)) is not None:
            self._heard[alias] = max(at_ms, self._heard.get(alias, 0))
        return alias

    def obey(self, moves: Mapping[str, Move], blocks: Mapping[str, int] | None = None) -> None:
        """Follow what operators order of lines, and when webhooks told any replica of a block, as it changes in
        place."""
        self._moves, self._blocks = moves, {} if blocks is None else blocks

    def condition(self, alias: str, now: float, now_ms: int) -> Condition:
        """How the line stands; UNKNOWN where nobody has said it lately."""
        blocked_ms = self._blocked_ms(alias)
        if blocked_ms is not None and now_ms - blocked_ms <= BLOCKED_MS:
            return Condition.BLOCKED
        at, states = self._states
        state = states.get(alias) if now - at <= STALE_S else None
        return state.condition if state else Condition.UNKNOWN

    def troubled(self, alias: str) -> bool:
        """Whether anything was ever said against the line that is not over, however old."""
        state = self._states[1].get(alias)
        return self._blocked_ms(alias) is not None or (state is not None and state.condition in CLOSES)

    def stopped(self, alias: str, now: float, now_ms: int) -> bool:
        """Whether nothing can be sent from the line: its contacts wait."""
        return self.condition(alias, now, now_ms) in STOPS

    def room(self, alias: str, now: float, now_ms: int) -> Room:
        """What the line has left for new contacts."""
        usage = self.usage(alias, now, now_ms)
        open_ = not self._retired(alias) and not usage.paused and self.condition(alias, now, now_ms) not in CLOSES
        return Room(open_, usage.hour.left, usage.day.left)

    def usage(self, alias: str, now: float, now_ms: int) -> Usage:
        """The line's windows now: as the last reading said, unless it is too old, or as we allow; the less of both."""
        at, told = self._usage
        said, own = told.get(alias, NO_USAGE) if now - at <= STALE_S else NO_USAGE, self._own(alias, now_ms)
        taken = self._taken(alias)
        hour, day = stricter(_less(said.hour, taken), own.hour), stricter(_less(said.day, taken), own.day)
        return Usage(hour, day, said.resets_ms or own.resets_ms, said.paused)

    def fact(self, alias: str, now: float, now_ms: int) -> Fact:
        """All of a line, to be shown."""
        oldest = min((at for at in (self._states[0], self._usage[0]) if at > float("-inf")), default=None)
        number = self._number_of.get(alias, "")
        return Fact(
            self.condition(alias, now, now_ms),
            self.usage(alias, now, now_ms),
            self.room(alias, now, now_ms),
            self._retired(alias),
            None if self._listed is None else number in self._listed[1],
            None if oldest is None else now - oldest,
        )

    def moved_along(self, alias: str) -> frozenset[str]:
        """All lines that contacts of this one may have got to, as operators moved them."""
        return moved_along(self._moves, alias)

    def heir(self, alias: str) -> str | None:
        """The line of ours that takes the new contacts of this one, which is retired; None where there is none."""
        to = heir(self._moves, alias)
        return to if to in self._number_of else None

    def followed(self, number: str | None, alias: str) -> frozenset[str]:
        """Where a request may follow its contact from this line: along moves, and to the line whose number it names."""
        named = self._numbers.get(number or "", alias)
        return self.moved_along(alias) | self.moved_along(named) | {named}

    def _retired(self, alias: str) -> bool:
        move = self._moves.get(alias)
        return move is not None and move.retired

    def _by_alias(self, told: Mapping[str, T]) -> dict[str, T]:
        return {self._numbers[number]: value for number, value in told.items() if number in self._numbers}

    def _taken(self, alias: str) -> int:
        """New contacts since the last reading was asked for."""
        return max(self._firsts().get(alias, 0) - self._counted.get(alias, 0), 0)

    def _blocked_ms(self, alias: str) -> int | None:
        """When the line's last block began, None if it is known to be over."""
        since_ms = max(self._heard.get(alias, 0), self._blocks.get(alias, 0))
        return since_ms if since_ms > self._ended.get(alias, 0) else None

    def _over(self, alias: str, since_ms: int, now_ms: int) -> bool:
        state = self._states[1].get(alias)
        came_back = state is not None and state.condition is Condition.ONLINE and (state.since_ms or 0) > since_ms
        return came_back or now_ms - since_ms > BLOCKED_MS

    def _more(self, alias: str, stopped: bool, room: Room, now: float, now_ms: int) -> bool:
        """Whether the line may do more than it could."""
        after = self.room(alias, now, now_ms)
        opened = after.open and not room.open
        return opened or (stopped and not self.stopped(alias, now, now_ms)) or (_none(room) and not _none(after))


def shown_fact(fact: Fact) -> dict[str, object]:
    """A line as /statusz and the command show it, None for what nobody says."""
    shown: dict[str, object] = {"state": str(fact.condition), "takes_new_contacts": fact.room.open}
    for window, quota, left in (("hour", fact.usage.hour, fact.room.hour), ("day", fact.usage.day, fact.room.day)):
        shown |= {f"{window}_limit": quota.limit, f"{window}_used": quota.used, f"{window}_left": left}
    return shown | {"retired": fact.retired, "on_account": fact.listed, "age_s": fact.age_s}


def stricter(one: Quota, other: Quota) -> Quota:
    """The one that leaves less; of two that are used up the one that lasts longer."""
    known = [quota for quota in (one, other) if quota.left is not None]
    return min(known, key=lambda quota: (quota.left or 0, -(quota.free_ms or 0)), default=one)


def _less(quota: Quota, taken: int) -> Quota:
    return quota if quota.left is None else quota._replace(left=max(quota.left - taken, 0))


def _none(room: Room) -> bool:
    return room.left is not None and room.left <= 0
