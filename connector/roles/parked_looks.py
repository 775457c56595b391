"""Parked attempts, looked for in Sendblue's message list: rarely, and by the active reconciler alone.

An attempt is parked when nobody could prove it; the list may show it all the same, later. What a look proves goes to
the ledger, and the reconciler's comparison with it then ends the parked record.
"""

from collections.abc import Callable, Collection

from connector.core.facts import DoubtLooked, Observer
from connector.core.looks import parked_look_is_due
from connector.core.proofs import Proved
from connector.core.standing import Status
from connector.roles.list_proofs import ListProofs
from connector.roles.reconciler import ParkedRecord
from connector.roles.replica import Replica
from connector.roles.sweeper import Turn


class ParkedLooks:
    """``parked``: the records parked now."""

    def __init__(
        self,
        replica: Replica,
        proofs: ListProofs,
        parked: Callable[[], Collection[ParkedRecord]],
        now_ms: Callable[[], int],
        observe: Observer,
    ) -> None:
        self._replica, self._proofs, self._parked = replica, proofs, parked
        self._now_ms, self._observe = now_ms, observe
        self._looked: dict[str, int] = {}

    async def look(self, turn: Turn) -> None:
        """Look for those that are due, each after its turn."""
        records = tuple(self._parked())
        attempts = {record.attempt for record in records}
        self._looked = {attempt: at for attempt, at in self._looked.items() if attempt in attempts}
        for record in records:
            if self._is_due(record):
                await self._look(record, turn)

    def _is_due(self, record: ParkedRecord) -> bool:
        standing = self._replica.fold.standing(record.held.dispatch.request.request_id)
        if standing is None or standing.status is not Status.PARKED or standing.attempt != record.attempt:
            return False
        return parked_look_is_due(standing.changed_ms, self._looked.get(record.attempt), self._now_ms())

    async def _look(self, record: ParkedRecord, turn: Turn) -> None:
        live = self._replica.views.attempt(record.attempt)
        text = self._proofs.text(record.held.dispatch, live.line) if live else None
        if live is None or text is None:
            return
        await turn()
        proof = await self._proofs.of(live, text, newest=False)
        if proof is None:
            return
        self._looked[record.attempt] = self._now_ms()
        self._observe(DoubtLooked(type(proof).__name__.lower()))
        if isinstance(proof, Proved):
            await self._proofs.record(live, proof.handle)
