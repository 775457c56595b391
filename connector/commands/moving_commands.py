"""Moving and importing contacts, against a real Kafka: ``core.moving`` judges, here it is appended and told.

REBINDs are appended many at a time; each is read back, and each contact is judged again right before its own.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from connector.commands.control_topic import check_ours, control_codec, control_now, write_control
from connector.commands.heeding import so_far
from connector.commands.ledger_reading import entered_in_time, in_time, reading
from connector.commands.line_facts_command import facts_of
from connector.core.line_facts import STOPS, LineFacts
from connector.core.moving import Entry, Listing, Move, Plan, following, listing, may_go, plan
from connector.core.nearest import instead, no_line
from connector.core.records import Rebind
from connector.kafka.avro import Codec
from connector.kafka.control import Control, move_record
from connector.roles.replica import Replica
from connector.settings import Settings
from connector.system import System
from connector.wiring.installation import aliases_of

AT_ONCE = 500  # REBINDs under way: each takes a round trip through the ledger
AGAIN_S = 2.0  # between two looks at those whose text is in flight

Confirm = Callable[[str], bool]
"""Asks a person; blocks."""
Show = Callable[[int, int], None]
"""Told how many of how many are done."""


@dataclass(frozen=True, slots=True)
class Moving:
    """What an operator wants. ``wait_s``: how long texts in flight are waited for."""

    line: str
    to: str
    retire: bool = False
    parked_too: bool = False
    dry_run: bool = False
    operator: str = "operator"
    wait_s: float = 60.0


@dataclass(slots=True)
class Moved:
    """What came of it: contacts moved (or that would be), and those that stay because of a text.

    ``stopped``: why the line they went to sends nothing, "" if it does, or nobody says.
    """

    moved: int = 0
    in_flight: int = 0
    parked: int = 0
    stopped: str = ""


async def move(settings: Settings, wanted: Moving, confirm: Confirm | None, show: Show) -> Moved:
    """Move the contacts of a line. Raises ValueError."""
    codec = await control_codec(settings)
    control = await control_now(settings, codec)
    check_ours(settings, control)
    check(wanted, settings, control.partitions, control.moves)
    stopped = await stopped_because(settings, control, wanted.to)
    if stopped and not wanted.dry_run and confirm is not None:
        question = f"{wanted.to} is {stopped}: whoever moves there waits. Move them all the same?"
        if not await asyncio.to_thread(confirm, question):
            raise ValueError("nothing was moved")
    far = _Far(show)
    async with _reading(settings, far) as replica:
        found = plan(replica.views, wanted.line, parked_too=wanted.parked_too)
        if wanted.dry_run:
            return replace(_moved(len(found.movable), found), stopped=stopped)
        parked_too = wanted.parked_too or await _parked_too(found, confirm)
        await _order(settings, codec, wanted.line, Move(wanted.to, wanted.retire, System().now_ms(), wanted.operator))
        return replace(await _move_all(replica, wanted, parked_too, far), stopped=stopped)


async def stopped_because(settings: Settings, control: Control, line: str) -> str:
    """Why nothing is sent from a line now, "" if something is, or nobody says."""
    try:
        facts = await facts_of(settings)
    except ValueError:
        facts = LineFacts(aliases_of(settings))
    facts.obey(control.moves, control.blocks)
    condition = facts.condition(line, time.monotonic(), System().now_ms())
    return str(condition) if condition in STOPS else ""


async def use_again(settings: Settings, line: str, operator: str = "operator") -> None:
    """Take a move back for the line alone: it takes new contacts; whoever was moved stays, and is found there.

    Raises ValueError.
    """
    codec = await control_codec(settings)
    control = await control_now(settings, codec)
    check_ours(settings, control)
    moved = {line: move.to for line, move in control.moves.items() if move.to is not None}
    if line not in moved:
        raise ValueError(f"{line} was not moved{instead(line, sorted(moved), 'what was', 'no line was')}")
    await _order(settings, codec, line, Move(None, False, System().now_ms(), operator))


async def _order(settings: Settings, codec: Codec, line: str, given: Move) -> None:
    """Write it down, beside what the newest one says now: a person may have thought meanwhile."""
    before = (await control_now(settings, codec)).moves.get(line)
    await write_control(settings, [move_record(codec, line, following(before, given))])


async def give(settings: Settings, entries: Sequence[Entry], show: Show, *, dry_run: bool) -> Listing:
    """Bind contacts to the lines that a list gives them. Raises ValueError."""
    far = _Far(show)
    async with _reading(settings, far) as replica:
        found = listing(replica.views, entries)
        if not dry_run:
            await _rebind(replica, found.new, None, _onward(far, 0, len(found.new)), parked_too=False)
            found.new = {contact: line for contact, line in found.new.items() if replica.views.line_of(contact) == line}
            found.refused = listing(replica.views, entries).refused
    return found


async def _move_all(replica: Replica, wanted: Moving, parked_too: bool, show: Show) -> Moved:
    """Pass after pass, until only those are left that wait for something."""
    moved, ends = 0, time.monotonic() + wanted.wait_s
    while True:
        found = plan(replica.views, wanted.line, parked_too=parked_too)
        lines, total = dict.fromkeys(found.movable, wanted.to), moved + len(found.movable) + len(found.busy)
        moved += await _rebind(replica, lines, wanted.line, _onward(show, moved, total), parked_too=parked_too)
        if not found.busy or time.monotonic() >= ends:
            return _moved(moved, plan(replica.views, wanted.line, parked_too=parked_too))
        await asyncio.sleep(AGAIN_S)


async def _rebind(
    replica: Replica, lines: Mapping[bytes, str], bound: str | None, done: Callable[[int], None], *, parked_too: bool
) -> int:
    """Append a REBIND for each; return how many were. Whose text has begun meanwhile stays, and who is not bound to
    ``bound`` any more."""
    count = 0
    rest = iter(lines.items())
    while batch := list(islice(rest, AT_ONCE)):
        free = [(c, line) for c, line in batch if may_go(replica.views, c, bound, parked_too=parked_too)]
        async with in_time():
            await asyncio.gather(*(replica.record(Rebind(contact, line)) for contact, line in free))
        count += len(free)
        done(count)
    return count


def _onward(show: Show, before: int, total: int) -> Callable[[int], None]:
    return lambda done: show(before + done, total)


async def _parked_too(found: Plan, confirm: Confirm | None) -> bool:
    """Whether those with a parked text are moved as well; without a person to ask they stay."""
    if not found.parked or confirm is None:
        return False
    question = f"{len(found.parked)} contacts have a parked text, perhaps sent from the old line. Move them too?"
    return await asyncio.to_thread(confirm, question)


def _moved(count: int, found: Plan) -> Moved:
    return Moved(count, len(found.busy), len(found.parked))


def check(wanted: Moving, settings: Settings, known: Iterable[str], moves: Mapping[str, Move]) -> None:
    """Raises ValueError for lines that cannot be meant; ``known``: all that ever had a partition."""
    ours = [line.alias for line in settings.lines]
    numbers = aliases_of(settings)
    if wanted.to not in ours:
        raise ValueError(no_line(wanted.to, ours, numbers))
    if wanted.line not in (known := {*known, *ours}):
        raise ValueError(no_line(wanted.line, sorted(known), numbers))
    if wanted.line == wanted.to:
        raise ValueError("a line is not moved to itself")
    if (there := moves.get(wanted.to)) is not None and there.retired:
        undo = f"`kafka-sendblue lines retire {wanted.to} --undo` takes it into use again"
        raise ValueError(f"{wanted.to} is retired, its contacts went to {there.to}; {undo}")


class _Far:
    """Remembers how far it came."""

    def __init__(self, show: Show) -> None:
        self._show, self.done = show, 0

    def __call__(self, done: int, of: int) -> None:
        self.done = done
        self._show(done, of)

    def told(self) -> str:
        return f"at least {self.done} contacts have their line; run it again, and it goes on with the others"


@contextlib.asynccontextmanager
async def _reading(settings: Settings, far: _Far) -> AsyncIterator[Replica]:
    with so_far(far.told):
        async with entered_in_time(reading(settings, contacts=True)) as replica:
            yield replica
