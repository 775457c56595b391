"""The hand-written reader of what an event tells: what it reads, fastavro reads the same."""

import contextlib

from hypothesis import given
from hypothesis import strategies as st

from benchmarks.read_back import events
from connector.core.callbacks import Report
from connector.core.events import MessageEvent
from connector.core.messages import EventOrigin, EventType
from connector.core.outstanding import Told
from connector.kafka.avro import HEADER_BYTES, Undecodable
from connector.kafka.lean_events import read_told
from connector.kafka.lean_ledger import Otherwise
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_events import event_row, told_of
from tests.kafka.test_codec import CODEC

OTHERWISE = "otherwise"
words = st.none() | st.text(max_size=90)
flags = st.none() | st.booleans()
times = st.none() | st.integers(-(2**40), 2**62)
reports = st.builds(
    Report, st.text(max_size=9), words, words, error_message=words, service=words, was_downgraded=flags,
    date_sent_ms=times, date_updated_ms=times, content=words, is_outbound=flags, number=words, media_url=words,
    group_id=words, participants=st.just(()) | st.just(("a",)), send_style=words, opted_out=flags,
    extras=st.just({}) | st.just({"a": "b"}),
)  # fmt: skip
message_events = st.builds(
    MessageEvent, event_id=st.text(max_size=70), type=st.sampled_from(EventType), origin=st.sampled_from(EventOrigin),
    request_id=words, attempt=words, occurred_at_ms=st.integers(0, 2**62), received_at_ms=st.integers(0, 2**62),
    message_handle=words, report=st.none() | reports, terminal=st.booleans(), final=st.booleans(),
    out_of_order=st.booleans(), code=words, reason=words, id_reused=st.booleans(), line=words, contact=words,
    tags=st.just({}) | st.just({"a": "b"}),
)  # fmt: skip


def wire(event: MessageEvent) -> bytes:
    """The event's bytes, framed."""
    return CODEC.encode(SchemaName.MESSAGE_EVENT, event_row(event))


def by_hand(value: bytes) -> Told | str | None:
    """What the hand-written reader says."""
    with contextlib.suppress(Otherwise):
        return read_told(value, HEADER_BYTES)
    return OTHERWISE


def by_fastavro(value: bytes) -> Told | str | None:
    """What fastavro says."""
    try:
        return told_of(CODEC.decode(SchemaName.MESSAGE_EVENT, value))
    except Undecodable:
        return "undecodable"


def test_what_is_read_back_by_the_million_is_read_by_hand() -> None:
    """The statuses of a message as we write them; were the schema changed, this is what fails."""
    values = [wire(event) for event in events(2)]
    expected = [by_fastavro(value) for value in values]

    assert expected == [by_hand(value) for value in values]
    assert all(isinstance(told, Told) for told in expected)


@given(message_events)
def test_every_event_is_read_as_fastavro_reads_it(event: MessageEvent) -> None:
    """Or is left to it."""
    assert by_hand(wire(event)) in (OTHERWISE, by_fastavro(wire(event)))


@given(st.sampled_from(list(events(1))), st.integers(0, 400), st.integers(0, 127), st.integers(0, 400))
def test_damaged_bytes_are_never_read_as_something_else(event: MessageEvent, at: int, byte: int, end: int) -> None:
    """One byte changed (it stays a text where it was one), or the end cut off."""
    damaged = bytearray(wire(event))
    damaged[HEADER_BYTES + at % (len(damaged) - HEADER_BYTES)] = byte
    for value in (bytes(damaged), wire(event)[: HEADER_BYTES + end]):
        assert by_hand(value) in (OTHERWISE, by_fastavro(value))
