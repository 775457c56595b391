"""A desk: questions in the background, each once, in turn, within a share; in virtual time."""

import asyncio
from collections.abc import Callable

from connector.core.inquiries import NoAnswer
from connector.roles import inquiring
from connector.roles.inquiring import Desk
from tests.virtual_time import run

KEY, CONTACT = b"k", b"contact"


class Asked:
    """Whom a desk asks: notes when, and answers after ``takes_s``."""

    def __init__(self, answer: str | NoAnswer = "yes", takes_s: float = 1.0, keep_s: float = 60.0) -> None:
        self.answer, self.takes_s = answer, takes_s
        self.at: list[tuple[float, str]] = []
        self.under_way = self.most = 0
        self.woken: list[bytes] = []
        self.rate = 10.0
        self.desk: Desk[str, str] = Desk(
            self.ask, lambda _: keep_s, self, lambda: 0.0, self.wake, at_once=2, rate=lambda: self.rate
        )

    def mono(self) -> float:
        return asyncio.get_running_loop().time()

    async def ask(self, question: str) -> str | NoAnswer:
        self.at.append((self.mono(), question))
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(self.takes_s)
        self.under_way -= 1
        return self.answer

    def wake(self, names: tuple[bytes, ...]) -> None:
        self.woken += names

    def questions(self, count: int) -> None:
        for n in range(count):
            self.desk.put(b"%d" % n, str(n), b"c%d" % n)


def story(tell: Callable[[Asked], None], after_s: float = 100.0, **how: float) -> Asked:
    """An Asked after whatever is told to it, and some time."""

    async def main() -> Asked:
        asked = Asked(**how)  # type: ignore[arg-type]  # numbers by name
        tell(asked)
        await asyncio.sleep(after_s)
        return asked

    return run(main())


def test_a_question_is_put_once_and_its_answer_wakes_the_contact() -> None:
    """However often it is put meanwhile."""

    def twice(asked: Asked) -> None:
        asked.desk.put(KEY, "q", CONTACT)
        asked.desk.put(KEY, "q", CONTACT)
        assert asked.desk.state(KEY).asking

    asked = story(twice, 1.5)

    assert asked.at == [(0.0, "q")]
    assert asked.woken == [CONTACT]
    assert asked.desk.state(KEY).known(60.0) == "yes"
    assert asked.desk.state(KEY).known(61.0) is None


def test_questions_go_in_turn_so_many_at_once() -> None:
    """First come, first asked."""
    asked = story(lambda asked: asked.questions(6))

    assert [question for _, question in asked.at] == ["0", "1", "2", "3", "4", "5"]
    assert asked.most == 2


def test_no_faster_than_the_share() -> None:
    """One a second, however quick the answers are; a replica without lines still gets one in ten seconds."""

    def slowly(asked: Asked) -> None:
        asked.rate = 1.0
        asked.questions(4)

    def alone(asked: Asked) -> None:
        asked.rate = 0.0
        asked.questions(2)

    assert [at for at, _ in story(slowly, takes_s=0.01).at] == [0.0, 1.0, 2.0, 3.0]
    assert [at for at, _ in story(alone, takes_s=0.01).at] == [0.0, 10.0]


def test_no_answer_wakes_too_and_is_remembered_as_a_failure() -> None:
    """The record looks again, and asks when it is time."""

    def failing(asked: Asked) -> None:
        asked.answer = NoAnswer(30.0)
        asked.desk.put(KEY, "q", CONTACT)

    asked = story(failing, 1.5)

    assert asked.woken == [CONTACT]
    assert asked.desk.state(KEY).backoff.until == 31.0
    assert asked.desk.state(KEY).failing_since == 1.0


def test_a_question_that_an_answer_brings_up_is_put() -> None:
    """Whoever was woken asks before the loop has seen that the desk's one task is over: it is not left lying."""

    async def main() -> list[tuple[float, str]]:
        asked = Asked()

        def woken(_: tuple[bytes, ...]) -> None:
            if len(asked.at) == 1:
                asyncio.get_running_loop().call_soon(desk.put, b"next", "next", CONTACT)

        desk: Desk[str, str] = Desk(asked.ask, lambda _: 60.0, asked, lambda: 0.0, woken, at_once=1, rate=lambda: 10.0)
        desk.put(KEY, "q", CONTACT)
        await asyncio.sleep(100)
        return asked.at

    assert [question for _, question in run(main())] == ["q", "next"]


def test_a_full_desk_puts_off() -> None:
    """What finds no room is not under way, and may be put again a moment later."""
    asked = story(lambda asked: asked.questions(inquiring.MAX_WAITING + 10), 0.0)
    last = asked.desk.state(b"%d" % (inquiring.MAX_WAITING + 9))

    assert (last.asking, last.backoff.until, last.failing_since) == (False, inquiring.NO_ROOM_S, None)


def test_what_is_remembered_is_bounded() -> None:
    """The oldest answers are forgotten, what is under way is not."""

    async def main() -> tuple[int, bool, bool]:
        asked = Asked(takes_s=1e9)
        asked.desk.put(b"under way", "q", CONTACT)
        await asyncio.sleep(0.1)
        asked.takes_s, asked.rate = 0.0, 1e9
        for n in range(inquiring.MAX_REMEMBERED + 100):
            asked.desk.put(b"%d" % n, "q", CONTACT)
            await asyncio.sleep(0)
            await asyncio.sleep(0)
        desk = asked.desk
        return len(desk), desk.state(b"under way").asking, desk.state(b"0").asking

    assert run(main()) == (inquiring.MAX_REMEMBERED, True, False)


def test_a_stop_gives_up_what_is_under_way() -> None:
    """Nothing is asked after it."""

    async def main() -> list[tuple[float, str]]:
        asked = Asked()
        asked.questions(4)
        await asyncio.sleep(0.5)
        await asked.desk.close()
        await asyncio.sleep(60)
        return asked.at

    assert [question for _, question in run(main())] == ["0", "1"]
