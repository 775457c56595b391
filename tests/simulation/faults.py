"""What breaks at a time: a method for each kind in the plan's table, and two slow stories: an upgrade, and days."""

from typing import TYPE_CHECKING

from connector.core.messages import SendRequest
from connector.core.records import Rules
from tests.simulation.messages import NUMBERS
from tests.simulation.plan import LINES, PARTITIONS, PostFate
from tests.simulation.upstream import HELLO, Asked

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

HOUR_S = 3600.0
RETENTION_MS = 120 * 3600 * 1000
WATCHED_S, WAKE_S = 27 * HOUR_S, 15.0
BEGINS_S = 60.0  # within this a reconciler that took over is at work, whatever its clock says
HEARS_S = 250.0  # longer than a process is frozen: whoever was hears by then that it is to take over
NIGHTS_H = (40.0, 31.4, 40.0, 45.0)
"""Never more than 48 h without a sender; the second ends in the hour in which what is still parked is dropped."""


class Faults:
    """Strikes one world."""

    def __init__(self, world: "World") -> None:
        self.world, self.plan = world, world.plan
        self.next_rules = False

    def strike(self, kind: str) -> None:
        """Let one fault happen to one of the processes that are at work."""
        live = [p for p in self.world.processes if p.live and not p.frozen]
        if live:
            process = self.plan.rng.choice(live)
            self.world.say(process, "fault", kind)
            getattr(self, f"_{kind}")(process)

    def _kill(self, process: "Process") -> None:
        process.kill("at random")

    def _freeze(self, process: "Process") -> None:
        seconds = self.plan.rng.choice((1.0, 6.0, 20.0, 90.0)) * self.plan.span(0.5, 1)
        self.world.freeze(process, seconds, "at random")

    def _deploy(self, process: "Process") -> None:
        process.loop.start(process.stop)

    def _move(self, process: "Process", graceful: bool = True) -> None:
        self.world.groups["dispatch"].move(self.plan.rng.randrange(len(LINES)), process, graceful=graceful)
        self.world.groups["requests"].move(self.plan.rng.randrange(PARTITIONS), process, graceful=graceful)

    def _zombie(self, process: "Process") -> None:
        self._move(process, graceful=False)

    def _reset(self, _: "Process") -> None:
        self.world.saw("offsets reset")
        group = self.world.groups[self.plan.rng.choice(("requests", "dispatch"))]
        for partition in range(group.partitions):
            group.reset(partition)

    def _brownout(self, _: "Process") -> None:
        self.world.broker.skew_ms = self.plan.rng.randint(-1500, 1500)  # another broker leads afterwards
        self.world.broker.down_until = self.world.scheduler.now + self.plan.rng.choice((2.0, 8.0, 30.0))

    def _unauthorized(self, _: "Process") -> None:
        self.world.sendblue.unauthorized_until = self.world.scheduler.now + self.plan.span(2, 30)

    def _unreachable(self, _: "Process") -> None:
        self.world.sendblue.unreachable_until = self.world.scheduler.now + self.plan.span(2, 30)

    def _silence(self, _: "Process") -> None:
        self.world.sendblue.silent_until = self.world.scheduler.now + self.plan.span(5, 40)

    def _rebind(self, _: "Process") -> None:
        self.world.operators.rebind()

    def _resolve(self, _: "Process") -> None:
        self.world.operators.resolve()

    def _redrive(self, _: "Process") -> None:
        self.world.operators.redrive()

    def _cancel(self, _: "Process") -> None:
        self.world.operators.cancel()

    def _consent(self, _: "Process") -> None:
        self.world.consents.act()

    def _move_line(self, _: "Process") -> None:
        self.world.moves.act()

    def _line_state(self, _: "Process") -> None:
        self.world.rooms.act()

    def _pause(self, _: "Process") -> None:
        self.world.operators.pause()

    def _by_hand(self, _: "Process") -> None:
        self.world.operators.by_hand()

    def _reconciler(self, process: "Process") -> None:
        self.world.groups["parked"].move(0, process, graceful=self.plan.rng.random() < 0.5)

    def upgrade(self) -> None:
        """Software of the next rules is rolled out, and the rules take effect while one process is not there yet."""
        self.next_rules = True
        for process in [p for p in self.world.processes if p.live][1:]:
            process.kill("upgrade")
        self.world.scheduler.after(20, self.world.broker.land, "ledger", 0, Rules(2))
        self.world.scheduler.after(40, self._finish_upgrade)

    def _finish_upgrade(self) -> None:
        for process in list(self.world.processes):
            self.world.saw("the next rules" if process.setup.rules > 1 else "unknown rules")
            if process.setup.rules == 1:
                process.kill("upgrade")

    def days(self) -> None:
        """Nights pass: some processes sleep through them, others are dead; each day has a few requests."""
        for hours in NIGHTS_H:
            self._pass(hours * HOUR_S)
            self.world.upstream.begin(3, 30.0)
            if self.plan.rng.random() < 0.5:
                self.world.scheduler.after(self.plan.span(5, 60), self.strike, "reset")
            self.world.scheduler.run(self.world.scheduler.now + 120.0)

    def watch(self) -> None:
        """A day and more passes in leaps of up to an hour, as if all machines were suspended; each time all work a bit.

        Somebody texts from the dashboard meanwhile, and in some worlds another reconciler takes over. It judges only
        what was made since it began, so a minute passes first.
        """
        world, begun = self.world, self.world.scheduler.now
        if self.plan.rng.random() < 0.5:
            world.scheduler.after(self.plan.span(1, 20 * HOUR_S), self._take_over)
        self._reconciler_begins()
        active = world.groups["parked"].owner(0)
        world.operators.echo()
        while world.scheduler.now < begun + WATCHED_S and not world.scheduler.stopped:
            world.scheduler.sleep(self.plan.span(600, HOUR_S))
            world.scheduler.run(world.scheduler.now + WAKE_S)
            if world.groups["parked"].owner(0) is not active:
                world.operators.echoes.clear()

    def _reconciler_begins(self) -> None:
        """A minute passes since a reconciler is at work. Whom the coordinator has named may not have heard of it yet:
        it was frozen."""
        world = self.world
        end = world.scheduler.now + HEARS_S
        while not world.groups["parked"].begun(0) and world.scheduler.now < end:
            world.scheduler.run(world.scheduler.now + 1.0)
        world.scheduler.run(world.scheduler.now + BEGINS_S)

    def _take_over(self) -> None:
        reader = self.world.groups["parked"].owner(0)
        if reader is not None:
            reader.kill("another reconciler takes over")

    def crowd(self) -> None:
        """Many requests on one line, which is told to wait; most of them expire behind it."""
        world, lasts_s = self.world, self.plan.faults_s
        world.sendblue.stuck["a"] = PostFate(0.0, True, 0.05, "429", 0.05)
        for n in range(self.plan.crowd):
            expires_ms = world.broker.now_ms + int(lasts_s * 1000) if n % 20 else None
            number = f"+1{210 + n}5550100"
            request = SendRequest(
                f"c{n}", number=number, from_number=NUMBERS["a"], content=HELLO, expires_at_ms=expires_ms
            )
            world.scheduler.at(5 + n * 0.02, world.upstream.produce, Asked(request), n % PARTITIONS)

    def outage(self) -> None:
        """POSTs are lost from soon on, while more and more is asked for."""
        world, plan = self.world, self.plan
        plan.faults_s = plan.outage_s + 60.0
        world.scheduler.at(20.0, self._lose_posts)
        for _ in range(int(plan.outage_s / 60)):
            world.scheduler.at(plan.span(20, plan.outage_s), world.upstream.begin, 3, 30.0)

    def _lose_posts(self) -> None:
        self.world.sendblue.silent_until = self.plan.outage_s

    def _pass(self, seconds: float) -> None:
        world = self.world
        for process in list(world.processes):
            if process.live and self.plan.rng.random() < 0.5:
                process.loop.freeze(seconds)
            else:
                process.kill("for the night")
        world.scheduler.sleep(seconds)
        world.broker.truncate("ledger", world.broker.now_ms - RETENTION_MS)
        for process in list(world.processes):
            world.session_ends(process)
