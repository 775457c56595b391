"""The hand-written reader of INTENT and OUTCOME: what it reads, fastavro reads the same."""

from hypothesis import given
from hypothesis import strategies as st

from connector.core.messages import Origin
from connector.core.records import Intent, LedgerRecord, Outcome, Result
from connector.kafka.avro import HEADER_BYTES, Undecodable
from connector.kafka.lean_ledger import read_lean
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_ledger import ledger_of, ledger_record, ledger_row
from tests.kafka.test_codec import CODEC, ledger_records

REQUEST_ID = "order-2026:" + "x" * 50
INTENT = Intent(
    "0123456789abcdef", REQUEST_ID, "line-1", b"contact!", b"the body", 1_790_000_000_000,
    Origin("sendblue.requests", 11, 2**40), 0, "fedcba9876543210", lease_ms=5000,
)  # fmt: skip
OUTCOMES = [
    Outcome(INTENT.attempt, REQUEST_ID, "line-1", b"contact!", result, "00000000-0000-4000-8000-000000000000", "sender")
    for result in Result
]


def wire(record: LedgerRecord) -> bytes:
    """The record's bytes, framed."""
    return CODEC.encode(SchemaName.LEDGER, ledger_row(record))


def by_fastavro(value: bytes) -> LedgerRecord | None:
    """What fastavro reads; None when these bytes are no record."""
    try:
        return ledger_of(CODEC.decode(SchemaName.LEDGER, value))
    except (Undecodable, ValueError):
        return None


def test_what_a_restore_is_made_of_is_read_by_hand() -> None:
    """An INTENT and every OUTCOME as we write them; were the schema changed, this is what fails."""
    expected: list[LedgerRecord] = [INTENT, *OUTCOMES]

    assert expected == [read_lean(wire(record), HEADER_BYTES) for record in expected]


@given(ledger_records)
def test_every_record_is_read_as_fastavro_reads_it(record: LedgerRecord) -> None:
    """By hand or not."""
    assert by_fastavro(wire(record)) == ledger_record(CODEC, wire(record))


@given(st.sampled_from([INTENT, *OUTCOMES]), st.integers(0, 200), st.integers(0, 255), st.integers(0, 200))
def test_damaged_bytes_are_never_read_as_something_else(record: LedgerRecord, at: int, byte: int, end: int) -> None:
    """One byte changed, or the end cut off: None, or what fastavro says."""
    damaged = bytearray(wire(record))
    damaged[HEADER_BYTES + at % (len(damaged) - HEADER_BYTES)] = byte
    for value in (bytes(damaged), wire(record)[: HEADER_BYTES + end]):
        lean = read_lean(value, HEADER_BYTES)

        assert lean is None or lean == by_fastavro(value)
