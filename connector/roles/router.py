"""The router: requests become dispatch records on the partition of their line.

It refuses by the bytes of a record alone, so a replay refuses again. Whatever depends on settings or state ends through
a CLOSE in the ledger: own fold first, append, read back, publish what the fold then says. A request the ledger already
knows is never refused here; it goes on to a line, whose sender acts on what the ledger says.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, NamedTuple

from connector.core.facts import Observer, RequestRefused, RequestRouted
from connector.core.identities import body_hash, contact_hash
from connector.core.messages import Dispatch, Disposition, Origin, SendRequest, Source
from connector.core.not_free import owed_event
from connector.core.offsets import Watermark
from connector.core.preparing import NOTHING_SET, Preparing, forbidden
from connector.core.records import Close
from connector.core.redriving import Redriven, redriven
from connector.core.requests import id_is_usable, refusals, request_time_ms, too_large
from connector.core.routing import Lines, Route, choose
from connector.core.spans import OFF, Kind, Tracing, processing
from connector.core.standing import LIVE
from connector.core.steps import Held, Owe
from connector.roles.ends import Ends, refusal_event
from connector.roles.giving_back import given_back
from connector.roles.replica import Replica
from connector.roles.watched import Watch

MAX_PENDING = 2_000  # records on their way to dispatch, per partition: seconds of work, a few MB


class RequestRecord(NamedTuple):
    """A record of the requests topic; ``request`` is None when its bytes are no SendRequest."""

    origin: Origin
    source: Source
    request: SendRequest | None
    timestamp_ms: int | None
    traceparent: str | None = None


class Router:
    """Routes records; ``possible`` asks the numbering plan, ``pause`` stops and resumes reading a partition.

    ``pick`` chooses a line for a contact that has none.
    """

    def __init__(
        self,
        replica: Replica,
        lines: Lines,
        ends: Ends,
        possible: Callable[[str], bool],
        now_ms: Callable[[], int],
        observe: Observer,
        hash_key: bytes,
        pause: Callable[[int, bool], None],
        tracing: Tracing = OFF,
        preparing: Preparing = NOTHING_SET,
        pick: Callable[[bytes], str] | None = None,
    ) -> None:
        self._tracing, self._preparing, self._pick = tracing, preparing, pick
        self._replica, self._lines, self._ends = replica, lines, ends
        self._possible, self._now_ms, self._observe = possible, now_ms, observe
        self._hash_key, self._pause = hash_key, pause
        self._marks: dict[int, Watermark] = {}
        self._paused: set[int] = set()
        self._tasks: dict[int, set[asyncio.Task[None]]] = {}
        self.watch = Watch()

    async def ready(self) -> None:
        """Return once the ledger has been read: before, no record is taken on."""
        await self._replica.restored.wait()

    def assigned(self, partitions: Sequence[int]) -> None:
        """Begin to track these partitions, afresh."""
        self.lost(partitions)
        for partition in partitions:
            self._marks[partition] = Watermark()
            self._tasks[partition] = set()

    def pending(self) -> int:
        """Records on their way."""
        return sum(map(len, self._tasks.values()))

    def records(self, batch: Sequence[RequestRecord]) -> None:
        """Take records in order; each is appended to its line's partition in the order it came."""
        for record in batch:
            partition = record.origin.partition
            if (mark := self._marks.get(partition)) is None:
                continue
            mark.track(record.origin.offset)
            self._begin(partition, self._finish(mark, record))
            self._pause_if_full(partition)

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        """Finish what is on its way; return the next offsets to commit."""
        work = [task for p in partitions for task in self._tasks.get(p, ())]
        return await given_back(self, self._marks, partitions, work)

    def lost(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's now."""
        for partition in partitions:
            self._marks.pop(partition, None)
            for task in self._tasks.pop(partition, ()):
                task.cancel()

    def next_offsets(self) -> dict[int, int]:
        """Return the next offset to commit of each assigned partition that has one."""
        offsets = {p: mark.next_offset for p, mark in self._marks.items()}
        return {p: offset for p, offset in offsets.items() if offset is not None}

    def _begin(self, partition: int, work: Coroutine[Any, Any, None]) -> None:
        """A record's way in a task; only one that is out of the set has left room, and the last must say so."""
        tasks = self._tasks[partition]

        def ended(task: asyncio.Task[None]) -> None:
            tasks.discard(task)
            self._pause_if_full(partition)

        task = self.watch.start(work)
        tasks.add(task)
        task.add_done_callback(ended)

    async def _finish(self, mark: Watermark, record: RequestRecord) -> None:
        await self.ready()
        await self._route(record)
        mark.done(record.origin.offset)

    async def _route(self, record: RequestRecord) -> None:
        name, told = f"process {record.origin.topic}", processing(record.origin, _shown_id(record))
        with self._tracing.span(name, Kind.CONSUMER, record.traceparent, told) as span:
            await self._decide(record._replace(traceparent=span.traceparent))

    async def _decide(self, record: RequestRecord) -> None:
        request = record.request
        if request is None:
            return await self._refuse(record, "UNDECODABLE", None)
        redrive = redriven(record.source.headers, record.timestamp_ms)
        wrong = [redrive] if isinstance(redrive, str) else []
        if found := [*wrong, *(refusal.code for refusal in refusals(request, _time_ms(record)))]:
            return await self._refuse(record, found[0], _shown_id(record))
        if too_large(record.source):
            return await self._refuse(record, "RECORD_TOO_LARGE", request.request_id)
        contact = contact_hash(request, self._hash_key)
        choice = choose(request, contact, self._replica.views.line_of(contact), self._lines, self._pick)
        code = forbidden(request, self._preparing) if isinstance(choice, Route) else choice.code
        if not all(map(self._possible, (*request.numbers, *filter(None, (request.number,))))):
            code = "NUMBER_IMPOSSIBLE"
        if code is not None:
            return await self._close(record, request, contact, code)
        return await self._dispatch(record, request, choice if isinstance(choice, Route) else None)

    async def _dispatch(self, record: RequestRecord, request: SendRequest, route: Route | None) -> None:
        line, named = route or (self._any_line(request), False)
        await self._ends.dispatch(self._dispatch_of(record, request, line, named))
        self._observe(RequestRouted(line))

    async def _refuse(self, record: RequestRecord, code: str, request_id: str | None) -> None:
        event = refusal_event(request_id, record.origin, code, self._now_ms()) if request_id else None
        await self._ends.refused(record.source, record.origin, code, event)
        self._observe(RequestRefused(code))

    async def _close(self, record: RequestRecord, request: SendRequest, contact: bytes, code: str) -> None:
        """End through the ledger, unless the ledger already knows better."""
        fold, request_id, number = self._replica.fold, request.request_id, _redrive_of(record)
        if fold.admits(request_id, number):
            await self._replica.record(Close(request_id, record.origin, number, Disposition.REJECTED, code))
        standing = fold.standing(request_id)
        if standing is None or standing.status in LIVE:
            return await self._dispatch(record, request, None)
        dispatch = self._dispatch_of(record, request, standing.line, named=False)
        held = Held(dispatch, record.timestamp_ms or 0, contact, body_hash(request, self._hash_key))
        same = standing.origin == record.origin
        reused = not same and bool(standing.body) and standing.body != held.body
        await self._ends.owed(held, Owe(standing, owed_event(standing, same), reused))
        self._observe(RequestRefused(code))
        return None

    def _any_line(self, request: SendRequest) -> str:
        """A line whose sender can act on a request the ledger already knows; any will do."""
        standing = self._replica.fold.standing(request.request_id)
        known = standing.line if standing else ""
        return known if known in self._lines.aliases else min(self._lines.aliases)

    def _dispatch_of(self, record: RequestRecord, request: SendRequest, line: str, named: bool) -> Dispatch:
        return Dispatch(
            request,
            record.origin,
            _request_time_ms(record, request),
            line,
            named,
            redrive=_redrive_of(record),
            traceparent=record.traceparent,
            source=record.source,
        )

    def _pause_if_full(self, partition: int) -> None:
        full = len(self._tasks.get(partition, ())) >= MAX_PENDING
        if full != (partition in self._paused):
            (self._paused.add if full else self._paused.discard)(partition)
            self._pause(partition, full)


def _shown_id(record: RequestRecord) -> str | None:
    """The request's id, unless it may hold a number."""
    request_id = record.request.request_id if record.request else ""
    return request_id if id_is_usable(request_id) else None


def _redrive_of(record: RequestRecord) -> int:
    """How often an operator has sent it round again."""
    redrive = redriven(record.source.headers, record.timestamp_ms)
    return redrive.number if isinstance(redrive, Redriven) else 0


def _time_ms(record: RequestRecord) -> int | None:
    """The record's time; of a redriven one the older of its own and the one it carries."""
    redrive = redriven(record.source.headers, record.timestamp_ms)
    if not isinstance(redrive, Redriven) or record.timestamp_ms is None:
        return record.timestamp_ms
    return min(redrive.first_time_ms, record.timestamp_ms)


def _request_time_ms(record: RequestRecord, request: SendRequest) -> int:
    """What its age counts from. A redriven record's time has created_at in it, unless the operator renewed it."""
    time_ms = _time_ms(record) or 0
    return time_ms if _redrive_of(record) else request_time_ms(request, time_ms)
