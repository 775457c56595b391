"""What is looked at once a second: of each line, whether it is stuck; the sweep and the certificate, where they are."""

import asyncio
from collections import Counter
from dataclasses import dataclass, field
from typing import cast

from connector.core.facts import PostAnswered
from connector.core.lag import Lag
from connector.core.line_facts import Quota, Told, Usage
from connector.core.opt_outs import OptedOut
from connector.core.pauses import OfTag, Pause, Said
from connector.core.sights import CertificateSeen, LineSeen, LineState, Sight, SweepSeen
from connector.roles.sender import Sender
from connector.wiring.parts import Parts
from connector.wiring.sampling import Sampler
from tests.delay_stage import DelayStage
from tests.sender_stage import LINES, NOW_MS
from tests.virtual_time import run

TAGS = {"campaign": "spring"}


@dataclass
class Dispatch:
    """The dispatch topic's intake: what is behind, by partition."""

    lags: dict[int, Lag] = field(default_factory=dict)
    name: str = "dispatch"


@dataclass
class Known:
    known: OptedOut = field(default_factory=OptedOut)


@dataclass
class Asked:
    """A sweep and a certificate."""

    def seen(self, now_ms: int) -> SweepSeen:
        return SweepSeen(3, now_ms - NOW_MS)

    def not_after_s(self) -> float:
        return 77.0


class Process:
    """The parts that are looked at, around the sender of a stage."""

    def __init__(self, stage: DelayStage) -> None:
        self.sender: Sender | None = stage.sender
        self.replica, self.account, self.system, self.orders = stage.replica, stage.account, stage, stage.orders
        self.intakes, self.opt_outs = [Dispatch()], Known()
        self.sweeper: Asked | None = None
        self.certificate: Asked | None = None
        self.told: list[Sight] = []
        self.observe = self.told.append
        self.sampler = Sampler()

    def look(self) -> LineSeen:
        """How the line A stands now."""
        self.sampler.look(cast("Parts", self), Counter())
        return next(line for line in self.sampler.lines if line.alias == "A")

    async def looked(self, seconds: int) -> list[float]:
        """How long it was idle, each second."""
        told = []
        for _ in range(seconds):
            told.append(self.look().idle_s)
            await asyncio.sleep(1)
        return told


def test_a_line_with_work_that_does_none_is_idle_and_a_call_ends_that() -> None:
    """Its records are there, and never come to its window."""

    async def story() -> None:
        stage = DelayStage()
        stage.sender.assigned([0])
        process = Process(stage)
        nothing_to_do = await process.looked(3)
        process.intakes[0].lags[0] = Lag(5, 9.0)
        stuck = await process.looked(3)
        process.sampler(PostAnswered("A", "submitted", "ok", 0.1))
        called = await process.looked(2)

        assert (nothing_to_do, stuck, called) == ([0.0, 0.0, 0.0], [0.0, 1.0, 2.0], [0.0, 0.0])

    run(story())


def test_a_line_all_of_whose_records_are_held_by_their_tag_is_not_idle() -> None:
    """Beside an empty lane for replies; those of a pause that lasts would make way, through a delay topic."""

    async def story() -> None:
        stage = DelayStage(replies={"A": 2})
        stage.sender.assigned([0, 2])
        stage.orders.put(b"p", Pause(OfTag("campaign", "spring"), Said("ann", "why", NOW_MS), NOW_MS + 50_000))
        process = Process(stage)
        for n in range(3):
            stage.request(f"r{n}", f"+1202555010{n}", tags=TAGS)
        await asyncio.sleep(0.5)
        held, idle = process.look(), await process.looked(30)

        assert (held.queued, held.state) == (3, LineState.READY)
        assert set(idle) == {0.0}

    run(story())


def test_new_contacts_alone_show_as_such_beside_an_empty_lane() -> None:
    """A line has two lanes, and the one for replies is empty most of the time."""

    async def story() -> None:
        stage = DelayStage(replies={"A": 2})
        full = Usage(Quota(15, 15, 0), Quota(50, 20, 30))
        stage.line_facts.told(Told(None, None, dict.fromkeys(LINES, full), {}), stage.mono(), stage.now_ms())
        stage.sender.assigned([0, 2])
        process = Process(stage)
        empty = process.look()
        stage.request("new")
        await asyncio.sleep(0.5)
        waiting = process.look()

        assert (empty.state, waiting.state) == (LineState.READY, LineState.NEW_CONTACTS)

    run(story())


def test_the_sweep_and_the_certificate_are_asked_each_time() -> None:
    """So that one which stands still is seen; where there is neither, nothing is told."""

    async def story() -> None:
        stage = DelayStage()
        process = Process(stage)
        process.sender = None
        process.sampler.look(cast("Parts", process), Counter())
        without = [one for one in process.told if isinstance(one, SweepSeen | CertificateSeen)]
        process.sweeper = process.certificate = Asked()
        await asyncio.sleep(2)
        process.sampler.look(cast("Parts", process), Counter())

        assert without == []
        assert [one for one in process.told if isinstance(one, SweepSeen | CertificateSeen)] == [
            SweepSeen(3, 2000),
            CertificateSeen(77.0),
        ]

    run(story())
