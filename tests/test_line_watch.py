"""The watch that keeps line facts fresh, in virtual time."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from connector.core.facts import Fact
from connector.core.line_facts import LineFacts, Quota, Room, State, Usage
from connector.core.sights import RoomsSeen
from connector.roles.line_watch import LONGEST_S, LineWatch, Pause, or_none
from tests.sender_stage import NOW_MS
from tests.virtual_time import run

A = "+13035550100"
USED = Usage(Quota(15, 5, 10), Quota(50, 20, 30))


@dataclass
class Stage:
    """One line; ``usage_of``: what Sendblue answers next, None for none; ``asked``: when it was asked for usage."""

    usage_of: Usage | None = USED
    state_of: State | None = None
    asked: list[float] = field(default_factory=list)
    seen: list[object] = field(default_factory=list)
    firsts: dict[str, int] = field(default_factory=dict)
    late: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.facts = LineFacts({A: "a"}, lambda: self.firsts)
        pause = Pause(60.0, lambda: 0.5)
        self.watch = LineWatch(self.facts, self, lambda: self.firsts, pause, self, self.observe)

    def observe(self, fact: Fact, /) -> None:
        self.seen.append(fact)

    def mono(self) -> float:
        return asyncio.get_running_loop().time()

    def now_ms(self) -> int:
        return NOW_MS

    async def listed(self) -> frozenset[str] | None:
        return frozenset({A}) if self.usage_of else None

    async def states(self) -> Mapping[str, State] | None:
        return {A: self.state_of} if self.state_of else None

    async def usage(self) -> Mapping[str, Usage] | None:
        self.asked.append(self.mono())
        self.firsts = {**self.firsts, **self.late}
        return {A: self.usage_of} if self.usage_of else None

    def room(self) -> Room:
        return self.facts.room("a", self.mono(), NOW_MS)


def test_it_asks_about_once_a_minute() -> None:
    """Soon after the start, then by the setting; what it learns is told as a sight."""

    async def story() -> None:
        stage = Stage()
        await asyncio.sleep(130)
        await stage.watch.close()
        await asyncio.sleep(600)

        assert stage.asked == [3.0, 63.0, 123.0]
        assert stage.room() == Room()
        assert [type(sight) for sight in stage.seen] == [RoomsSeen] * 3

    run(story())


def test_without_any_answer_it_asks_less_often() -> None:
    """The pause doubles up to ten minutes; the first answer ends that. Nothing is stopped meanwhile."""

    async def story() -> None:
        stage = Stage(usage_of=None)
        await asyncio.sleep(4_000)
        pauses = [after - before for before, after in zip(stage.asked, stage.asked[1:], strict=False)]
        stage.usage_of, stage.asked = Usage(), []
        await asyncio.sleep(1_000)

        assert pauses[:5] == [120, 240, 480, LONGEST_S, LONGEST_S]
        assert stage.asked[1] - stage.asked[0] == 60

    run(story())


def test_one_answer_of_three_is_enough() -> None:
    """An account whose plan has no usage still tells states."""

    async def story() -> None:
        stage = Stage(usage_of=None, state_of=State("offline"))  # type: ignore[arg-type]  # equal to the condition
        await asyncio.sleep(64)

        assert stage.asked == [3.0, 63.0]
        assert stage.facts.stopped("a", stage.mono(), NOW_MS)

    run(story())


def test_what_becomes_known_while_it_asks_is_counted() -> None:
    """Counted twice for a minute rather than never: the answer may be older than the ledger."""

    async def story() -> None:
        stage = Stage(late={"a": 2})
        await asyncio.sleep(10)
        once = stage.room()
        await asyncio.sleep(60)

        assert once == Room(True, 8, 28)
        assert stage.room() == Room(True, 10, 30)

    run(story())


def test_only_the_named_errors_are_no_answer() -> None:
    """A mistake of ours is not taken for a silent Sendblue."""

    async def fails() -> int:
        raise KeyError("ours")

    async def story() -> None:
        assert await or_none(fails, (KeyError,)) is None
        try:
            await or_none(fails, (OSError,))
        except KeyError:
            return
        raise AssertionError

    run(story())
