"""One world: processes of the connector, a Kafka, a Sendblue, upstream, and what the plan does to them.

First the faults; then they stop, every process runs, an operator drops what is still parked, and within two hours of
the world's time everything must have come to its end. A *long* world has days between its parts: processes sleep or
die, the ledger's beginning is cut off, requests are forgotten.
"""

from collections import Counter
from functools import partial

from connector.core.messages import Dispatch, Priority
from tests.simulation.bounds import Bounds
from tests.simulation.broker import DELAYS, Broker
from tests.simulation.clock import Scheduler
from tests.simulation.consents import Consents
from tests.simulation.endings import Endings
from tests.simulation.faults import Faults
from tests.simulation.groups import SESSION_S, Group
from tests.simulation.marks import Marks
from tests.simulation.moves import Moves
from tests.simulation.operators import Operators
from tests.simulation.oracle import Oracle
from tests.simulation.plan import PLACES, Plan, draw
from tests.simulation.process import Process
from tests.simulation.rooms import Rooms
from tests.simulation.sendblue import Sendblue
from tests.simulation.standstill import Standstill
from tests.simulation.statuses import Statuses
from tests.simulation.teeth import WHOLE, Teeth
from tests.simulation.upstream import Upstream
from tests.simulation.webhooks import Webhooks

STEP_S = 5.0
QUIET_S = 7200.0


class World:
    """Everything of one seed."""

    def __init__(self, seed: int, teeth: Teeth = WHOLE, plan: Plan | None = None) -> None:
        self.plan: Plan = plan or draw(seed)
        self.teeth = teeth
        self.scheduler = Scheduler()
        self.history: list[tuple[float, str, str, str]] = []
        self.rare: Counter[str] = Counter()
        self.broker = Broker(self.scheduler, self.plan)
        self.sendblue = Sendblue(self)
        self.oracle = Oracle(self)
        self.moves, self.rooms, self.webhooks = Moves(self), Rooms(self), Webhooks(self)
        self.endings = Endings(self)
        self.upstream = Upstream(self)
        self.operators = Operators(self)
        self.statuses, self.marks, self.consents = Statuses(self), Marks(self), Consents(self)
        self.standstill = Standstill(self)
        self.calm_at = 0.0
        told = {"requests": self.endings.committed_requests, "dispatch": self.endings.committed_dispatch}
        told |= {topic: partial(self.endings.committed_delay, topic) for topic in DELAYS}
        self.groups = {
            topic: Group(topic, self.broker, self.scheduler, self.plan, told.get(topic, lambda *_: None))
            for topic in ("requests", "dispatch", "parked", *DELAYS)
        }
        self.processes: list[Process] = []
        self._ever: list[Process] = []
        self._names = 0
        self.incarnations = 0
        self.faults = Faults(self)
        self.bounds = Bounds(self)

    def say(self, process: Process | None, what: str, detail: str) -> None:
        """Write a line of the history."""
        self.history.append((round(self.scheduler.now, 4), repr(process) if process else "", what, detail))

    def saw(self, what: str) -> None:
        """A rare path was taken."""
        self.rare[what] += 1

    def owns(self, owner: str, line: str) -> bool:
        """Whether this owner has a lane of the line now."""
        group = self.groups["dispatch"]
        owners = [group.owner(PLACES[line].of(priority)) for priority in Priority]
        return any(process is not None and process.owner == owner for process in owners)

    def lost_place(self, later: Dispatch, earlier: Dispatch) -> bool:
        """Why the order of two requests need not hold: one hopped, waited for its time, was parked or sent again."""
        for dispatch in (later, earlier):
            origin, ends = str(dispatch.origin), self.endings
            moved = any(e.value.hops or e.value.redrive for e in ends.dispatches[origin])  # type: ignore[attr-defined]  # Dispatch
            of_its_own = dispatch.request.send_at_ms or dispatch.request.quiet_hours
            waited = origin in ends.delayed or origin in ends.parked or of_its_own
            if moved or waited or dispatch.request.request_id in self.operators.resolved:
                return True
        both = [self.endings.dispatches[str(d.origin)] for d in (later, earlier)]
        if len({entry.partition for entries in both for entry in entries}) > 1 or both[0][0].offset > both[1][0].offset:
            self.oracle.noted("23 order: two lines or lanes, or lost on the way to dispatch")
            return True
        return False

    def run(self) -> "World":
        """Let it all happen."""
        plan = self.plan
        for _ in range(plan.processes):
            self.spawn()
        self.upstream.begin(plan.requests, plan.faults_s * 0.7)
        for fault in plan.faults:
            self.scheduler.at(fault.at, self.faults.strike, fault.kind)
        if plan.upgrade_at is not None:
            self.scheduler.at(plan.upgrade_at, self.faults.upgrade)
        if plan.crowd:
            self.faults.crowd()
        if plan.outage_s:
            self.faults.outage()
        self.scheduler.run(plan.faults_s)
        if plan.long:
            self.faults.days()
        self._calm_down()
        self._settle()
        if plan.watched and not self.scheduler.stopped:
            self.faults.watch()
        self._judge()
        self._count()
        self.bury()
        return self

    def bury(self) -> None:
        """Close whatever never ended; the garbage collector would do so at some later time."""
        for process in self._ever:
            process.loop.bury()

    def _judge(self) -> None:
        """What can be said only at the end, if nothing was wrong before."""
        for finish in (x.finish for x in (self.endings, self.oracle, self.bounds, self.consents, self.moves)):
            if not self.oracle.violations:
                finish()
        if self.plan.watched and not self.oracle.violations:
            self.statuses.finish()

    def spawn(self, name: str | None = None) -> None:
        """Start an incarnation."""
        if name is None:
            self._names += 1
            name = f"P{self._names}"
        self.incarnations += 1
        self.processes.append(Process(self, name, self.plan.setup(self.faults.next_rules)))
        self._ever.append(self.processes[-1])

    def gone(self, process: Process, at_once: bool = False) -> None:
        """A process has ended; another takes its place after a while."""
        self.processes.remove(process)
        for group in self.groups.values():
            group.left(process, 0.1 if at_once else self.plan.span(3, 12))
        self.scheduler.after(self.plan.span(0.5, 15), self.spawn, process.name)

    def freeze(self, process: Process, seconds: float, why: str) -> None:
        """SIGSTOP; its session ends when that lasts too long."""
        self.say(process, "frozen", f"{seconds:.1f} s, {why}")
        process.loop.freeze(seconds)
        if seconds > SESSION_S:
            self.scheduler.after(SESSION_S, self.session_ends, process)

    def session_ends(self, process: Process) -> None:
        """The coordinator has not heard of a process for too long: others get its partitions."""
        others = [p for p in self.processes if p.live and p is not process and not p.frozen]
        for group in self.groups.values():
            for partition in range(group.partitions):
                if group.owner(partition) is process and others:
                    group.move(partition, self.plan.rng.choice(others), graceful=False)

    def _calm_down(self) -> None:
        self.plan.calm, self.calm_at = True, self.scheduler.now
        self.sendblue.silent_until = 0.0
        self.sendblue.stuck.clear()
        self.broker.down_until = self.sendblue.unauthorized_until = self.sendblue.unreachable_until = 0.0
        self.operators.resume_all()
        self.moves.calm()
        self.rooms.calm()
        for process in self.processes:
            process.loop.thaw()

    def _settle(self) -> None:
        end = self.scheduler.now + QUIET_S
        while self.scheduler.now < end and not self.scheduler.stopped:
            self.scheduler.run(self.scheduler.now + STEP_S)
            if self.scheduler.now > end - QUIET_S + 200:
                self.operators.resolve(drop=True)
            if self._quiet():
                return
        if not self.scheduler.stopped:
            self.oracle.wrong("24 stuck", f"{self._unfinished()}")

    def _quiet(self) -> bool:
        behind = sum(group.behind() for topic, group in self.groups.items() if topic != "parked")
        done = behind == 0 and self.oracle.fold.live() == 0 and self.consents.settled()
        return done and not self._without_end()

    def _without_end(self) -> list[str]:
        return [
            f"{request and request.request_id} {origin}"
            for origin, request in self.upstream.origins.items()
            if not self.endings.finals.get(origin) and (request is not None or not self.endings.letters.get(origin))
        ]

    def _unfinished(self) -> dict[str, object]:
        waiting = [lane.window.waiting() for p in self.processes if p.sender for lane in p.sender.lanes.values()]
        return {
            "behind": {topic: group.behind() for topic, group in self.groups.items()},
            "live": self.oracle.fold.live(),
            "without end": self._without_end(),
            "waiting": waiting,
            "processes": [(p, p.live) for p in self.processes],
        }

    def _count(self) -> None:
        self.rare["an ack lost"] += self.broker.fates["unacked"]
        self.rare["an append that landed late"] += self.broker.fates["late"]
