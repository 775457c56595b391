"""Where the edges' records meet the roles, inward: decoding, one record after the other, waiting for the registry.

A record whose writer's schema is not known yet waits, and with it its topic, until the registry answers; nothing is
dead-lettered because the registry is away. A schema it does not know is asked for again: on the requests topic for ten
minutes, the first time, since anybody may write there; on the connector's own topics without end, since what lies there
is ours to bring to its end. (The ledger gives up too: an unread record stops the sending, and is told.)
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

import structlog

from connector.core.messages import Origin, SendRequest, Source
from connector.core.turns import Held
from connector.kafka.avro import Codec, NeedSchema, Row, Undecodable
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import RegistryAway, UnknownSchema
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_requests import dispatch_of, request_of
from connector.reconciler import ParkedRecord, Reconciler
from connector.router import RequestRecord, Router
from connector.sender import Sender
from connector.surroundings import DispatchRecord
from connector.watched import Watch

ASK_AGAIN_S = 1.0
UNKNOWN_FOR_S = 600.0  # a registry may be behind the producer; after ten minutes the schema is not coming
OVERHEAD_BYTES = 300  # what a held record weighs besides its value


class Reader:
    """Decodes, fetching schemas as needed."""

    def __init__(self, codec: Codec, waiting: Callable[[str | None], None]) -> None:
        self._codec, self._waiting = codec, waiting
        self._given_up: set[int] = set()

    async def row(self, name: SchemaName, value: bytes | None, *, give_up: bool = False) -> Row:
        """Return the row. Raises Undecodable; with ``give_up`` also for a schema that nobody registers in time."""
        try:
            return self._codec.decode(name, value)
        except NeedSchema as need:
            await self._fetch(need.schema_id, give_up)
        return self._codec.decode(name, value)

    async def request(self, value: bytes | None, *, give_up: bool = False) -> SendRequest | None:
        """Return the request, None when the bytes are none."""
        try:
            return request_of(await self.row(SchemaName.SEND_REQUEST, value, give_up=give_up))
        except (Undecodable, KeyError, ValueError, TypeError):
            return None

    async def _fetch(self, schema_id: int, give_up: bool) -> None:
        unknown_s = UNKNOWN_FOR_S if schema_id in self._given_up else 0.0
        while True:
            try:
                await self._codec.fetch(schema_id)
            except RegistryAway as away:
                self._waiting(str(away))
            except UnknownSchema:
                sentence = f"the schema registry does not know schema {schema_id}"
                self._waiting(None if give_up else sentence)
                if give_up and unknown_s >= UNKNOWN_FOR_S:
                    self._given_up.add(schema_id)
                    raise Undecodable(sentence) from None
                unknown_s += ASK_AGAIN_S
            else:
                self._given_up.discard(schema_id)
                return self._waiting(None)
            await asyncio.sleep(ASK_AGAIN_S)


class Role(Protocol):
    """What the router and the sender have in common."""

    def assigned(self, partitions: Sequence[int]) -> None:
        """Begin."""

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        """Finish; return the next offsets to commit."""

    def lost(self, partitions: Sequence[int]) -> None:
        """Somebody else's now."""


class Feed:
    """A topic's records into a role, in order; ``take`` never blocks the loop."""

    def __init__(self, role: Role, put: Callable[[KafkaRecord], Awaitable[None]]) -> None:
        self._role, self._put = role, put
        self._queue: asyncio.Queue[KafkaRecord] = asyncio.Queue()
        self._mine: set[int] = set()
        self.watch = Watch()
        self._task = self.watch.start(self._run())

    def assigned(self, partitions: Sequence[int]) -> None:
        """These partitions are ours now."""
        self._mine.update(partitions)
        self._role.assigned(partitions)

    async def revoked(self, partitions: Sequence[int]) -> Mapping[int, int]:
        """Finish what is in work; return the next offsets to commit."""
        self._mine.difference_update(partitions)
        return await self._role.revoked(partitions)

    def lost(self, partitions: Sequence[int]) -> None:
        """These partitions are somebody else's already."""
        self._mine.difference_update(partitions)
        self._role.lost(partitions)

    def take(self, records: Sequence[KafkaRecord]) -> None:
        """Queue records; they are decoded one after the other."""
        for record in records:
            self._queue.put_nowait(record)

    async def close(self) -> None:
        """Stop decoding."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        while True:
            record = await self._queue.get()
            if record.partition in self._mine:
                await self._put(record)


def requests_into(router: Router, reader: Reader) -> Feed:
    """The requests topic into the router."""

    async def put(record: KafkaRecord) -> None:
        request = await reader.request(record.value, give_up=True)
        source = Source(record.key, record.value, record.headers, record.timestamp_ms or 0)
        origin = Origin(record.topic, record.partition, record.offset)
        trace = dict(record.headers).get("traceparent")
        parent = trace.decode(errors="replace")[:64] if trace else None
        router.records([RequestRecord(origin, source, request, record.timestamp_ms, parent)])

    return Feed(router, put)


def dispatch_into(sender: Sender, reader: Reader) -> Feed:
    """The dispatch topic into the sender. A record that is none of ours is left where it is, and said."""

    async def put(record: KafkaRecord) -> None:
        held = await _dispatch(reader, record.value)
        if held is None:
            return _unreadable(record)
        size = len(record.value or b"") + OVERHEAD_BYTES
        dispatch = DispatchRecord(record.partition, record.offset, held.record_time_ms, size, held.dispatch)
        return sender.records([dispatch])

    return Feed(sender, put)


def parked_into(reconciler: Reconciler, reader: Reader, hashes: Callable[[SendRequest], tuple[bytes, bytes]]) -> Feed:
    """The parked topic into the reconciler, which is active while it has the topic's one partition.

    A record that is none of ours is left where it is, and said.
    """

    async def put(record: KafkaRecord) -> None:
        key = record.key or b""
        if record.value is None:
            return reconciler.record(key, None)
        parked = await _parked(reader, record.value)
        if parked is None:
            return _unreadable(record)
        held, attempt = parked
        contact, body = hashes(held.dispatch.request)
        whole = Held(held.dispatch, held.record_time_ms, contact, body)
        return reconciler.record(key, ParkedRecord(whole, attempt))

    return Feed(_Elected(reconciler), put)


class _Elected:
    """Being assigned the parked topic's partition is what makes a reconciler the active one."""

    def __init__(self, reconciler: Reconciler) -> None:
        self._reconciler = reconciler
        self._ending: asyncio.Task[None] | None = None

    def assigned(self, partitions: Sequence[int]) -> None:
        if partitions:
            self._reconciler.begin()

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        if partitions:
            await self._reconciler.end()
        return {}

    def lost(self, partitions: Sequence[int]) -> None:
        if partitions:
            self._ending = asyncio.create_task(self._reconciler.end())


def _unreadable(record: KafkaRecord) -> None:
    log = structlog.stdlib.get_logger("connector")
    log.error("record.unreadable", topic=record.topic, partition=record.partition, offset=record.offset)


async def _parked(reader: Reader, value: bytes) -> tuple[Held, str] | None:
    try:
        row = await reader.row(SchemaName.PARKED, value)
    except Undecodable:
        return None
    held = await _dispatch(reader, row["dispatch"])
    return None if held is None else (held, row["attempt"])


async def _dispatch(reader: Reader, value: bytes | None) -> Held | None:
    try:
        row = await reader.row(SchemaName.DISPATCH, value)
    except Undecodable:
        return None
    request = await reader.request(row["value"])
    if request is None:
        return None
    dispatch = dispatch_of(row, request)
    return Held(dispatch, dispatch.source.timestamp_ms, b"", b"")
