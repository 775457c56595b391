"""Bodies that nobody honest sends: each is refused as unreadable, or becomes an event that can be written and read."""

import io
import json

import fastavro
import pytest

from connector.core.account_webhooks import Kind, account_event, inbound, object_of, parts
from connector.core.callbacks import parse
from connector.core.events import status_event
from connector.core.statuses import Seen, progress
from connector.core.tokens import Claim
from connector.kafka.schemas import SchemaName, parsed
from connector.kafka.wire_events import event_row
from connector.sendblue.reading import json_value

NOW_MS = 1_700_000_000_000
CLAIM = Claim("r1", "ab" * 8, NOW_MS // 3_600_000)
HALF = r"\ud83d"
ODD = {
    "no utf-8": b'{"status":"\xff\xfe"}',
    "utf-16": '{"status":"SENT"}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"status":"SENT"}',
    "half a pair and no utf-8": f'{{"status":"{HALF}'.encode() + b'\xff"}',
    "half a pair as a key": f'{{"status":"SENT","{HALF}":"{HALF}","error_code":"{HALF}"}}'.encode(),
    "nul": b'{"status":"SE\\u0000NT","x":"\\u0000"}',
    "a bare nul": b'{"status":"SE\x00NT"}',
    "deep": b'{"status":"SENT","x":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "deep, with half a pair": f'{{"status":"{HALF}","x":'.encode() + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a long number": b'{"status":"SENT","x":' + b"9" * 100_000 + b"}",
    "a long number as a code": b'{"status":"SENT","error_code":' + b"9" * 5_000 + b"}",
    "a long number, with half a pair": f'{{"status":"{HALF}","error_code":'.encode() + b"9" * 5_000 + b"}",
    "out of range": b'{"status":"SENT","x":1e400}',
    "out of range, with half a pair": f'{{"status":"{HALF}","error_code":1e400,"x":[1e400]}}'.encode(),
    "no number": f'{{"status":"{HALF}","x":NaN,"y":-Infinity}}'.encode(),
    "a code near the end": b'{"status":"SENT","error_code":1e308}',
    "a time that is none": b'{"status":"SENT","date_updated":"0001-01-01T00:00:00+23:59"}',
    "keys twice": b'{"status":"SENT","status":{"a":1},"status":[]}',
}


def event_of(body: bytes) -> dict[str, object]:
    """The row of its event, as it is read again."""
    report = parse(json_value(body))
    event = status_event(report, CLAIM, progress(None, Seen(report.status, None, False)), NOW_MS)
    out, schema = io.BytesIO(), parsed(SchemaName.MESSAGE_EVENT)
    fastavro.schemaless_writer(out, schema, event_row(event))
    out.seek(0)
    row = fastavro.schemaless_reader(out, schema, None)
    assert isinstance(row, dict)
    return row


def strictly(text: str) -> object:
    """JSON as other languages read it."""

    def none(name: str) -> object:
        raise AssertionError(name)

    return json.loads(text, parse_constant=none)


@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_a_callback_is_an_event_or_unreadable(body: bytes) -> None:
    """Only those two errors are caught by the ingress; the extras are JSON that everybody reads."""
    try:
        row = event_of(body)
    except (ValueError, RecursionError):
        return
    extras = row["extras"]

    assert isinstance(extras, dict)
    for text in extras.values():
        strictly(text)


@pytest.mark.parametrize("kind", [Kind.RECEIVE, Kind.LINE_BLOCKED])
@pytest.mark.parametrize("body", ODD.values(), ids=ODD)
def test_an_account_webhook_is_a_record_or_unreadable(body: bytes, kind: Kind) -> None:
    """The whole object goes into the record as JSON."""
    try:
        (part,) = parts(json_value(body))
        said = object_of(part)
        record = inbound(said, {}, NOW_MS) if kind is Kind.RECEIVE else account_event(kind, said, {}, NOW_MS)
    except (ValueError, RecursionError):
        return
    raw = record.raw or "{}"

    assert raw.encode()
    strictly(raw)
