"""One look at Sendblue's message list for one attempt: what it needs from the replica, and what it proves.

Three clocks meet here: grants carry the broker's time, rows Sendblue's, and the list is asked by ours. What the rows
prove is decided by ``core.proofs``.
"""

from dataclasses import replace
from typing import Protocol

from connector.core.clock_gap import UNKNOWN_GAP
from connector.core.messages import Dispatch
from connector.core.proofs import Listing, Proof, Text, judge, since_ms
from connector.core.records import LedgerRecord, Outcome, Result
from connector.core.views import LiveAttempt
from connector.replica import Replica


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


class ListProofs:
    """Looks for one replica, whose ledger tells the broker's time."""

    def __init__(self, replica: Replica, messages: MessageList, clocks: Clocks) -> None:
        self._replica, self._messages, self._clocks = replica, messages, clocks
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
        if listing is None or views.attempt(live.attempt) is None:
            return None
        by_broker = replace(listing, ahead_ms=listing.ahead_ms + gap_ms)
        candidates = views.candidates(live.contact, live.body)
        return judge(live.attempt, candidates, text, by_broker, views.claimed(live.contact))

    async def record(self, live: LiveAttempt, handle: str) -> None:
        """Append the proof until it is read back."""
        proof = Outcome(live.attempt, live.request_id, live.line, live.contact, Result.SUBMITTED, handle, "list")
        await self._replica.record(proof)

    def _noted(self, _: LedgerRecord) -> None:
        self._gap = self._gap.seen(self._clocks.now_ms() - self._replica.fold.log_ms, self._clocks.mono())
