"""Attempts in doubt whose records this replica holds: looks at Sendblue's message list, in the background.

A look never holds up a line: it runs beside it, and what it proves is appended to the ledger, whose tail wakes the
record. One look at a time for an attempt, within the replica's share of the account's requests. What the rows prove is
decided by ``core.proofs``, when to look by ``core.looks``. What was seen so far is kept here only; whoever takes the
record over begins anew.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

from connector.core.clock_gap import UNKNOWN_GAP
from connector.core.facts import DoubtLooked, DoubtSettled, Observer
from connector.core.looks import Allowance, next_look_s
from connector.core.messages import Dispatch
from connector.core.proofs import Absent, Ambiguous, Listing, Proved, Text, judge, since_ms
from connector.core.records import LedgerRecord, Outcome, Park, Result
from connector.core.resend import NOTHING_SEEN, Absence
from connector.core.steps import Held
from connector.core.views import LiveAttempt
from connector.replica import Replica
from connector.watched import Watch

BUSY_S = 1.0  # when the share of requests is used up: asked again this much later


class MessageList(Protocol):
    """Sendblue's message list, as far as attempts in doubt need it."""

    def text(self, dispatch: Dispatch, line: str) -> Text | None:
        """What a row of this text from this line shows; None where the list cannot tell: a group, a line we lack."""

    async def outbound(self, number: str, since_ms: int, *, newest: bool) -> Listing | None:
        """Read what went to this number since then; ``newest``: and how far the list has got. None: no answer."""


class Clocks(Protocol):
    """The two clocks: the boot-time clock in seconds, the wall clock in milliseconds."""

    def mono(self) -> float:
        """Boot-time seconds."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""


@dataclass(frozen=True, slots=True)
class _Doubt:
    """What was seen of one attempt; ``looking``: a look is under way, ``not_before``: of the next one."""

    looks: int = 0
    absence: Absence = NOTHING_SEEN
    looking: bool = False
    not_before: float = float("-inf")


class Doubts:
    """``rate``: looks a second this replica may make. ``wake`` is told the contact whose attempt was looked at."""

    def __init__(
        self,
        replica: Replica,
        messages: MessageList,
        clocks: Clocks,
        rate: Callable[[], float],
        wake: Callable[[tuple[bytes, ...]], None],
        observe: Observer,
    ) -> None:
        self._replica, self._messages, self._clocks = replica, messages, clocks
        self._rate, self._wake, self._observe = rate, wake, observe
        self._doubts: dict[str, _Doubt] = {}
        self._allowance = Allowance(1.0, clocks.mono())
        self._gap = UNKNOWN_GAP
        self._tasks: set[asyncio.Task[None]] = set()
        self.watch = Watch()
        replica.on_record(self._noted)

    def __len__(self) -> int:
        """Attempts in doubt of records held here."""
        return len(self._doubts)

    def began(self, attempt: str) -> None:
        """The fate of this attempt is unknown, unless the ledger has settled it meanwhile."""
        if self._replica.views.attempt(attempt) is not None:
            self._doubts.setdefault(attempt, _Doubt())

    def look_at(self, attempt: str) -> float | None:
        """Return when the next look is due, monotonic seconds; None while one is under way, or without a grant."""
        doubt, live = self._doubts.get(attempt, _Doubt()), self._replica.views.attempt(attempt)
        if live is None or doubt.looking:
            return None
        return max(live.read_at + next_look_s(doubt.looks), doubt.not_before)

    def absence(self, attempt: str) -> Absence:
        """Return what looks have said of the attempt's absence so far."""
        return self._doubts.get(attempt, _Doubt()).absence

    def look(self, held: Held, attempt: str, *, newest: bool) -> None:
        """Begin a look; ``newest``: also learn how far the list has got, at the price of a second request."""
        self.began(attempt)
        now, live = self._clocks.mono(), self._replica.views.attempt(attempt)
        text = self._messages.text(held.dispatch, live.line) if live else None
        if live is None or text is None:
            return self._note(attempt, not_before=float("inf"))
        left = self._allowance.take(now, self._rate(), 2 if newest else 1)
        if left is None:
            return self._note(attempt, not_before=now + BUSY_S)
        self._allowance = left
        self._note(attempt, looking=True)
        task = self.watch.start(self._look(live, text, newest))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return None

    async def close(self) -> None:
        """Give up the looks under way."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _look(self, live: LiveAttempt, text: Text, newest: bool) -> None:
        await self._read(live, text, newest)
        if (doubt := self._doubts.get(live.attempt)) is not None:
            self._note(live.attempt, looking=False, looks=doubt.looks + 1)
        self._wake((live.contact,))

    async def _read(self, live: LiveAttempt, text: Text, newest: bool) -> None:
        views, attempt, gap_ms = self._replica.views, live.attempt, self._gap.ms
        if views.attempt(attempt) is None:
            return
        since = since_ms(attempt, views.candidates(live.contact, live.body)) + gap_ms
        listing = await self._messages.outbound(text.number, since, newest=newest)
        if listing is None or views.attempt(attempt) is None:
            return
        by_broker = replace(listing, ahead_ms=listing.ahead_ms + gap_ms)
        candidates = views.candidates(live.contact, live.body)
        proof = judge(attempt, candidates, text, by_broker, views.claimed(live.contact))
        self._observe(DoubtLooked(type(proof).__name__.lower()))
        if isinstance(proof, Proved):
            await self._replica.record(_submitted(live, proof.handle))
        elif (doubt := self._doubts.get(attempt)) is not None:
            self._note(attempt, absence=self._absence(doubt, proof))

    def _absence(self, doubt: _Doubt, proof: Absent | Ambiguous) -> Absence:
        """A row that may be ours takes back whatever was said of absence."""
        if isinstance(proof, Ambiguous):
            return NOTHING_SEEN
        return doubt.absence.seen(self._clocks.mono(), proof.newer_visible)

    def _note(self, attempt: str, **changes: Any) -> None:
        if attempt in self._doubts:
            self._doubts[attempt] = replace(self._doubts[attempt], **changes)

    def _noted(self, record: LedgerRecord) -> None:
        """Whatever the ledger says of the attempt ends the doubt; every record tells the broker's time."""
        clocks = self._clocks
        self._gap = self._gap.seen(clocks.now_ms() - self._replica.fold.log_ms, clocks.mono())
        if not isinstance(record, Outcome | Park) or self._doubts.pop(record.attempt, None) is None:
            return
        settled = record.via if isinstance(record, Outcome) else "parked"
        self._observe(DoubtSettled(settled))


def _submitted(live: LiveAttempt, handle: str) -> Outcome:
    return Outcome(live.attempt, live.request_id, live.line, live.contact, Result.SUBMITTED, handle, "list")
