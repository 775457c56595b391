"""What is asked outside before texts go, in the background: a desk for each kind of question.

A question never holds up a line: it is put beside it, each once at a time, so many at once and no faster than its share
allows, in the order in which they came. An answer is remembered for a while and wakes the contact it was asked for.
What it means is decided by ``core.preparing``. A question that waits at the desk is put even if its record leaves for a
delay topic meanwhile: so the answer is there when it comes back.
"""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable
from hashlib import blake2b
from typing import Generic, Protocol, TypeVar, assert_never

from connector.core.inquiries import Inquiry, NoAnswer
from connector.core.preparing import (
    NOBODY_TO_ASK,
    NOTHING_ASKED,
    NOTHING_SET,
    Known,
    Media,
    Preparing,
    link_to_upload,
    needs_imessage,
)
from connector.core.steps import Held, Question
from connector.roles.watched import Watch

Q = TypeVar("Q")
T = TypeVar("T")

MAX_REMEMBERED = 50_000  # questions of a desk, answered or not: about 10 MB
MAX_WAITING = 2_000  # at a desk: four full windows; what finds no room asks again a moment later
NO_ROOM_S = 5.0
SLOWEST_RATE = 0.1  # a second, for a replica that has just lost its lines


class Clocks(Protocol):
    """The boot-time clock in seconds."""

    def mono(self) -> float:
        """Boot-time seconds."""


class Desk(Generic[Q, T]):
    """One kind of question. ``ask`` raises nothing; ``keep_s``: how long an answer is believed, in seconds.

    ``at_once``: questions under way together; ``rate``: how many a second; ``jitter``: random in [0, 1); ``wake`` is
    told the contact that waits.
    """

    def __init__(
        self,
        ask: Callable[[Q], Awaitable[T | NoAnswer]],
        keep_s: Callable[[T], float],
        clocks: Clocks,
        jitter: Callable[[], float],
        wake: Callable[[tuple[bytes, ...]], None],
        *,
        at_once: int,
        rate: Callable[[], float],
    ) -> None:
        self._ask, self._keep_s, self._clocks = ask, keep_s, clocks
        self._jitter, self._wake, self._at_once, self._rate = jitter, wake, at_once, rate
        self._asked: OrderedDict[bytes, Inquiry[T]] = OrderedDict()
        self._waiting: deque[tuple[bytes, Q, bytes]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._next_at = float("-inf")
        self.watch = Watch()

    def __len__(self) -> int:
        """Questions remembered."""
        return len(self._asked)

    def state(self, key: bytes) -> Inquiry[T]:
        """What is known of the question with this key."""
        return self._asked.get(key) or Inquiry()

    def put(self, key: bytes, question: Q, contact: bytes) -> None:
        """Put the question in its turn, unless it is under way."""
        now, inquiry = self._clocks.mono(), self.state(key)
        if inquiry.asking:
            return None
        if len(self._waiting) >= MAX_WAITING:
            return self._note(key, inquiry.put_off(now + NO_ROOM_S))
        self._note(key, inquiry.asked(now))
        self._waiting.append((key, question, contact))
        if len(self._tasks) < self._at_once:
            self._tasks.add(self.watch.start(self._work()))
        return None

    async def close(self) -> None:
        """Give up the questions under way."""
        self._waiting.clear()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        """Until nothing waits; out of the set at once then, so that what is put next starts another task."""
        while self._waiting:
            key, question, contact = self._waiting.popleft()
            await self._turn()
            answer = await self._ask(question)
            self._note(key, self._heard(self.state(key), answer))
            self._wake((contact,))
        if (task := asyncio.current_task()) is not None:
            self._tasks.discard(task)

    async def _turn(self) -> None:
        """Wait until the share of requests allows one more."""
        now = self._clocks.mono()
        mine = max(self._next_at, now)
        self._next_at = mine + 1.0 / max(self._rate(), SLOWEST_RATE)
        await asyncio.sleep(mine - now)

    def _heard(self, inquiry: Inquiry[T], answer: T | NoAnswer) -> Inquiry[T]:
        now = self._clocks.mono()
        if isinstance(answer, NoAnswer):
            return inquiry.failed(now, self._jitter(), answer.retry_after_s)
        return inquiry.answered(answer, now + self._keep_s(answer))

    def _note(self, key: bytes, inquiry: Inquiry[T]) -> None:
        self._asked[key] = inquiry
        self._asked.move_to_end(key)
        if len(self._asked) > MAX_REMEMBERED:
            del self._asked[next(known for known, old in self._asked.items() if not old.asking)]


class Preparations:
    """What records need before they go. Without desks nothing can be asked, and what needs an answer waits."""

    def __init__(
        self,
        preparing: Preparing = NOTHING_SET,
        services: Desk[str, str] | None = None,
        files: Desk[str, Media] | None = None,
    ) -> None:
        self._preparing, self._services, self._files = preparing, services, files

    def known(self, held: Held) -> Known:
        """What is known of this record's questions: nothing, at no cost, of one that has none."""
        request = held.dispatch.request
        if request.media_url is None and not needs_imessage(request, self._preparing):
            return NOTHING_ASKED
        if self._services is None or self._files is None:
            return NOBODY_TO_ASK
        link = link_to_upload(request)
        media = NOTHING_ASKED.media if link is None else self._files.state(_link_key(link))
        return Known(self._services.state(held.contact), media)

    def ask(self, held: Held, question: Question) -> None:
        """Put this question about the record."""
        request, link = held.dispatch.request, link_to_upload(held.dispatch.request)
        match question:
            case Question.SERVICE:
                if self._services is not None and request.number is not None:
                    self._services.put(held.contact, request.number, held.contact)
            case Question.MEDIA:
                if self._files is not None and link is not None:
                    self._files.put(_link_key(link), link, held.contact)
            case _:
                assert_never(question)


def _link_key(link: str) -> bytes:
    """16 bytes: a link may have 2,048 characters, and holds what gives the file out."""
    return blake2b(link.encode("utf-8", "surrogatepass"), digest_size=16).digest()
