"""What each line has room for: Sendblue's count of new contacts, the lines' conditions, and what a process was told.

In a *capped* world, while its faults last, Sendblue refuses whoever is new on a line whose window is full, by the hour
(here a minute and a half) or by the day, and lines go offline, or are degraded. Processes read of that now and then.

The rules (invariant 28), by what a process has read and been told: nothing is proposed on a line that is offline or
blocked, and no new contact where there is no room or a line is degraded; and of new contacts only the first is refused
within the window that this refusal names. No page says that a group is counted as a new contact, so it is none; what
was refused within a window is counted in it, be it a group or known to the ledger, and is not refused there again.
"""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, cast

from connector.core.calls import Answer
from connector.core.line_facts import BLOCKED_MS, CLOSES, STALE_S, STOPS, Condition, Quota, State, Usage
from connector.core.records import Intent
from connector.roles.line_watch import LineWatch, Pause
from tests.simulation.messages import NUMBERS, Text, ms_of
from tests.simulation.plan import LINES

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

BLOCKED = b"blocked/"
WINDOW_S, EVERY_S, HOURLY_S = 90.0, 15.0, 240.0
FULL = {
    "hour": Answer(status=400, body={"error_key": "LINE_HOURLY_LIMIT_REACHED", "error_code": 429}, is_json=True),
    "day": Answer(status=400, body={"error_key": "LINE_DAILY_LIMIT_REACHED", "error_code": 429}, is_json=True),
}
ONLINE = State(Condition.ONLINE, 0)


class Told:
    """What one process was told: the lines' states, what they had left and how far the ledger was read then, and when.

    What was not answered leaves what was known before.
    """

    def __init__(self) -> None:
        self.position, self.states_at, self.left_at = 0, float("-inf"), float("-inf")
        self.states: Mapping[str, State] = {}
        self.left: Mapping[str, int | None] = {}
        self.heard: dict[str, int] = {}
        self.ended: dict[str, int] = {}

    def hears(self, line: str, at_ms: int) -> None:
        """A webhook has told that the line is blocked since then."""
        self.heard[line] = max(at_ms, self.heard.get(line, 0))

    def ends(self, blocks: Mapping[str, int]) -> None:
        """A line that came online after its block is not blocked any more."""
        for line, at_ms in blocks.items():
            state = self.states.get(line)
            if state is not None and state.condition is Condition.ONLINE and (state.since_ms or 0) > at_ms:
                self.ended[line] = at_ms


class Full(NamedTuple):
    """A window that a holder knows to be full since a refusal that it read; ``refused``: whom it refused so far."""

    since: float = 0.0
    until: float = 0.0
    refused: frozenset[bytes] = frozenset()

    def again(self, contact: bytes, now: float, until: float) -> "Full":
        """After one more refusal: of a text that was under way within the window, or the first of another one."""
        before = self if now < self.until else Full(now)
        return Full(before.since, max(before.until, until), before.refused | {contact})


class Rooms:
    """Sendblue's side of one world, and its judge."""

    def __init__(self, world: "World") -> None:
        self.world, self._plan = world, world.plan
        self.states = dict.fromkeys(LINES, ONLINE)
        self._new: dict[str, list[float]] = {line: [] for line in LINES}
        self._known: set[tuple[str, bytes]] = set()
        self.told: dict[Process, Told] = defaultdict(Told)
        self._full: dict[tuple[object, str], Full] = defaultdict(Full)
        self._asked: dict[str, object] = {}

    @property
    def _capped(self) -> bool:
        return bool(self._plan.hourly) and not self._plan.calm and self.world.scheduler.now < self._plan.faults_s

    def _used(self, line: str, since: float) -> int:
        return sum(at > since for at in self._new[line])

    def full(self, text: Text) -> Answer | None:
        """Sendblue's refusal of a text to a new contact, None where there is room."""
        now, line = self.world.scheduler.now, text.dispatch.line
        if not self._capped or (line, text.contact) in self._known or text.dispatch.request.is_group:
            return None
        if line == self._plan.spent:
            return self._refuses(text, replace(FULL["day"], retry_after_s=self._plan.faults_s - now + 1))
        return self._refuses(text, FULL["hour"]) if self._used(line, now - WINDOW_S) >= self._plan.hourly else None

    def accepted(self, text: Text) -> None:
        """The contact is known on this line from now on."""
        line = text.dispatch.line
        if (line, text.contact) not in self._known and not text.dispatch.request.is_group:
            self._new[line].append(self.world.scheduler.now)
        self._known.add((line, text.contact))

    def _refuses(self, text: Text, answer: Answer) -> Answer:
        self.world.saw("a new contact refused")
        return answer

    def heard(self, text: Text, answer: Answer) -> None:
        """The holder of a line reads a refusal: within its window no other new contact may be refused."""
        if answer not in FULL.values() and answer.body != FULL["day"].body:
            return
        process, line, now = text.process, text.dispatch.line, self.world.scheduler.now
        holder = self._asked.pop(text.attempt, None) or _holder(process, line)
        if holder is None:
            return
        full, proposed = self._full[holder, line], self.world.oracle.proposals[text.attempt]
        if full.since < proposed < full.until and self._is_counted(text, full):
            self.world.oracle.wrong("28 refused", f"{text.attempt} of {process} on {line}, full until {full.until}")
        until = now + (answer.retry_after_s or HOURLY_S) - 1.0
        self._full[holder, line] = full.again(text.contact, now, until)

    def _is_counted(self, text: Text, full: Full) -> bool:
        """Whether the holder takes the contact for one that Sendblue counts as new."""
        bound = self.world.moves.line_of(text.contact, text.process.position)
        return (bound is None and not text.dispatch.request.is_group) or text.contact in full.refused

    def proposed(self, process: "Process", intent: Intent) -> None:
        """A process begins to append an INTENT; who holds its line now hears what comes of it, be it lost meanwhile."""
        self._asked[intent.attempt] = _holder(process, intent.line)
        told, line, since = self.told[process], intent.line, self.world.scheduler.now - STALE_S + 10
        state = told.states.get(line, ONLINE).condition if told.states_at > since else Condition.UNKNOWN
        left = told.left.get(line) if told.left_at > since else None
        if line in self._blocked(process):
            state = Condition.BLOCKED
        if state in STOPS:
            self.world.oracle.wrong("28 stopped", f"{process} proposes {intent.attempt} on {line}, which is {state}")
        if self.world.moves.is_new(process, intent):
            taken = self.world.moves.firsts(line, told.position, process.position)
            if state in CLOSES or (left is not None and left <= taken):
                what = f"{state}, with room for {left} new contacts, less {taken}"
                self.world.oracle.wrong("28 room", f"{process} proposes {intent.attempt} on {line}: {what}")

    def blocks(self, process: "Process") -> dict[str, int]:
        """When each line was blocked last, as the process has heard by itself, or read of another one's hearing."""
        found = dict(self.told[process].heard)
        for entry in self.world.broker.log("control")[: process.obedience.position]:
            if (entry.key or b"").startswith(BLOCKED):
                line, at_ms = (entry.key or b"").removeprefix(BLOCKED).decode(), cast("int", entry.value)
                found[line] = max(at_ms, found.get(line, 0))
        return found

    def _blocked(self, process: "Process") -> set[str]:
        """Those that are blocked still; whoever has heard of no end of it waits for a day."""
        since_ms, ended = ms_of(self.world.scheduler.now) - BLOCKED_MS + 10_000, self.told[process].ended
        found = self.blocks(process).items() if self._plan.hourly else ()
        return {line for line, at_ms in found if at_ms > max(ended.get(line, 0), since_ms)}

    def act(self) -> None:
        """A line's condition changes for a while; Sendblue sends all the same."""
        if not self._plan.hourly:
            return
        line = self._plan.rng.choice(LINES)
        condition = self._plan.rng.choice((Condition.OFFLINE, Condition.BLOCKED, Condition.DEGRADED))
        self.world.saw(f"a line is {condition}")
        self.states[line] = State(condition, ms_of(self.world.scheduler.now))
        if condition is Condition.BLOCKED:
            self.world.webhooks.blocked(line, ms_of(self.world.scheduler.now))
        self.world.scheduler.after(self._plan.span(10, 90), self._back, line)

    def _back(self, line: str) -> None:
        self.states[line] = State(Condition.ONLINE, ms_of(self.world.scheduler.now))

    def calm(self) -> None:
        """All lines are online."""
        for line in LINES:
            self._back(line)

    def usage(self, line: str) -> Usage:
        """What ``lines/usage`` says of a line."""
        if not self._capped:
            return Usage()
        now, most = self.world.scheduler.now, self._plan.hourly
        used = self._used(line, now - WINDOW_S)
        oldest = min((at for at in self._new[line] if at > now - WINDOW_S), default=now)
        hour = Quota(most, used, max(most - used, 0), ms_of(oldest + WINDOW_S))
        day = Quota(0, 0, 0) if line == self._plan.spent else Quota()
        return Usage(hour, day, ms_of(self._plan.faults_s))


class Readings:
    """The three look-ups of one process, as its ``LineWatch`` makes them; it takes them together."""

    def __init__(self, process: "Process") -> None:
        self._process, self._rooms, self._plan = process, process.world.rooms, process.world.plan
        self._position, self._states = 0, dict[str, State]()

    async def listed(self) -> frozenset[str] | None:
        """All lines; the first of the three."""
        self._position = self._process.position
        return frozenset(NUMBERS.values())

    async def states(self) -> Mapping[str, State] | None:
        """Each line's state."""
        await asyncio.sleep(self._plan.span(0.05, 0.5))
        self._states = {} if self._fails() else dict(self._rooms.states)
        return {NUMBERS[line]: state for line, state in self._states.items()} or None

    async def usage(self) -> Mapping[str, Usage] | None:
        """Each line's new contacts; the last of the three."""
        told, now = self._rooms.told[self._process], self._process.world.scheduler.now
        if self._states:
            told.states, told.states_at = self._states, now
        told.ends(self._rooms.blocks(self._process))
        if self._fails():
            return None
        usage = {line: self._rooms.usage(line) for line in LINES}
        told.left = {line: one.hour.left if one.day.left is None else 0 for line, one in usage.items()}
        told.left_at, told.position = now, self._position
        return {NUMBERS[line]: one for line, one in usage.items()}

    def _fails(self) -> bool:
        return self._process.world.sendblue.is_away or self._plan.chance(0.1)


def watch_lines(process: "Process") -> None:
    """Keep the facts fresh."""
    edges, pause = process.edges, Pause(EVERY_S, process.edges.jitter)
    firsts = lambda: process.replica.views.firsts  # noqa: E731 - asked again and again
    watch = LineWatch(process.facts, Readings(process), firsts, pause, edges, process.observe)
    process.watches.append(watch.watch)
    process.closers.append(watch.close)


def _holder(process: "Process", line: str) -> object:
    """What the process knows of the line's new contacts; another one after it had nothing of the line."""
    lanes = process.sender.lanes.values() if process.sender else ()
    return next((lane.new for lane in lanes if lane.line.alias == line), None)
