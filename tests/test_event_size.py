"""No event is larger than what a topic takes: a callback that never fits would be asked for without end."""

import io
import json
from collections.abc import Sequence

import fastavro
import pytest

from connector.commands.operations import _planned
from connector.core.callbacks import parse
from connector.core.edge_facts import Produced
from connector.core.events import status_event
from connector.core.statuses import Seen, progress
from connector.core.tokens import Claim
from connector.kafka.avro import HEADER_BYTES
from connector.kafka.control import Control
from connector.kafka.schemas import SchemaName, parsed
from connector.kafka.topics import Existing, TopicNames, plan, users_faults, wanted
from connector.kafka.wire_events import event_row
from connector.observability.logs import TOLD_EVERY, FactLog, configure
from connector.sendblue.reading import json_value
from connector.web.callbacks import MAX_BODY
from tests.installed import installed

NOW_MS = 1_700_000_000_000
MOST = 1_000_000
"""Bytes of a record, its key and headers, that the producer's client takes; a topic takes 12 more."""
CLAIM = Claim("r" * 64, "ab" * 8, NOW_MS // 3_600_000)
SMALL, DOTTED, LONG = "1e15", "\u0390", "\u00e9"
"""A number of five bytes that is written with eighteen, and letters that take more in capitals, or in JSON."""


def filled(start: str, unit: str, end: str) -> bytes:
    """As much of this as a body may have."""
    room = MAX_BODY - len(start.encode()) - len(end.encode())
    return (start + unit * (room // len(unit.encode()))).encode() + end.encode()


def size_of(body: bytes, claim: Claim | None) -> int:
    """Bytes of the record that its event becomes."""
    assert len(body) <= MAX_BODY
    report = parse(json_value(body))
    event = status_event(report, claim, progress(None, Seen(report.status, None, False)), NOW_MS)
    out = io.BytesIO()
    fastavro.schemaless_writer(out, parsed(SchemaName.MESSAGE_EVENT), event_row(event))
    key = event.request_id or event.message_handle or ""
    return HEADER_BYTES + len(out.getvalue()) + len(key.encode())


EXTRAS = ",".join(f'"x{n:02}":"{LONG * 680}"' for n in range(64))
LARGEST = {
    "a long text": filled('{"status":"SENT","content":"', "x", '"}'),
    "a long handle": filled('{"status":"SENT","message_handle":"', "x", '"}'),
    "a long status": filled('{"status":"', DOTTED, '"}'),
    "a long status and extras": filled(f'{{{EXTRAS},"status":"', DOTTED, '"}'),
    "many people": filled('{"status":"SENT","participants":["1"', f",{SMALL}", "]}"),
    "many numbers": filled('{"status":"SENT","number":["1"', f",{SMALL}", "]}"),
    "many numbers and extras": filled(f'{{{EXTRAS},"status":"SENT","to_number":["1"', f",{SMALL}", "]}"),
    "one extra": filled('{"status":"SENT","x":["1"', f",{SMALL}", "]}"),
}


@pytest.mark.parametrize("claim", [CLAIM, None], ids=["a callback", "a webhook"])
@pytest.mark.parametrize("body", LARGEST.values(), ids=LARGEST)
def test_the_largest_callback_becomes_an_event_that_fits(body: bytes, claim: Claim | None) -> None:
    """Whatever grows on its way from JSON to Avro is bounded."""
    assert size_of(body, claim) < 0.95 * MOST


def test_a_group_is_told_with_its_members() -> None:
    """As many as any group of Sendblue has; a longer list is no group."""
    people = [f"+1206555{n:04}" for n in range(1_000)]

    assert parse({"status": "SENT", "participants": people}).participants == tuple(people)
    assert parse({"status": "SENT", "participants": [*people, "one more"]}).participants == ()


def small(names: Sequence[str]) -> dict[str, Existing]:
    """The topics as wanted, but that these take small records alone."""
    specs = wanted(TopicNames(), 2, 1, 3)
    config = {spec.name: dict(spec.config) for spec in specs}
    for name in names:
        config[name]["max.message.bytes"] = "262144"
    return {spec.name: Existing(spec.partitions, 3, config[spec.name]) for spec in specs}


async def test_a_plan_says_that_a_topic_of_the_user_takes_too_little() -> None:
    """It does not alter it, so it says what to do; it said nothing at all."""
    names = TopicNames()
    async with installed() as settings:
        planned = _planned(settings, small([names.events, names.parked]), Control())

    assert [(kind, topic) for kind, topic, _ in planned.told if topic in (names.events, names.parked)] == [
        ("config", names.parked),
        ("yours", names.events),
    ]
    (told,) = [detail for kind, _, detail in planned.told if kind == "yours"]
    assert "max.message.bytes is 262144, wanted at least 1000012; alter the topic" in told


def test_a_topic_of_the_user_that_is_good_is_not_spoken_of() -> None:
    """A plan is what is to be done."""
    specs, there = wanted(TopicNames(), 2, 1, 3), small([])

    assert (plan(specs, there), users_faults(specs, there)) == ((), ())


def test_a_record_that_is_too_large_is_told_with_its_cure() -> None:
    """Once, and then now and then: it is tried twice a second."""
    out = io.StringIO()
    configure("info", out)
    log = FactLog()
    for _ in range(TOLD_EVERY + 1):
        log(Produced("events", "too_large", 0.1))
    lines = [json.loads(line) for line in out.getvalue().splitlines()]

    assert [line["event"] for line in lines] == ["record.too_large"] * 2
    assert lines[0]["topic"] == "events"
    assert "max.message.bytes" in lines[0]["what_to_do"]
