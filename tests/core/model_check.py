"""Every state that the real fold, views and turns can reach within small bounds, and what holds in all of them.

In no state is a request texted twice (but for risks an operator took), a record done without an end, or a contact with
two attempts in flight; and from every state a fair continuation settles everything. Run it with larger bounds:

    python -m tests.core.model_check --full [--json]
"""

import json
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, replace

from tests.core.model_knowledge import Library
from tests.core.model_moves import FAIR, Moves
from tests.core.model_steps import Violation
from tests.core.model_world import Bounds, State, first_state, trimmed

MAX_WAY = 300
"""Steps within which a fair continuation has settled everything."""


@dataclass(frozen=True)
class Found:
    """What an exploration came to: states, whether that is all of them, and how it failed, step by step."""

    states: int
    complete: bool
    violation: str | None = None
    way: tuple[str, ...] = ()


class Explorer:
    """Breadth first from the first state, so that a counter-example is a shortest one."""

    def __init__(self, bounds: Bounds, max_states: int = 10_000_000) -> None:
        self.library = Library()
        self.moves = Moves(bounds, self.library)
        self.start = trimmed(first_state(bounds))
        self.came_by: dict[State, tuple[State | None, str]] = {self.start: (None, "")}
        self.settles: set[State] = set()
        self.max_states = max_states

    def run(self) -> Found:
        """Visit every state; stop at the first violation."""
        waiting = deque([self.start])
        while waiting and len(self.came_by) < self.max_states:
            state = waiting.popleft()
            try:
                self._settles(state)
                for name, after in self.moves(state):
                    if (trim := trimmed(after)) not in self.came_by:
                        self.came_by[trim] = (state, name)
                        waiting.append(trim)
            except Violation as violation:
                return Found(len(self.came_by), False, str(violation), self._way(state))
        return Found(len(self.came_by), not waiting)

    def _settles(self, state: State) -> None:
        """Nothing is stuck: without faults, everything comes to its end."""
        way: set[State] = set()
        following: State | None = trimmed(state._replace(left=FAIR))
        while following is not None and following not in self.settles:
            if following in way or len(way) > MAX_WAY:
                raise Violation("stuck: it goes on for ever")
            way.add(following)
            following = self.moves.fair(following)
        self.settles |= way

    def _way(self, state: State | None) -> tuple[str, ...]:
        names: list[str] = []
        while state is not None:
            state, name = self.came_by[state]
            names.append(name)
        return tuple(reversed(names[:-1]))


NOTHING = Bounds(late=0, crashes=0, freezes=0, ticks=0, callbacks=0, rebalances=1, attempts=2)

FULL = {
    "lost and late appends": replace(NOTHING, late=1, ticks=1),
    "a crash": replace(NOTHING, crashes=1, ticks=1),
    "two crashes": replace(NOTHING, requests=1, replicas=2, crashes=2, ticks=1, callbacks=1),
    "a frozen holder, two lines": replace(NOTHING, replicas=2, freezes=1, ticks=1, callbacks=1, lines="AB"),
    "one request, every fault": replace(NOTHING, requests=1, late=1, crashes=1, freezes=1, ticks=1, callbacks=1),
    "five days, then a late beginner": replace(NOTHING, replicas=2, late=1, freezes=1, callbacks=1, long=1),
    "an operator resolves": replace(NOTHING, replicas=2, late=1, ticks=1, callbacks=1, resolve=1, refused=1),
}
"""What ``--full`` explores, each as far as MAX_STATES."""
MAX_STATES = 100_000


def main() -> int:
    """Explore the large bounds and print what was found."""
    failed = 0
    for name, bounds in FULL.items():
        began = time.monotonic()
        found = Explorer(bounds, MAX_STATES).run()
        failed += found.violation is not None
        told = _as_json if "--json" in sys.argv else _in_words
        print(told(name, found, time.monotonic() - began), flush=True)  # noqa: T201
    return failed


def _in_words(name: str, found: Found, seconds: float) -> str:
    said = found.violation or ("all hold" if found.complete else "all hold in the states nearest to the first")
    return f"{name}: {found.states:,} states, {seconds:.0f} s: {said} {' / '.join(found.way)}"


def _as_json(name: str, found: Found, seconds: float) -> str:
    return json.dumps({"world": name, "seconds": round(seconds), **asdict(found)})


if __name__ == "__main__":
    sys.exit(main() if "--full" in sys.argv else __doc__)
