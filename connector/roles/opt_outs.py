"""Hears who does not want to be texted, and makes it durable: from texts, status callbacks and Sendblue's refusals.

The optouts topic first, then the event; who asked is told only after both. A word that was said before is told again
under the same ``event_id``, so a repeat after a crash in between loses nothing. What is durable holds here at once, in
the other replicas when they read it. Whoever reads that a key is behind (``core.opt_outs``) waits a little for what may
be on its way, and then appends the word that holds.
"""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Protocol

from connector.core.callbacks import Report
from connector.core.events import MessageEvent
from connector.core.facts import Observer, OptOutHeard
from connector.core.identities import contact_hash
from connector.core.messages import SendRequest
from connector.core.numbers import number_of
from connector.core.opt_events import opt_event
from connector.core.opt_outs import OptedOut, Source, Word, said, told_out
from connector.core.requests import MAX_AHEAD_MS
from connector.core.steps import Held
from connector.roles.ends import loudly, surely
from connector.roles.watched import Watch

MEND_AFTER_S = 5.0  # a word of this process's own is read back in milliseconds; others may mend the same meanwhile

WriteThrough = Callable[[str, bool], None]


class Topics(Protocol):
    """Where words go. Each call returns once acknowledged, else raises PublishFailed."""

    async def opt_out(self, key: bytes, word: Word) -> None:
        """Append to the optouts topic."""

    async def event(self, event: MessageEvent) -> None:
        """Append to the events topic."""


class OptOuts:
    """``now_ms`` reads the wall clock; ``write_through`` is told how a person who spoke stands, and must not block."""

    def __init__(
        self,
        known: OptedOut,
        topics: Topics,
        hash_key: bytes,
        now_ms: Callable[[], int],
        observe: Observer,
    ) -> None:
        self.known = known
        self.watch = Watch()
        self.write_through: WriteThrough = lambda *_: None
        self._topics, self._hash_key, self._now_ms, self._observe = topics, hash_key, now_ms, observe
        self._mending: set[bytes] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    async def heard(self, number: str, text: str | None, at_ms: int) -> bool:
        """A person wrote this, at ``at_ms``: durable on return, whether it was such a word. Raises PublishFailed.

        ``number`` is the one of the person, in a group the member's.
        """
        out = said(text)
        if out is None:
            return False
        number = number_of(number)
        word, contact = self._word(at_ms, out, Source.INBOUND), _of(number, self._hash_key)
        await self._say(contact, number, word)
        if self.known.holds(contact, word):
            self.write_through(number, contact in self.known)
        return True

    async def told(self, report: Report) -> None:
        """A status callback: its recipient may have opted out. Durable on return. Raises PublishFailed."""
        if (number := told_out(report)) is not None:
            await self.flagged(number, report.date_updated_ms or self._now_ms())

    async def flagged(self, number: str, at_ms: int) -> None:
        """Sendblue says of this person that they have opted out. Durable on return. Raises PublishFailed."""
        number = number_of(number)
        await self._say(_of(number, self._hash_key), number, self._word(at_ms, True, Source.CALLBACK))

    def refused(self, held: Held, at_ms: int) -> None:
        """Sendblue refused a message for it. Published in the background: should it get lost, the next one tells."""
        number = held.dispatch.request.number
        if number is not None:
            word = self._word(at_ms, True, Source.REFUSAL)
            self._start(surely(lambda: self._say(held.contact, number, word), loudly("opt out", self._observe)))

    def read(self, key: bytes) -> None:
        """A record of the topic was read."""
        if self.known.is_behind(key) and key not in self._mending:
            self._mending.add(key)
            self._start(self._mend(key))

    def mend(self) -> None:
        """The topic was read to its end: see to all that is behind."""
        for key in self.known.behind():
            self.read(key)

    async def close(self) -> None:
        """Give up what is under way in the background."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _word(self, at_ms: int, out: bool, source: Source) -> Word:
        """A time to come would outlast every word until then; a little ahead of us is only another clock."""
        now_ms = self._now_ms()
        return Word(max(at_ms, 0) if at_ms <= now_ms + MAX_AHEAD_MS else now_ms, out, source)

    async def _say(self, contact: bytes, number: str, word: Word) -> None:
        for key in self.known.news(contact, word):
            await self._topics.opt_out(key, word)
            self.known.learn(key, word)
            self._observe(OptOutHeard("out" if word.out else "in", word.source))
        if self.known.holds(contact, word):
            await self._topics.event(opt_event(contact, number, word, self._now_ms()))

    async def _mend(self, key: bytes) -> None:
        await asyncio.sleep(MEND_AFTER_S)
        self._mending.discard(key)
        word = self.known.word(key)
        if word is not None and self.known.is_behind(key):
            await surely(lambda: self._topics.opt_out(key, word), loudly("opt out", self._observe))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = self.watch.start(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _of(number: str, hash_key: bytes) -> bytes:
    """The contact of a person, whatever is asked of it."""
    return contact_hash(SendRequest("", number=number), hash_key)
