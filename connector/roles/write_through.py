"""Tells Sendblue who has opted out, and who is in again, for the other programs of the account.

Nothing here rests on it: the optouts topic is what holds. So it is done in the background, one call after the other
within a small share of the account's requests, each tried a few times, the newest word of a number only. What waits
when the process ends is lost; Sendblue hears the common words by itself.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from connector.core.facts import Observer, OptOutWritten
from connector.core.looks import ACCOUNT_WINDOW_S, OPT_OUTS_SHARE
from connector.roles.watched import Watch

EVERY_S = ACCOUNT_WINDOW_S / OPT_OUTS_SHARE
TRIES = 6
AGAIN_S, LONGEST_S = 10.0, 300.0  # doubling: a number is tried for five minutes
MOST = 1_000  # numbers that wait: an hour and a half of work; of more the oldest is dropped


class SendbluesList(Protocol):
    """Sendblue's own list of opt-outs."""

    async def tell(self, number: str, out: bool) -> bool:
        """Put the contact on the list, or take it off; False when there was no good answer."""


class WriteThrough:
    """``want`` takes what is to be told. ``close`` gives up what waits."""

    def __init__(self, list_: SendbluesList, mono: Callable[[], float], observe: Observer) -> None:
        self._list, self._mono, self._observe = list_, mono, observe
        self._wanted: dict[str, tuple[bool, int, float]] = {}
        self._stir = asyncio.Event()
        self.watch = Watch()
        self._task = self.watch.start(self._run())

    def __len__(self) -> int:
        """Numbers that wait."""
        return len(self._wanted)

    def want(self, number: str, out: bool) -> None:
        """Tell this of the number, as soon as may be; what was to be told of it before is out of date."""
        self._wanted.pop(number, None)
        if len(self._wanted) >= MOST:
            self._drop(next(iter(self._wanted)))
        self._wanted[number] = (out, 0, self._mono())
        self._stir.set()

    async def close(self) -> None:
        """Tell no more."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            self._stir.clear()
            due = min(self._wanted, key=lambda number: self._wanted[number][2], default=None)
            left_s = None if due is None else self._wanted[due][2] - self._mono()
            if due is not None and left_s is not None and left_s <= 0:
                await self._tell(due)
                await asyncio.sleep(EVERY_S)
            else:
                await self._doze(left_s)

    async def _doze(self, seconds: float | None) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stir.wait()
        except TimeoutError:
            return

    async def _tell(self, number: str) -> None:
        asked = self._wanted[number]
        out, tries, _ = asked
        done = await self._list.tell(number, out)
        self._observe(OptOutWritten("ok" if done else "error"))
        if self._wanted.get(number) != asked:
            return  # another word came meanwhile
        if done:
            del self._wanted[number]
        elif tries + 1 >= TRIES:
            self._drop(number)
        else:
            again_s = min(AGAIN_S * 2**tries, LONGEST_S)
            self._wanted[number] = (out, tries + 1, self._mono() + again_s)

    def _drop(self, number: str) -> None:
        del self._wanted[number]
        self._observe(OptOutWritten("dropped"))
