"""Which request a handle belongs to, for the messages submitted last.

An account webhook names a message and no request. What the ledger has just told of it is kept for a while, so that
most of its statuses can be tied to their requests; the others are joined by handle. This proves nothing and settles
nothing: it is only read.
"""

from collections import OrderedDict

from connector.core.records import LedgerRecord, Outcome, Result
from connector.core.tokens import Claim

REMEMBERED = 20_000
"""About 7 MB; at ten messages a second, half an hour: most messages have ended by then."""


class RecentClaims:
    """The newest ``most`` handles."""

    def __init__(self, most: int = REMEMBERED) -> None:
        self._most = most
        self._claims: OrderedDict[str, Claim] = OrderedDict()

    def note(self, record: LedgerRecord) -> None:
        """Take a record of the ledger; the first attempt that a handle proves keeps it."""
        if isinstance(record, Outcome) and record.result is Result.SUBMITTED and record.detail not in self._claims:
            self._claims[record.detail] = Claim(record.request_id, record.attempt, 0)
            if len(self._claims) > self._most:
                self._claims.popitem(last=False)

    def of(self, handle: str | None) -> Claim | None:
        """Return the request and attempt of a message, None when they are not known."""
        return self._claims.get(handle or "")
