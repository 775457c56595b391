"""One replica's own copy of the ledger: it feeds the fold, proposes, and appends until it has read back.

The edge hands over every record of the ledger in log order through ``feed``, on the loop. A proposal is answered when
its own record has come back that way, never by the producer's acknowledgement. An append that timed out is not a
refusal: it may still land and be granted, hours later or a second time. So a grant of ours that nobody waits for (any
more) is given back as UNSENT(LATE); who wrote it, the INTENT itself says, and nothing has to be remembered.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Protocol, TypeAlias

from connector.core.digests import Digests
from connector.core.fuses import Fuses
from connector.core.ledger import GRANTED, Alarm, Fold, Step, Verdict
from connector.core.records import Intent, LedgerRecord, Outcome, Rebind, Result
from connector.core.standing import request_key
from connector.core.views import Views
from connector.roles.watched import Watch

APPEND_AGAIN_S = 5.0  # an append acknowledged but not read back within this is made again: most are back in 5 ms
DRAIN_S = 10.0  # at the end Kafka may be away; what is not recorded by then the next owner finds in doubt
RETRY_S = 0.5  # between attempts while Kafka is away; librdkafka itself retries faster underneath

Changed: TypeAlias = Callable[[tuple[bytes, ...]], None]


class AppendFailed(Exception):  # noqa: N818 - says what is known: no acknowledgement; the record may still land
    """The append was not acknowledged in time."""


class LedgerLog(Protocol):
    """Where records are appended. ``append`` returns once acknowledged by all replicas, else raises AppendFailed."""

    async def append(self, record: LedgerRecord) -> None:
        """Append one record."""


class Replica:
    """Fold, views and fuses of this process, and the way to write to the ledger. ``owner``: this incarnation."""

    def __init__(
        self, owner: str, log: LedgerLog, seen: Callable[[LedgerRecord, Step], None] = lambda *_: None
    ) -> None:
        self.owner = owner
        self.fold = Fold()
        self.views = Views(self.fold, owner)
        self.fuses = Fuses()
        self.digests = Digests(owner)
        self.restored = asyncio.Event()
        self.next_offset = 0
        self.watch = Watch()
        self._log = log
        self._seen = seen
        self._proposed: dict[str, asyncio.Future[Verdict]] = {}
        self._awaited: dict[LedgerRecord, set[asyncio.Future[None]]] = {}
        self._changed: list[Changed] = []
        self._listeners: list[Callable[[LedgerRecord], None]] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._read = asyncio.Event()

    @property
    def may_send(self) -> bool:
        """True when the log has been read to its end once and its rules are ours."""
        return self.restored.is_set() and self.fold.rules_known

    def on_change(self, listener: Changed) -> None:
        """Tell the listener the request keys and contacts whose state or line a record has just changed."""
        self._changed.append(listener)

    def on_record(self, listener: Callable[[LedgerRecord], None]) -> None:
        """Tell the listener every record that is read once the log has been restored, after the fold took it."""
        self._listeners.append(listener)

    def feed(self, offset: int, append_ms: int, record: LedgerRecord, read_at: float) -> None:
        """Take the next record of the log; ``read_at`` is monotonic seconds."""
        step = self.fold.apply(append_ms, record)
        self.views.note(offset, append_ms, record, step, read_at)
        if step.verdict is GRANTED and isinstance(record, Intent):
            self.fuses.granted(record.contact, append_ms, record.attempt)
        self.next_offset = offset + 1
        self._read.set()
        if self.digests.note(offset, append_ms, record, step.verdict, read_at) and self.fold.rules_known:
            step = Step(alarm=Alarm.DIGEST_DIFFERS)
        if self.restored.is_set():
            self._answer(record, step)
            self._seen(record, step)
            for listener in self._listeners:
                listener(record)

    async def has_read(self, end: int, within_s: float) -> bool:
        """Wait until all records before the offset ``end`` have been read; False when that takes too long."""
        try:
            async with asyncio.timeout(within_s):
                while self.next_offset < end:
                    self._read.clear()
                    await self._read.wait()
        except TimeoutError:
            return False
        return True

    async def propose(self, intent: Intent, timeout_s: float) -> Verdict | None:
        """Append an INTENT and return the fold's verdict on it; None when it did not come back within the time."""
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._proposed[intent.attempt] = answer
        try:
            async with asyncio.timeout(timeout_s):
                await self._log.append(intent)
                return await answer
        except (TimeoutError, AppendFailed):
            return _in_time(answer)
        except asyncio.CancelledError:
            if _in_time(answer) is GRANTED:
                self._give_back(intent)
            raise
        finally:
            del self._proposed[intent.attempt]

    async def record(self, record: LedgerRecord) -> None:
        """Append until the record has been read back, however long Kafka is away."""
        back: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._awaited.setdefault(record, set()).add(back)
        try:
            while not back.done():
                await asyncio.wait([back], timeout=await self._appended(record))
        finally:
            self._awaited.get(record, set()).discard(back)
            if not self._awaited.get(record):
                self._awaited.pop(record, None)

    async def _appended(self, record: LedgerRecord) -> float:
        """Append once; return how long to wait before the next time."""
        try:
            await self._log.append(record)
        except AppendFailed:
            return RETRY_S
        return APPEND_AGAIN_S

    def record_later(self, record: LedgerRecord) -> None:
        """``record``, in the background: nobody waits for it."""
        task = self.watch.start(self.record(record))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for what is still being recorded in the background, but not for a Kafka that is away."""
        with suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                while self._tasks:
                    await asyncio.wait(self._tasks)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _answer(self, record: LedgerRecord, step: Step) -> None:
        if isinstance(record, Intent):
            self._answer_intent(record, step)
        for back in self._awaited.pop(record, ()):
            back.set_result(None)
        if step.was is not step.now or isinstance(record, Rebind):
            names = _names(record)
            for listener in self._changed:
                listener(names)

    def _answer_intent(self, intent: Intent, step: Step) -> None:
        waiting = self._proposed.get(intent.attempt)
        if waiting is not None and not waiting.done() and step.verdict is not None:
            waiting.set_result(step.verdict)
        elif step.verdict is GRANTED and intent.owner == self.owner:
            self._give_back(intent)

    def _give_back(self, intent: Intent) -> None:
        late = Outcome(
            intent.attempt, intent.request_id, intent.line, intent.contact, Result.UNSENT, "LATE", via="abandoned"
        )
        self.record_later(late)


def _in_time(answer: asyncio.Future[Verdict]) -> Verdict | None:
    """The verdict, if it came before its waiter was told to stop."""
    return answer.result() if answer.done() and not answer.cancelled() else None


def _names(record: LedgerRecord) -> tuple[bytes, ...]:
    names = []
    if request_id := getattr(record, "request_id", None):
        names.append(request_key(request_id))
    if contact := getattr(record, "contact", None):
        names.append(contact)
    return tuple(names)
