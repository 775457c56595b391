"""One replica's own copy of the ledger: it feeds the fold, proposes, and appends until it has read back.

The edge hands over every record of the ledger in log order through ``feed``, on the loop. A proposal is answered when
its own record has come back that way, never by the producer's acknowledgement. An append that timed out is not a
refusal: it may still land and be granted; a grant that nobody waits for any more is given back as UNSENT(LATE).
"""

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeAlias

from connector.core.ledger import GRANTED, Fold, Step, Verdict
from connector.core.records import Intent, LedgerRecord, Outcome, Result
from connector.core.standing import request_key
from connector.core.views import Views

APPEND_AGAIN_S = 5.0  # an append acknowledged but not read back within this is made again: most are back in 5 ms
RETRY_S = 0.5  # between attempts while Kafka is away; librdkafka itself retries faster underneath

Changed: TypeAlias = Callable[[tuple[bytes, ...]], None]


class AppendFailed(Exception):  # noqa: N818 - says what is known: no acknowledgement; the record may still land
    """The append was not acknowledged in time."""


class LedgerLog(Protocol):
    """Where records are appended. ``append`` returns once acknowledged by all replicas, else raises AppendFailed."""

    async def append(self, record: LedgerRecord) -> None:
        """Append one record."""


class Replica:
    """Fold and views of this process, and the way to write to the ledger. ``owner``: this incarnation."""

    def __init__(
        self, owner: str, log: LedgerLog, seen: Callable[[LedgerRecord, Step], None] = lambda *_: None
    ) -> None:
        self.owner = owner
        self.fold = Fold()
        self.views = Views(self.fold, owner)
        self.restored = asyncio.Event()
        self.next_offset = 0
        self._log = log
        self._seen = seen
        self._proposed: dict[str, asyncio.Future[Verdict]] = {}
        self._abandoned: set[str] = set()
        self._awaited: dict[LedgerRecord, asyncio.Future[None]] = {}
        self._changed: list[Changed] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def may_send(self) -> bool:
        """True when the log has been read to its end once and its rules are ours."""
        return self.restored.is_set() and self.fold.rules_known

    def on_change(self, listener: Changed) -> None:
        """Tell the listener the request keys and contacts whose state a record has just changed."""
        self._changed.append(listener)

    def feed(self, offset: int, append_ms: int, record: LedgerRecord, read_at: float) -> None:
        """Take the next record of the log; ``read_at`` is monotonic seconds."""
        step = self.fold.apply(append_ms, record)
        self.views.note(offset, append_ms, record, step, read_at)
        self.next_offset = offset + 1
        if self.restored.is_set():
            self._answer(record, step)
            self._seen(record, step)

    async def propose(self, intent: Intent, timeout_s: float) -> Verdict | None:
        """Append an INTENT and return the fold's verdict on it; None when it did not come back within the time."""
        answer: asyncio.Future[Verdict] = asyncio.get_running_loop().create_future()
        self._proposed[intent.attempt] = answer
        try:
            async with asyncio.timeout(timeout_s):
                await self._log.append(intent)
                return await answer
        except (TimeoutError, AppendFailed):
            return answer.result() if answer.done() and not answer.cancelled() else None
        finally:
            del self._proposed[intent.attempt]
            if answer.cancelled() or not answer.done():
                self._abandoned.add(intent.attempt)

    async def record(self, record: LedgerRecord) -> None:
        """Append until the record has been read back, however long Kafka is away."""
        back = self._awaited.setdefault(record, asyncio.get_running_loop().create_future())
        while not back.done():
            try:
                await self._log.append(record)
                await asyncio.wait_for(asyncio.shield(back), APPEND_AGAIN_S)
            except AppendFailed:
                await asyncio.sleep(RETRY_S)
            except TimeoutError:
                continue

    def record_later(self, record: LedgerRecord) -> None:
        """``record``, in the background: nobody waits for it."""
        task = asyncio.create_task(self.record(record))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def drain(self) -> None:
        """Wait for what is still being recorded in the background."""
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _answer(self, record: LedgerRecord, step: Step) -> None:
        if isinstance(record, Intent):
            self._answer_intent(record, step)
        elif (back := self._awaited.pop(record, None)) is not None and not back.done():
            back.set_result(None)
        if step.was is not step.now:
            names = _names(record)
            for listener in self._changed:
                listener(names)

    def _answer_intent(self, intent: Intent, step: Step) -> None:
        waiting = self._proposed.get(intent.attempt)
        if waiting is not None and not waiting.done() and step.verdict is not None:
            waiting.set_result(step.verdict)
        elif intent.attempt in self._abandoned:
            self._abandoned.discard(intent.attempt)
            if step.verdict is GRANTED:
                self._give_back(intent)

    def _give_back(self, intent: Intent) -> None:
        late = Outcome(
            intent.attempt, intent.request_id, intent.line, intent.contact, Result.UNSENT, "LATE", via="abandoned"
        )
        self.record_later(late)


def _names(record: LedgerRecord) -> tuple[bytes, ...]:
    names = []
    if request_id := getattr(record, "request_id", None):
        names.append(request_key(request_id))
    if contact := getattr(record, "contact", None):
        names.append(contact)
    return tuple(names)
