"""One look at Sendblue's message list for one attempt: what it needs from the replica, and what it proves.

Three clocks meet here: grants carry the broker's time, rows Sendblue's, and the list is asked by ours. What the rows
prove is decided by ``core.proofs``.

A row whose attempt our fold has not read yet would be taken for ours, and a text that never went out for sent. Whoever
wrote it had its grant in the ledger before; so between the list and the judgement the ledger is read up to the end it
has by then.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol, TypeAlias

from connector.core.clock_gap import UNKNOWN_GAP
from connector.core.messages import Dispatch
from connector.core.proofs import Listing, Proof, Text, judge, since_ms
from connector.core.records import LedgerRecord, Outcome, Result
from connector.core.views import LiveAttempt
from connector.roles.replica import Replica


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


LogEnd: TypeAlias = Callable[[], Awaitable[int | None]]
"""Where the ledger ends now: the offset after its last record. None without an answer."""
CATCH_UP_S = 10.0  # a replica this far behind proves nothing; the next look may


class ListProofs:
    """Looks for one replica, whose ledger tells the broker's time."""

    def __init__(self, replica: Replica, messages: MessageList, clocks: Clocks, log_end: LogEnd) -> None:
        self._replica, self._messages, self._clocks, self._log_end = replica, messages, clocks, log_end
        self._gap = UNKNOWN_GAP
        replica.on_record(self._noted)

    def text(self, dispatch: Dispatch, line: str) -> Text | None:
        """What a row of the attempt's text shows, None where the list cannot tell."""
        return self._messages.text(dispatch, line)

    async def of(self, live: LiveAttempt, text: Text, *, newest: bool) -> Proof | None:
        """Look once; None without an answer, and when the attempt was settled meanwhile."""
        views, gap_ms = self._replica.views, self._gap.ms
        if views.attempt(live.attempt) is None:
            return None
        since = since_ms(live.attempt, views.candidates(live.contact, live.body)) + gap_ms
        listing = await self._messages.outbound(text.number, since, newest=newest)
        if listing is None or not await self._caught_up() or views.attempt(live.attempt) is None:
            return None
        by_broker = replace(listing, ahead_ms=listing.ahead_ms + gap_ms)
        candidates = views.candidates(live.contact, live.body)
        return judge(live.attempt, candidates, text, by_broker, views.claimed(live.contact))

    async def _caught_up(self) -> bool:
        """True once whatever the ledger holds now has been read here."""
        end = await self._log_end()
        return end is not None and await self._replica.has_read(end, CATCH_UP_S)

    async def record(self, live: LiveAttempt, handle: str) -> None:
        """Append the proof until it is read back."""
        proof = Outcome(live.attempt, live.request_id, live.line, live.contact, Result.SUBMITTED, handle, "list")
        await self._replica.record(proof)

    def _noted(self, _: LedgerRecord) -> None:
        self._gap = self._gap.seen(self._clocks.now_ms() - self._replica.fold.log_ms, self._clocks.mono())
