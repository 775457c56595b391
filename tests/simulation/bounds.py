"""The oracle's bounds (docs/reliability.md, by the numbers of its invariants), looked at every few seconds, each write.

16: once all is well again, nothing is in doubt for longer than its policy says. 18: windows and budgets hold what they
may; what ended leaves nothing behind in the views. 19: a process that was refused as a whole writes no more than
what was under way, until a GET succeeds; while POSTs are lost, few attempts are in doubt.
"""

from typing import TYPE_CHECKING

from connector.core.calls import Answer
from connector.core.window import MAX_BYTES, MAX_RECORDS
from tests.simulation.groups import BURST
from tests.simulation.plan import LINES
from tests.simulation.roles import RECORD_BYTES

if TYPE_CHECKING:
    from tests.simulation.messages import Text
    from tests.simulation.process import Process
    from tests.simulation.world import World

LOOK_S = 5.0
IN_DOUBT_MOST_S = 900.0 + 180.0  # the longest patience of all policies; and a process to start, and to read 60 s
MOST_IN_DOUBT = 2 * len(LINES) + 5


class Bounds:
    """Watches one world from the outside, and its processes from the inside."""

    def __init__(self, world: "World") -> None:
        self.world, self.oracle = world, world.oracle
        self._refused: dict[Process, float] = {}
        self.begin()

    def begin(self) -> None:
        """Look now, and again and again."""
        self.world.scheduler.after(LOOK_S, self.begin)
        self.look()

    def look(self) -> None:
        """16 and 18."""
        for attempt, at in self.oracle.open.items():
            since = max(at, self.world.calm_at)
            if self.world.plan.calm and self.world.scheduler.now - since > IN_DOUBT_MOST_S and self._is_open(attempt):
                self.oracle.wrong("16 in doubt", f"{attempt}, granted at {at:.1f}, is still open")
        for process in self.world.processes:
            if process.sender is not None:
                self._room(process)

    def _is_open(self, attempt: str) -> bool:
        return self.oracle.fold.is_open(self.oracle.granted[attempt][1].request_id, attempt)

    def _room(self, process: "Process") -> None:
        assert process.sender is not None
        lanes, plan = process.sender.lanes.values(), self.world.plan
        for lane in lanes:
            records, size = len(lane.window), lane.window.size
            if lane.full:
                self.world.saw("a full window")
            if records > MAX_RECORDS + BURST or size > MAX_BYTES + BURST * RECORD_BYTES:
                self.oracle.wrong("18 window", f"{process} holds {records} records, {size} bytes of {lane.line.alias}")
        held = process.budget.held
        if process.budget.tight:
            self.world.saw("a tight budget")
        if held > plan.budget_bytes + BURST * RECORD_BYTES * len(lanes):
            self.oracle.wrong("18 budget", f"{process} holds {held} bytes")

    def checked(self, text: "Text") -> None:
        """19: what a refused process still writes was under way when it was refused, and is the last in its place."""
        heard_at = self._refused.get(text.process)
        if heard_at is None:
            return
        if self.oracle.proposals[text.attempt] > heard_at:
            self.oracle.wrong("19 refused", f"{text.process} goes on on {text.dispatch.line}")
        self.world.saw("a POST under way at a 401")

    def heard(self, text: "Text", answer: Answer) -> None:
        """A process got its answer."""
        if answer.status == 401:
            self._refused.setdefault(text.process, self.world.scheduler.now)

    def reached(self, process: "Process") -> None:
        """A GET of this process succeeded."""
        self._refused.pop(process, None)

    def wrote(self) -> None:
        """19: while POSTs are lost; each of them comes to be in doubt."""
        if self.world.sendblue.silent_until <= self.world.scheduler.now:
            return
        self.world.saw("a write into silence")
        lost = [a for a in self.oracle.open if a in self.oracle.by_attempt and self._is_open(a)]
        if len(lost) > MOST_IN_DOUBT:
            self.oracle.wrong("19 outage", f"{len(lost)} attempts are in doubt")

    def finish(self) -> None:
        """18: what has ended is remembered by nobody as live."""
        end = self.world.broker.end("ledger")
        for process in self.world.processes:
            for attempt in self.oracle.granted if process.live and process.position == end else ():
                if process.replica.views.attempt(attempt) is not None:
                    self.oracle.wrong("18 views", f"{process} still keeps {attempt} as live")
