"""Dead letters as their records tell them."""

import contextlib
from collections.abc import Collection, Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from connector.core.messages import SendRequest
from connector.core.redriving import FIRST_ORIGIN, FIRST_TIME, NUMBER, Letter
from connector.kafka.avro import Codec, Undecodable
from connector.kafka.reading import ToTheEnd
from connector.kafka.records import KafkaRecord
from connector.kafka.registry import UnknownSchema
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_requests import request_of
from connector.settings import Settings
from connector.wiring.installation import clients_of, names_of

CODE, ORIGIN, TIME, STAGE = "sendblue.error.code", "sendblue.origin", "sendblue.time", "__connect.errors.stage"
REASON, CALLBACKS_ID = "sendblue.error.reason", "sendblue.request_id"


class Tally(NamedTuple):
    """How many letters of one reason, and the times of the oldest and newest of their records."""

    code: str
    stage: str
    letters: int
    oldest_ms: int
    newest_ms: int


def told_of(record: KafkaRecord) -> dict[str, str]:
    """All headers as text; of several with one name the last, which is ours."""
    return {name: value.decode(errors="replace") for name, value in record.headers}


def time_of(record: KafkaRecord) -> int:
    """The time of the request's record: the header's, since the topic may stamp its own."""
    return _whole(told_of(record).get(TIME)) or record.timestamp_ms or 0


def letter_of(record: KafkaRecord, request: SendRequest | None) -> Letter:
    """A letter; headers that are missing or wrong leave their fields empty."""
    told = told_of(record)
    return Letter(
        code=told.get(CODE, ""),
        stage=told.get(STAGE, ""),
        origin=told.get(ORIGIN, ""),
        time_ms=time_of(record),
        request=request,
        number=_whole(told.get(NUMBER)) or 0,
        first_origin=told.get(FIRST_ORIGIN, ""),
        first_time_ms=_whole(told.get(FIRST_TIME)),
        empty=record.value is None,
    )


async def request_in(codec: Codec, record: KafkaRecord) -> SendRequest | None:
    """The request in a letter's bytes, None when they are none. Raises RegistryAway."""
    with contextlib.suppress(Undecodable, UnknownSchema, KeyError, TypeError, ValueError):
        return request_of(await codec.read(SchemaName.SEND_REQUEST, record.value))
    return None


def letters(settings: Settings) -> Iterator[KafkaRecord]:
    """Every dead letter there is now. Blocks."""
    topic = ToTheEnd(clients_of(settings), names_of(settings).dlq)
    try:
        for burst in topic.bursts():
            yield from burst
    finally:
        topic.close()


def first(records: Iterable[KafkaRecord], codes: Collection[str], most: int) -> list[KafkaRecord]:
    """The first letters of these reasons, of all for none; nothing is read behind them."""
    return list(islice((r for r in records if not codes or told_of(r).get(CODE) in codes), most))


def tallies(records: Iterable[KafkaRecord]) -> list[Tally]:
    """One row a reason and stage, the most frequent first."""
    found: dict[tuple[str, str], Tally] = {}
    for record in records:
        told, at_ms = told_of(record), time_of(record)
        key = told.get(CODE, ""), told.get(STAGE, "")
        before = found.get(key, Tally(*key, 0, at_ms, at_ms))
        found[key] = Tally(*key, before.letters + 1, min(before.oldest_ms, at_ms), max(before.newest_ms, at_ms))
    return sorted(found.values(), key=lambda tally: (-tally.letters, tally.code, tally.stage))


def _whole(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdecimal() and len(text) <= 15 else None
