"""The whole story of one request: its records in the ledger, how it stands now, and its events."""

import asyncio
import contextlib
import time
from collections.abc import Iterator
from typing import Any, NamedTuple

from connector.commands.ledger_reading import Lately, LedgerSaysOtherwise, in_time, reading
from connector.core.messages import MAX_AGE_MS
from connector.core.nearest import nearest
from connector.core.resolving import how_it_stands
from connector.core.story import Entry, Line, is_about, story
from connector.kafka.avro import Codec, Row, Undecodable
from connector.kafka.reading import ToTheEnd
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import UnknownSchema
from connector.kafka.schemas import SchemaName
from connector.settings import Settings
from connector.wiring.installation import clients_of, names_of, registry_of

UNKNOWN = "the ledger does not know this request, or no longer"
EVENTS_MS = 2 * MAX_AGE_MS  # a request's own events are in its first three days, its late statuses soon after
SHOWN = (
    "occurred_at", "type", "status", "code", "error_code", "attempt", "message_handle", "line", "final", "duplicate_of",
)  # fmt: skip
"""Of an event: nothing personal."""


class Story(NamedTuple):
    """``now``: how the request stands, in words; ``events`` is None when they were not asked for."""

    lines: list[Line]
    now: str
    events: list[dict[str, Any]] | None


async def inspect(settings: Settings, request_id: str, *, events: bool) -> Story:
    """Read the ledger to its end, and the events of the last six days where they are asked for.

    Raises LedgerSaysOtherwise when nothing at all is known of the request.
    """
    entries: list[Entry] = []
    lately = Lately()

    def listen(entry: Entry) -> None:
        lately.listen(entry)
        if is_about(entry.record, request_id):
            entries.append(entry)

    async with in_time(), reading(settings, listen) as replica:
        standing = replica.fold.standing(request_id)
    now = how_it_stands(standing) if standing else UNKNOWN
    told = await _events(settings, request_id) if events else None
    if not entries and not told and standing is None:
        raise LedgerSaysOtherwise(f"{request_id}: {UNKNOWN}{nearest(request_id, lately.ids)}")
    return Story(story(entries, request_id), now, told)


async def _events(settings: Settings, request_id: str) -> list[dict[str, Any]]:
    codec, found = Codec(registry_of(settings), {}), []
    for record in await asyncio.to_thread(lambda: list(_of(settings, request_id))):
        with contextlib.suppress(Undecodable, UnknownSchema):
            found.append(_shown(await codec.read(SchemaName.MESSAGE_EVENT, record.value)))
    return sorted(found, key=lambda event: event["occurred_at"])


def _of(settings: Settings, request_id: str) -> Iterator[KafkaRecord]:
    """The events topic's key is the request id."""
    since_ms, key = time.time_ns() // 1_000_000 - EVENTS_MS, request_id.encode()
    topic = ToTheEnd(clients_of(settings), names_of(settings).events, since_ms=since_ms)
    try:
        for burst in topic.bursts():
            yield from (record for record in burst if record.key == key)
    finally:
        topic.close()


def _shown(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in SHOWN}
