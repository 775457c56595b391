"""Attempts in doubt whose records this replica holds: looks at Sendblue's message list, in the background.

A look never holds up a line: it runs beside it, and what it proves is appended to the ledger, whose tail wakes the
record. One look at a time for an attempt, within the replica's share of the account's requests. What the rows prove is
decided by ``core.proofs``, when to look by ``core.looks``. What was seen so far is kept here only; whoever takes the
record over begins anew.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from connector.core.facts import DoubtLooked, DoubtSettled, Observer
from connector.core.looks import Allowance, next_look_s
from connector.core.proofs import Absent, Ambiguous, Proved, Text
from connector.core.records import LedgerRecord, Outcome, Park
from connector.core.resend import NOTHING_SEEN, Absence
from connector.core.steps import Held
from connector.core.views import LiveAttempt
from connector.roles.list_proofs import Clocks, ListProofs
from connector.roles.replica import Replica
from connector.roles.watched import Watch

BUSY_S = 1.0  # when the share of requests is used up: asked again this much later


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
        proofs: ListProofs,
        clocks: Clocks,
        rate: Callable[[], float],
        wake: Callable[[tuple[bytes, ...]], None],
        observe: Observer,
    ) -> None:
        self._replica, self._proofs, self._clocks = replica, proofs, clocks
        self._rate, self._wake, self._observe = rate, wake, observe
        self._doubts: dict[str, _Doubt] = {}
        self._allowance = Allowance(1.0, clocks.mono())
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
        text = self._proofs.text(held.dispatch, live.line) if live else None
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
        attempt = live.attempt
        proof = await self._proofs.of(live, text, newest=newest)
        if proof is None:
            return
        self._observe(DoubtLooked(type(proof).__name__.lower()))
        if isinstance(proof, Proved):
            await self._proofs.record(live, proof.handle)
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
        """Whatever the ledger says of the attempt ends the doubt."""
        if not isinstance(record, Outcome | Park) or self._doubts.pop(record.attempt, None) is None:
            return
        settled = record.via if isinstance(record, Outcome) else "parked"
        self._observe(DoubtSettled(settled))
