"""The replica's part in the comparison of verdicts: it appends a DIGEST when ``core/digests.py`` says it is due.

Not a role: every process that folds the ledger does it. It begins once the log has been read to its end, and while the
replica may not send it says nothing either: its verdicts would mean nothing.
"""

import asyncio
from typing import Protocol

from connector.core.digests import LOOK_S
from connector.core.records import Digest
from connector.roles.replica import Replica
from connector.roles.watched import Watch


class Clocks(Protocol):
    """The two clocks: the boot-time clock in seconds, the wall clock in milliseconds."""

    def mono(self) -> float:
        """Boot-time seconds."""

    def now_ms(self) -> int:
        """Milliseconds since the epoch."""


class Digester:
    """Appends what is due, one at a time, in a task of its own: nothing else ever waits for it."""

    def __init__(self, replica: Replica, clocks: Clocks) -> None:
        self._replica, self._clocks = replica, clocks
        self.watch = Watch()
        self._task = self.watch.start(self._run())

    async def close(self) -> None:
        """Stop; a DIGEST on its way may still land, which does no harm."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        await self._replica.restored.wait()
        digests = self._replica.digests
        digests.restored(self._clocks.now_ms(), self._clocks.mono())
        while True:
            due = digests.due(self._clocks.mono())
            if not isinstance(due, Digest):
                await asyncio.sleep(due - self._clocks.mono())
            elif self._replica.may_send:
                await self._replica.record(due)
            else:
                await asyncio.sleep(LOOK_S)
