"""What is told to Sendblue of opt-outs: slowly, again where it was not taken, and the newest word of a number only."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from connector.core.facts import Fact, OptOutWritten
from connector.roles.write_through import EVERY_S, MOST, TRIES, WriteThrough
from tests.virtual_time import run

A, B = "+12025550123", "+12025550124"


class List:
    """Sendblue's list, which takes nothing while it is ``away``; every call as (time, number, out)."""

    def __init__(self, away: Callable[[], bool] = lambda: False) -> None:
        self.calls: list[tuple[float, str, bool]] = []
        self.facts: list[Fact] = []
        self._away = away
        self.on_call: Callable[[], None] = lambda: None

    async def tell(self, number: str, out: bool) -> bool:
        self.calls.append((self.mono(), number, out))
        await asyncio.sleep(0.5)
        self.on_call()
        return not self._away()

    def mono(self) -> float:
        return asyncio.get_running_loop().time()

    @property
    def results(self) -> list[str]:
        return [fact.result for fact in self.facts if isinstance(fact, OptOutWritten)]


def played(list_: List, story: Callable[[WriteThrough], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        writer = WriteThrough(list_, list_.mono, list_.facts.append)
        await story(writer)
        await writer.close()

    run(whole())


def test_one_call_after_the_other_within_its_share() -> None:
    """Whoever wants it told never waits; the calls are far apart."""
    list_ = List()

    async def story(writer: WriteThrough) -> None:
        writer.want(A, True)
        writer.want(B, True)
        await asyncio.sleep(60)
        writer.want(A, False)
        await asyncio.sleep(60)

        assert [call[1:] for call in list_.calls] == [(A, True), (B, True), (A, False)]
        assert list_.calls[1][0] - list_.calls[0][0] >= EVERY_S
        assert (list_.results, len(writer)) == (["ok"] * 3, 0)

    played(list_, story)


def test_what_is_not_taken_is_told_again_and_at_last_dropped() -> None:
    """Ever more slowly, a few times; others are not held up."""
    away = [True]
    list_ = List(lambda: away[0])

    async def story(writer: WriteThrough) -> None:
        writer.want(A, True)
        await asyncio.sleep(15)
        away[0] = False
        writer.want(B, True)
        await asyncio.sleep(30)
        took = list_.results
        away[0] = True
        writer.want(A, False)
        await asyncio.sleep(3_600)

        assert took.count("ok") == 2
        assert list_.results[len(took) :] == ["error"] * TRIES + ["dropped"]
        assert len(writer) == 0

    played(list_, story)


def test_a_newer_word_takes_the_place_of_the_older() -> None:
    """Also of the one that is being told."""
    list_ = List()

    async def story(writer: WriteThrough) -> None:
        def changed() -> None:
            list_.on_call = lambda: None
            writer.want(A, False)

        list_.on_call = changed
        writer.want(A, False)
        writer.want(A, True)
        await asyncio.sleep(60)

        assert [call[1:] for call in list_.calls] == [(A, True), (A, False)]

    played(list_, story)


def test_what_waits_is_bounded() -> None:
    """The oldest goes, and is counted."""
    list_ = List(lambda: True)

    async def story(writer: WriteThrough) -> None:
        for n in range(MOST + 3):
            writer.want(f"+1202{n:07d}", True)

        assert (len(writer), list_.results) == (MOST, ["dropped"] * 3)

    played(list_, story)
