"""Operators who move the contacts of a line to another one, and what must hold of it (invariants 6 and 27).

A move is ordered and made as ``commands.moving_commands`` does it, pass after pass, now and then broken off. What the
core says of each contact is compared with what the log says in plain words: who hears from where, and since which
offset. A process is judged by what it has read. Once the world is calm nobody keeps a line retired.
"""

from collections import defaultdict
from typing import TYPE_CHECKING

from connector.core.identities import contact_hash
from connector.core.messages import Dispatch
from connector.core.moving import Move, following, plan
from connector.core.records import Close, Intent, LedgerRecord, Outcome, Park, Rebind, Result
from connector.core.standing import Status
from connector.core.turns import LINE_CONFLICT, MAX_HOPS
from connector.core.views import Views
from tests.simulation.broker import Entry
from tests.simulation.messages import NUMBERS, Text
from tests.simulation.plan import LINES

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

KEY, MOVE = b"k" * 16, b"move/"
AGAIN_S, PASSES = 4.0, 4
ALIASES = {number: line for line, number in NUMBERS.items()}


class Moves:
    """Watches one world, and moves lines in it."""

    def __init__(self, world: "World") -> None:
        self.world, self.oracle = world, world.oracle
        self.views = Views(world.oracle.fold, "")
        self.rebound: dict[bytes, list[tuple[int, str]]] = defaultdict(list)
        self._bound: dict[bytes, list[tuple[int, str]]] = defaultdict(list)
        self._by_park: dict[bytes, int] = {}
        self._firsts: list[tuple[int, str]] = []
        self._closing: set[tuple[str, str, int]] = set()
        world.broker.listen("ledger", self._landed)

    def act(self) -> None:
        """Move a line, or take a move back."""
        rng, standing = self.world.plan.rng, self._standing(self.world.broker.end("control"))
        if any(move.to for move in standing.values()) and rng.random() < 0.2:
            return self._take_back(rng.choice([line for line, move in standing.items() if move.to]))
        line = rng.choice(self._busy() or LINES) if rng.random() < 0.7 else rng.choice(LINES)
        to = rng.choice([other for other in LINES if other != line])
        retired = rng.random() < 0.5
        self.world.saw("a line retired" if retired else "a line moved")
        self._order(line, Move(to, retired, self.world.broker.now_ms, "ann"))
        return self._pass(line, to, rng.random() < 0.5, PASSES, rng.random() < 0.2)

    def _busy(self) -> list[str]:
        """The lines of contacts that have something parked; else of those that are to be texted; else of all."""
        asked, finals = self.world.upstream.origins.items(), self.world.endings.finals
        waiting = [contact_hash(request, KEY) for origin, request in asked if request and origin not in finals]
        parked = [contact for contact in self._bound if self.views.parked(contact)]
        lines = [
            [line for contact in some if (line := self.line_of(contact))] for some in (parked, waiting, self._bound)
        ]
        return next((some for some in lines if some), [])

    def calm(self) -> None:
        """No line is retired any more."""
        for line, move in self._standing(self.world.broker.end("control")).items():
            if move.retired:
                self._take_back(line)

    def _take_back(self, line: str) -> None:
        self.world.saw("a move taken back")
        self._order(line, Move(None, False, self.world.broker.now_ms, "ann"))

    def _order(self, line: str, given: Move) -> None:
        move = following(self._standing(self.world.broker.end("control")).get(line), given)
        self.world.say(None, "order", f"move {line} {move}")
        self.world.broker.land("control", 0, move, MOVE + line.encode())

    def _pass(self, line: str, to: str, parked_too: bool, left: int, breaks_off: bool) -> None:
        """Move whoever may go; those with a text under way are looked at again."""
        found = plan(self.views, line, parked_too=parked_too)
        bound = [contact for contact in self._bound if self.line_of(contact) == line]
        free = {contact for contact in bound if self._is_free(contact, parked_too)}
        if set(found.movable) != free or len(found.busy) + len(found.parked) + len(free) != len(bound):
            self.oracle.wrong("27 plan", f"of {line} {found}, but {len(free)} of {len(bound)} may go")
        if found.parked:
            self.world.saw("a parked contact stays")
        movable = found.movable[: len(found.movable) // 2] if breaks_off else found.movable
        for contact in movable:
            self.world.scheduler.after(self.world.plan.span(0.0, 20.0), self._one, contact, line, to, parked_too)
        if breaks_off:
            return self.world.saw("a move broken off")
        if found.busy and left:
            self.world.saw("a move waits for a text in flight")
            self.world.scheduler.after(AGAIN_S, self._pass, line, to, parked_too, left - 1, False)
        return None

    def _one(self, contact: bytes, line: str, to: str, parked_too: bool) -> None:
        """Look once more, and append a REBIND; a text may begin before it lands."""
        goes = self.world.teeth.may_go(self.views, contact, line, parked_too=parked_too)
        if goes != (self.line_of(contact) == line and self._is_free(contact, parked_too)):
            self.oracle.wrong("27 may go", f"{contact.hex()} from {line}: {goes}")
        if goes:
            self.world.saw("a parked contact moved" if self.views.parked(contact) else "a contact moved")
            later = self.world.plan.span(0.005, 0.5)
            self.world.scheduler.after(later, self.world.broker.land, "ledger", 0, Rebind(contact, to))
        else:
            self.world.saw("a contact that may not go any more")

    def _is_free(self, contact: bytes, parked_too: bool) -> bool:
        """Nothing of it is under way, and nothing is parked that may have been sent."""
        granted, fold = self.oracle.granted, self.oracle.fold
        stops = {Status.OPEN} if parked_too else {Status.OPEN, Status.PARKED}
        for attempt, (_, intent) in granted.items():
            standing = fold.standing(intent.request_id) if intent.contact == contact else None
            if standing is None or standing.attempt != attempt or standing.proved_unsent:
                continue
            if standing.status in stops:
                return False
        return True

    def line_of(self, contact: bytes, position: int | None = None) -> str | None:
        """Where the contact hears from, for one who has read the ledger up to there."""
        known = [line for at, line in self._bound.get(contact, ()) if position is None or at < position]
        return known[-1] if known else None

    def firsts(self, line: str, begin: int, end: int) -> int:
        """How many contacts had their first text from the line, between two places of the ledger."""
        return sum(begin <= at < end and one == line for at, one in self._firsts)

    def proposed(self, process: "Process", intent: Intent) -> None:
        """A process begins to append an INTENT: on the contact's line; a new contact's line is not retired."""
        self._check(process, intent.contact, intent.line, "proposes")
        move = self._read(process).get(intent.line)
        if self.is_new(process, intent) and move is not None and move.retired:
            self.oracle.wrong("27 retired", f"{process} gives {intent.line} a new contact, by {intent.attempt}")

    def is_new(self, process: "Process", intent: Intent) -> bool:
        """Whether the process takes the contact for new."""
        request = self.world.upstream.origins[str(intent.origin)]
        known = self.line_of(intent.contact, process.position)
        return request is not None and not request.is_group and known is None

    def check(self, text: Text) -> None:
        """A text is about to leave."""
        self._check(text.process, text.contact, text.dispatch.line, "writes")

    def _check(self, process: "Process", contact: bytes, line: str, what: str) -> None:
        known = [to for at, to in self.rebound.get(contact, ()) if at < process.position]
        if known and known[-1] != line:
            self.oracle.wrong("27 moved", f"{process} {what} on {line}, and knows {contact.hex()} to be on {known[-1]}")

    def closes(self, process: "Process", close: Close) -> None:
        """A process begins to refuse a request: only one whose contact is on no line that it may go out from."""
        place = (process.owner, str(close.origin), close.redrive)
        if close.code != LINE_CONFLICT.code or place in self._closing:
            return None
        self._closing.add(place)
        if self._hops(str(close.origin)) >= MAX_HOPS:
            return self.world.saw("a conflict after three hops")
        request = self.world.upstream.origins[str(close.origin)]
        assert request is not None, "what has no request has no line"
        named, bound = request.from_number, self.line_of(contact_hash(request, KEY), process.position)
        if bound in self._along(process, ALIASES.get(named or "")):
            self.oracle.wrong("27 follows", f"{process} refuses {close.request_id}, whose contact is on {bound}")
        return None

    def _along(self, process: "Process", named: str | None) -> list[str | None]:
        """The line that was named, and wherever its contacts were ever moved, by every order that was read."""
        orders = self.world.broker.log("control")[: process.obedience.position]
        moved = [((e.key or b"").removeprefix(MOVE).decode(), e.value.to) for e in orders if isinstance(e.value, Move)]
        along = [named]
        for line in along:
            along += dict.fromkeys(to for was, to in moved if was == line and to is not None and to not in along)
        return along

    def dispatched(self, dispatch: Dispatch) -> None:
        """A request goes to a line."""
        if dispatch.line_named and dispatch.hops and NUMBERS[dispatch.line] != dispatch.request.from_number:
            self.world.saw("a named line followed")
        elif dispatch.hops and self.line_of(contact_hash(dispatch.request, KEY)) is None:
            self.world.saw("a new contact on another line")

    def may_be_refused(self, origin: str) -> bool:
        """Whether LINE_CONFLICT is true of a request that names no line."""
        return self._hops(origin) >= MAX_HOPS

    def _hops(self, origin: str) -> int:
        return max((e.value.hops for e in self.world.endings.dispatches[origin]), default=0)  # type: ignore[attr-defined]  # Dispatch

    def _read(self, process: "Process") -> dict[str, Move]:
        return self._standing(process.obedience.position)

    def _standing(self, position: int) -> dict[str, Move]:
        """The moves that stand, for one who has read the control topic up to there."""
        newest = {entry.key: entry.value for entry in self.world.broker.log("control")[:position]}
        return {(k or b"").removeprefix(MOVE).decode(): v for k, v in newest.items() if isinstance(v, Move)}

    def _landed(self, entry: Entry) -> None:
        record: LedgerRecord = entry.value  # type: ignore[assignment]  # the ledger topic holds these
        step = self.oracle.steps[entry.offset]
        self.views.note(entry.offset, entry.ms, record, step, self.world.scheduler.now)
        match record:
            case Intent() if (bound := self.line_of(record.contact)) and self.world.plan.chance(0.03):
                to = self.world.plan.rng.choice(LINES)  # chosen before, and its turn comes just now
                self.world.scheduler.after(0.005, self._one, record.contact, bound, to, False)
            case Rebind(contact, line):
                self.rebound[contact].append((entry.offset, line))
                self._bind(entry.offset, contact, line)
            case Outcome(result=Result.SUBMITTED):
                self._submitted(entry.offset, record)
            case Park() if step.was is not step.now and step.now is not None and step.now.status is Status.PARKED:
                self._parks(entry.offset, record)

    def _submitted(self, offset: int, outcome: Outcome) -> None:
        """The first proof binds for good. A callback may not know the contact; its grant does."""
        _, granted = self.oracle.granted.get(outcome.attempt, (0, outcome))
        if granted.contact in self._by_park or granted.contact not in self._bound:
            self._bind(offset, granted.contact, granted.line)

    def _parks(self, offset: int, park: Park) -> None:
        """What was perhaps sent binds whoever has no line; of two of these the one that was granted first."""
        granted_at, _ = self.oracle.granted.get(park.attempt, (-1, None))
        earlier = granted_at < self._by_park.get(park.contact, -1)
        if park.contact not in self._bound or earlier:
            self._bind(offset, park.contact, park.line)
            self._by_park[park.contact] = granted_at

    def _bind(self, offset: int, contact: bytes, line: str) -> None:
        self._by_park.pop(contact, None)
        if contact not in self._bound and self.rebound[contact][-1:] != [(offset, line)]:
            self._firsts.append((offset, line))
        self._bound[contact].append((offset, line))

    def finish(self) -> None:
        """Whoever has read all of the ledger knows every contact's line, wherever its log began."""
        end = self.world.broker.end("ledger")
        for process in self.world.processes:
            for contact in self._bound if process.live and process.position == end else ():
                theirs, ours = process.replica.views.line_of(contact), self.line_of(contact)
                if theirs != ours:
                    self.oracle.wrong("27 agree", f"{process} has {contact.hex()} on {theirs}, not {ours}")
