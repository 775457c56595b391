"""The reconciler: parked requests to their end, and the contacts topic from the ledger. One is active at a time.

It holds every parked record and compares each with the fold, at every change of the ledger and once a second. It is the
only writer of ``contacts``: which line each contact is bound to, and how far in the ledger that is known, so that a
replica whose ledger begins later knows whether it has everything. Beside it the same instance sweeps (``sweeper.py``).

Each write of ``contacts`` waits until the fold has all that the ledger holds by then. One that stood still, and has not
heard that another took over, would else write a contact's old line over its new one, and nobody would write that again.
What is ugly: one that stands still between that look and its write does so all the same.
"""

import asyncio
from collections.abc import Callable, Collection
from contextlib import suppress
from dataclasses import replace
from typing import NamedTuple, Protocol

from connector.core.facts import Observer
from connector.core.parking import UNSETTLED, DropNow, Keep, Reproduce, next_of, stands_otherwise
from connector.core.records import Resolution, Resolve
from connector.core.sights import ParkedSeen
from connector.core.steps import Held, Owe
from connector.roles.ends import Ends, PublishFailed
from connector.roles.list_proofs import LogEnd
from connector.roles.replica import Replica
from connector.roles.watched import Shift, Watch

LOOK_S = 1.0  # how often every parked record is looked at; a change of the ledger is seen at the next look
CONTACTS_EVERY = 5  # looks between two writes of the contacts topic
CATCH_UP_S = 1.0  # how long a write of it waits for the fold; the next one comes soon
AT_ONCE = 500  # contacts on their way to it: a line's move brings a hundred thousand, and nobody looks meanwhile


class ParkedRecord(NamedTuple):
    """A record of the parked topic: the request, whole, the attempt nobody could prove, and the record's time."""

    held: Held
    attempt: str
    parked_ms: int = 0


class Binding(NamedTuple):
    """A record of the contacts topic. ``grant_offset``: of the parked attempt that alone made it, else None."""

    contact: bytes
    line: str
    grant_offset: int | None


class Contacts(Protocol):
    """The contacts topic. Each call returns once acknowledged, else raises PublishFailed."""

    async def write(self, binding: Binding, ledger_offset: int) -> None:
        """Write one contact's line."""

    async def reached(self, ledger_offset: int) -> None:
        """Say that all bindings up to this offset of the ledger are written."""


class Reconciler:
    """Takes the parked topic from its beginning while it is the active one. ``mono``: monotonic seconds."""

    def __init__(
        self,
        replica: Replica,
        ends: Ends,
        contacts: Contacts,
        mono: Callable[[], float],
        observe: Observer,
        log_end: LogEnd,
    ) -> None:
        self._replica, self._ends, self._contacts = replica, ends, contacts
        self._mono, self._observe, self._log_end = mono, observe, log_end
        self._parked: dict[bytes, ParkedRecord] = {}
        self._otherwise: dict[bytes, float] = {}
        self._unwritten: set[bytes] = set()
        self._reached = -1
        self.watch = Watch()
        self._shift = Shift(self.watch)

    def __len__(self) -> int:
        """Requests parked now."""
        return len(self._parked)

    def begin(self) -> None:
        """This instance is the active one."""
        self._parked.clear()
        self._otherwise.clear()
        self._shift.begin(self._run())

    def drop(self) -> None:
        """Another instance has taken over already: nothing more is begun here, from this moment on."""
        self._shift.drop()

    async def end(self) -> None:
        """Another instance takes over, or the connector stops."""
        await self._shift.end()

    def parked(self) -> Collection[ParkedRecord]:
        """Return the requests parked now."""
        return self._parked.values()

    def record(self, key: bytes, parked: ParkedRecord | None) -> None:
        """Take the next record of the parked topic; None is a tombstone."""
        if parked is None:
            self._parked.pop(key, None)
            self._otherwise.pop(key, None)
        else:
            self._parked[key] = parked

    async def _run(self) -> None:
        await self._replica.restored.wait()
        looks = 0
        while True:
            await self.look()
            if looks % CONTACTS_EVERY == 0:
                await self.write_contacts()
            looks += 1
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Compare every parked record with the fold once."""
        self._observe(ParkedSeen(len(self._parked)))
        for key, parked in list(self._parked.items()):
            await self._settle(key, parked)

    async def write_contacts(self) -> None:
        """Write the bindings that changed since the last time, then how far they reach."""
        end = await self._log_end()
        if end is None or not await self._replica.has_read(end, CATCH_UP_S):
            return
        reached = self._replica.next_offset - 1
        self._unwritten |= self._replica.views.moved_contacts()
        moved = sorted(self._unwritten)
        for at in range(0, len(moved), AT_ONCE):
            written = await asyncio.gather(*(self._write(contact, reached) for contact in moved[at : at + AT_ONCE]))
            if not all(written):
                return
        with suppress(PublishFailed):
            if reached > self._reached:
                await self._contacts.reached(reached)
                self._reached = reached

    async def _write(self, contact: bytes, reached: int) -> bool:
        """Whether the contact's line is written now; the next time waits for this one, so that the last counts."""
        try:
            await self._contacts.write(self._binding(contact), reached)
        except PublishFailed:
            return False
        self._unwritten.discard(contact)
        return True

    def _binding(self, contact: bytes) -> Binding:
        views = self._replica.views
        return Binding(contact, views.line_of(contact) or "", views.bound_by_park(contact))

    async def _settle(self, key: bytes, parked: ParkedRecord) -> None:
        held, attempt, parked_ms = parked
        request_id = held.dispatch.request.request_id
        standing, seen_to = self._replica.fold.standing(request_id), self._replica.next_offset
        other_for_s = self._other_for_s(key, stands_otherwise(attempt, standing))
        step = next_of(held, attempt, standing, self._replica.fold.log_ms, other_for_s, parked_ms)
        match step:
            case Keep():
                pass
            case DropNow():
                await self._replica.record(self._dropped(parked))
            case Reproduce():
                back = replace(held.dispatch, after_ledger=seen_to)
                await self._ends.dispatch(back)
                await self._gone(key, parked)
            case Owe():
                await self._ends.owed(held, step)
                await self._gone(key, parked)

    async def _gone(self, key: bytes, parked: ParkedRecord) -> None:
        await self._ends.unpark(parked.held, parked.attempt)
        self.record(key, None)

    def _dropped(self, parked: ParkedRecord) -> Resolve:
        dispatch, contact = parked.held.dispatch, parked.held.contact
        request_id, drop = dispatch.request.request_id, Resolution.DROP
        return Resolve(parked.attempt, request_id, dispatch.origin, dispatch.line, contact, drop, UNSETTLED)

    def _other_for_s(self, key: bytes, otherwise: bool) -> float:
        if not otherwise:
            self._otherwise.pop(key, None)
            return 0.0
        return self._mono() - self._otherwise.setdefault(key, self._mono())
