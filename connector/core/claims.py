"""Handles that the ledger knows already: what a look at the message list must not prove a second time.

A handle proves one attempt only. A look at Sendblue's list begins a little before the grant of the attempt in doubt, so
what must be known is every SUBMITTED of that contact from shortly before the grant on. Submissions of all contacts are
kept for a minute of log time; those of a contact with live attempts until it has none. So this holds a few thousand
handles, not those of three days.
"""

from collections import deque

KEEP_MS = 60_000
"""More than a row may seem older than its grant (``proofs.BEFORE_MS``) plus the time an OUTCOME takes to the ledger."""


class Claims:
    """Handles by contact. ``log_ms`` is log time, which never goes back."""

    def __init__(self) -> None:
        self._handles: dict[bytes, list[tuple[int, str]]] = {}
        self._recent: deque[tuple[int, bytes]] = deque()
        self._live: set[bytes] = set()

    def __len__(self) -> int:
        return sum(map(len, self._handles.values()))

    def of(self, contact: bytes) -> frozenset[str]:
        """Return the handles known for the contact."""
        return frozenset(handle for _, handle in self._handles.get(contact, ()))

    def submitted(self, contact: bytes, handle: str, log_ms: int) -> None:
        """A SUBMITTED of the contact was read."""
        self._handles.setdefault(contact, []).append((log_ms, handle))
        self._recent.append((log_ms, contact))
        self._forget(log_ms)

    def began(self, contact: bytes) -> None:
        """The contact has a live attempt: keep what is known of it."""
        self._live.add(contact)

    def ended(self, contact: bytes, log_ms: int) -> None:
        """The contact has no live attempt any more."""
        self._live.discard(contact)
        self._trim(contact, log_ms)

    def _forget(self, log_ms: int) -> None:
        while self._recent and log_ms - self._recent[0][0] > KEEP_MS:
            _, contact = self._recent.popleft()
            if contact not in self._live:
                self._trim(contact, log_ms)

    def _trim(self, contact: bytes, log_ms: int) -> None:
        kept = [one for one in self._handles.get(contact, ()) if log_ms - one[0] <= KEEP_MS]
        if kept:
            self._handles[contact] = kept
        else:
            self._handles.pop(contact, None)
