"""Where the edges' records meet the roles, inward: decoding, and waiting for the registry.

A record whose writer's schema is not known yet waits, and with it its partition, until the registry answers; nothing is
dead-lettered because the registry is away. A schema it does not know is asked for again: on the requests topic for ten
minutes, the first time, since anybody may write there; on the connector's own topics without end, since what lies there
is ours to bring to its end. (The ledger gives up too: an unread record stops the sending, and is told.) Either is said;
but only the second makes the connector not ready: else any producer could take it away from its callbacks.
"""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Protocol

import structlog

from connector.core.messages import Origin, Priority, SendRequest, Source
from connector.core.outstanding import Told
from connector.core.steps import Held
from connector.kafka.avro import HEADER_BYTES, Codec, NeedSchema, Row, Undecodable
from connector.kafka.lean_events import read_told
from connector.kafka.lean_ledger import Otherwise
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import RegistryAway, UnknownSchema
from connector.kafka.schemas import SchemaName
from connector.kafka.since import SinceTail
from connector.kafka.wire_events import told_of
from connector.kafka.wire_requests import dispatch_of, request_of
from connector.roles.delayer import Delayer, DelayRecord
from connector.roles.reconciler import ParkedRecord, Reconciler
from connector.roles.router import RequestRecord, Router
from connector.roles.sender import Sender
from connector.roles.surroundings import DispatchRecord
from connector.wiring.feed import OVERHEAD_BYTES, Feed

ASK_AGAIN_S = 1.0
UNKNOWN_FOR_S = 600.0  # a registry may be behind the producer; after ten minutes the schema is not coming

AT_ONCE = 25  # events read back without letting others run: a few milliseconds


class Reader:
    """Decodes, fetching schemas as needed."""

    def __init__(self, codec: Codec, waiting: Callable[[str | None], None]) -> None:
        self._codec, self._waiting = codec, waiting
        self._given_up: set[int] = set()
        self._held: dict[object, str] = {}

    def held(self) -> list[str]:
        """What waits for a schema that may never come, one sentence a partition."""
        return list(self._held.values())

    async def row(
        self, name: SchemaName, value: bytes | None, *, give_up: bool = False, of: KafkaRecord | None = None
    ) -> Row:
        """Return the row; ``of``: the record that is told of when it waits.

        Raises Undecodable; with ``give_up`` also for a schema that nobody registers in time.
        """
        try:
            return self._codec.decode(name, value)
        except NeedSchema as need:
            await self._fetch(need.schema_id, give_up, of)
        return self._codec.decode(name, value)

    async def request(
        self, value: bytes | None, *, give_up: bool = False, of: KafkaRecord | None = None
    ) -> SendRequest | None:
        """Return the request, None when the bytes are none."""
        try:
            return request_of(await self.row(SchemaName.SEND_REQUEST, value, give_up=give_up, of=of))
        except (Undecodable, KeyError, ValueError, TypeError):
            return None

    async def told(self, value: bytes | None) -> Told | None:
        """Return what an event tells of a message, None when it names none. Raises Undecodable."""
        if value is not None and self._codec.is_own(SchemaName.MESSAGE_EVENT, value):
            with suppress(Otherwise):
                return read_told(value, HEADER_BYTES)
        return told_of(await self.row(SchemaName.MESSAGE_EVENT, value))

    async def _fetch(self, schema_id: int, give_up: bool, of: KafkaRecord | None) -> None:
        unknown_s, here = 0.0, object()
        try:
            while not await self._fetched(schema_id):
                sentence = _unknown(schema_id, of)
                self._waiting(None if give_up else sentence)
                if give_up and (unknown_s >= UNKNOWN_FOR_S or schema_id in self._given_up):
                    self._given_up.add(schema_id)
                    raise Undecodable(sentence)
                if not unknown_s and of is not None:
                    _said("record.waits", of, schema_id=schema_id)
                if give_up:
                    self._held[here] = sentence
                unknown_s += ASK_AGAIN_S
                await asyncio.sleep(ASK_AGAIN_S)
            self._given_up.discard(schema_id)
        finally:  # the partition may have been taken away meanwhile
            self._held.pop(here, None)
            self._waiting(None)

    async def _fetched(self, schema_id: int) -> bool:
        """Ask until the registry answers; False when it does not know the schema."""
        while True:
            try:
                await self._codec.fetch(schema_id)
            except RegistryAway as away:
                self._waiting(str(away))
                await asyncio.sleep(ASK_AGAIN_S)
            except UnknownSchema:
                return False
            else:
                return True


def _unknown(schema_id: int, of: KafkaRecord | None) -> str:
    sentence = f"the schema registry does not know schema {schema_id}"
    if of is None:
        return sentence
    return f"{sentence}, which offset {of.offset} of {of.topic}/{of.partition} is written by: the partition waits"


def requests_into(router: Router, reader: Reader) -> Feed[SendRequest | None]:
    """The requests topic into the router, once the router may decide."""

    async def read(record: KafkaRecord) -> SendRequest | None:
        await router.ready()
        return await reader.request(record.value, give_up=True, of=record)

    def give(record: KafkaRecord, request: SendRequest | None) -> None:
        source = Source(record.key, record.value, record.headers, record.timestamp_ms or 0)
        origin = Origin(record.topic, record.partition, record.offset)
        trace = dict(record.headers).get("traceparent")
        parent = trace.decode(errors="replace")[:64] if trace else None
        router.records([RequestRecord(origin, source, request, record.timestamp_ms, parent)])

    return Feed(router, read, give)


def dispatch_into(sender: Sender, reader: Reader) -> Feed[Held | None]:
    """The dispatch topic into the sender. A record that is none of ours is left where it is, and said."""

    async def read(record: KafkaRecord) -> Held | None:
        return await _dispatch(reader, record.value, record)

    def give(record: KafkaRecord, held: Held | None) -> None:
        if held is None:
            return _unreadable(record)
        size = len(record.value or b"") + OVERHEAD_BYTES
        sender.records([DispatchRecord(record.partition, record.offset, held.record_time_ms, size, held.dispatch)])

    return Feed(sender, read, give)


def delays_into(delayer: Delayer, reader: Reader) -> Feed[tuple[str, Priority] | None]:
    """A delay topic into its delayer, which needs to know no more of a record than its line and lane."""

    async def read(record: KafkaRecord) -> tuple[str, Priority] | None:
        with suppress(Undecodable):
            row = await reader.row(SchemaName.DISPATCH, record.value, of=record)
            return row["line"], Priority(row["priority"])
        return None

    def give(record: KafkaRecord, lane: tuple[str, Priority] | None) -> None:
        if lane is None:
            return _unreadable(record)
        place, (line, priority) = (record.partition, record.offset), lane
        delayer.records([DelayRecord(*place, record.timestamp_ms or 0, line, record.value or b"", priority)])

    return Feed(delayer, read, give)


class Active(Protocol):
    """What only one instance does at a time."""

    def begin(self) -> None:
        """This instance is the active one."""

    def drop(self) -> None:
        """Another instance is the active one already."""

    async def end(self) -> None:
        """Another instance takes over, or the connector stops."""


def parked_into(
    reconciler: Reconciler, reader: Reader, hashes: Callable[[SendRequest], tuple[bytes, bytes]], *others: Active
) -> Feed[ParkedRecord | None]:
    """The parked topic into the reconciler, which is active, with others, while it has the topic's one partition.

    A record that is none of ours is left where it is, and said.
    """

    async def read(record: KafkaRecord) -> ParkedRecord | None:
        parked = None if record.value is None else await _parked(reader, record)
        if parked is None:
            return None
        held, attempt = parked
        contact, body = hashes(held.dispatch.request)
        whole = Held(held.dispatch, held.record_time_ms, contact, body)
        return ParkedRecord(whole, attempt, record.timestamp_ms or 0)

    def give(record: KafkaRecord, parked: ParkedRecord | None) -> None:
        if parked is None and record.value is not None:
            return _unreadable(record)
        return reconciler.record(record.key or b"", parked)

    return Feed(Elected(reconciler, *others), read, give, lagging=False)


class Elected:
    """Being assigned the parked topic's partition is what makes a reconciler the active one."""

    def __init__(self, *actives: Active) -> None:
        self._actives = actives

    def assigned(self, partitions: Sequence[int]) -> None:
        for active in self._actives if partitions else ():
            active.begin()

    async def revoked(self, partitions: Sequence[int]) -> dict[int, int]:
        for active in self._actives if partitions else ():
            await active.end()
        return {}

    def next_offsets(self) -> dict[int, int]:
        return {}

    def lost(self, partitions: Sequence[int]) -> None:
        for active in self._actives if partitions else ():
            active.drop()


class EventsBack:
    """The events topic read back and followed; an event that cannot be read is passed over."""

    def __init__(self, tail: Callable[[], SinceTail], reader: Reader) -> None:
        self._tail, self._reader = tail, reader

    async def follow(self, since_ms: int, take: Callable[[Sequence[Told]], None], at_end: Callable[[], None]) -> None:
        """Read what was told of messages since then, and go on; ``at_end``: what was there at the start is read."""

        async def decoded(records: Sequence[KafkaRecord]) -> None:
            for first in range(0, len(records), AT_ONCE):
                found = [await self._told(record) for record in records[first : first + AT_ONCE]]
                take([told for told in found if told is not None])
                await asyncio.sleep(0)

        await self._tail().run(since_ms, decoded, at_end)

    async def _told(self, record: KafkaRecord) -> Told | None:
        try:
            return await self._reader.told(record.value)
        except Undecodable:
            return None


def _unreadable(record: KafkaRecord) -> None:
    _said("record.unreadable", record)


def _said(what: str, record: KafkaRecord, **more: object) -> None:
    log = structlog.stdlib.get_logger("connector")
    log.error(what, topic=record.topic, partition=record.partition, offset=record.offset, **more)


async def _parked(reader: Reader, record: KafkaRecord) -> tuple[Held, str] | None:
    try:
        row = await reader.row(SchemaName.PARKED, record.value, of=record)
    except Undecodable:
        return None
    held = await _dispatch(reader, row["dispatch"], record)
    return None if held is None else (held, row["attempt"])


async def _dispatch(reader: Reader, value: bytes | None, record: KafkaRecord) -> Held | None:
    try:
        row = await reader.row(SchemaName.DISPATCH, value, of=record)
    except Undecodable:
        return None
    request = await reader.request(row["value"], of=record)
    if request is None:
        return None
    dispatch = dispatch_of(row, request)
    return Held(dispatch, dispatch.source.timestamp_ms, b"", b"")
