"""INTENT and OUTCOME read by hand, four times as fast as by fastavro: a restore reads them by the million.

Only records that have exactly the shape our own writer gives these two kinds are read here; at the first byte that is
otherwise, None is returned, and the caller asks fastavro, which alone says what the bytes mean. So a newer schema, a
foreign writer or a damaged record is slower, never read differently; a test compares the two over arbitrary records.

What is ugly: the layout of schemas/ledger.avsc is written down a second time. A changed schema makes this reader give
everything back to fastavro, and the test fails.
"""

from connector.core.messages import Origin
from connector.core.records import Intent, Outcome, Result

_INTENT, _OUTCOME = 1 << 1, 2 << 1  # the symbol's place in the enum, zigzag
_SOME = 1 << 1  # the second branch of a union with null
_HEX = bytes([_SOME, 16 << 1])  # a text of 16 bytes follows
_HASH = bytes([_SOME, 8 << 1])  # 8 bytes follow
_INTENT_END = bytes(7)  # word, detail, via, version, since, upto, digest: null
_OUTCOME_MIDDLE = bytes(6)  # body, request_time, origin, owner: null; redrive, n: 0
_OUTCOME_END = bytes(5)  # version, since, upto, digest: null; lease_ms: 0
_RESULTS = {str(result): result for result in Result}
_MORE = 0x80  # set in every byte of a number but its last
_MOST_BITS = 63  # a longer number might not fit Avro's long


class Otherwise(Exception):  # noqa: N818 - what the bytes are
    """Not the shape that is read here."""


def read_lean(value: bytes, at: int) -> Intent | Outcome | None:
    """Return the record whose Avro bytes begin at ``at`` and end where ``value`` does; None: ask fastavro."""
    try:
        if value[at] == _INTENT:
            return _intent(value, at + 1)
        if value[at] == _OUTCOME:
            return _outcome(value, at + 1)
    except (Otherwise, IndexError, UnicodeDecodeError):
        return None
    return None


def _intent(value: bytes, at: int) -> Intent:
    attempt, at = _some(value, at, _HEX, 16).decode(), at + 18
    request_id, at = _text(value, at)
    line, at = _text(value, at)
    contact, body, at = _some(value, at, _HASH, 8), _some(value, at + 10, _HASH, 8), at + 20
    if value[at] != _SOME:
        raise Otherwise
    request_time_ms, at = zigzag(value, at + 1)
    topic, at = _text(value, at)  # of the origin: its union, then a text that is always there
    partition, at = zigzag(value, at)
    offset, at = zigzag(value, at)
    redrive, at = zigzag(value, at)
    n, at = zigzag(value, at)
    owner, at = _text(value, at)
    if value[at : at + len(_INTENT_END)] != _INTENT_END:
        raise Otherwise
    lease_ms, at = zigzag(value, at + len(_INTENT_END))
    if at != len(value):
        raise Otherwise
    origin = Origin(topic, partition, offset)
    return Intent(attempt, request_id, line, contact, body, request_time_ms, origin, redrive, owner, n, lease_ms)


def _outcome(value: bytes, at: int) -> Outcome:
    attempt, at = _some(value, at, _HEX, 16).decode(), at + 18
    request_id, at = _text(value, at)
    line, at = _text(value, at)
    contact, at = _some(value, at, _HASH, 8), at + 10
    if value[at : at + 6] != _OUTCOME_MIDDLE:
        raise Otherwise
    word, at = _text(value, at + 6)
    detail, at = _text(value, at)
    via, at = _text(value, at)
    result = _RESULTS.get(word)
    if result is None or value[at:] != _OUTCOME_END:
        raise Otherwise
    return Outcome(attempt, request_id, line, contact, result, detail, via)


def _some(value: bytes, at: int, head: bytes, size: int) -> bytes:
    """The bytes of a field that is there and has this size."""
    if value[at : at + 2] != head:
        raise Otherwise
    return value[at + 2 : at + 2 + size]


def _text(value: bytes, at: int) -> tuple[str, int]:
    """A text that is there and has less than 64 bytes, and where the next field begins."""
    length = value[at + 1]
    if value[at] != _SOME or length & 0x81:
        raise Otherwise
    end = at + 2 + (length >> 1)
    return value[at + 2 : end].decode(), end


def zigzag(value: bytes, at: int) -> tuple[int, int]:
    """A zigzag number, and where the next field begins."""
    byte = value[at]
    number, bits = byte & 0x7F, 7
    while byte & _MORE:
        at += 1
        byte = value[at]
        number |= (byte & 0x7F) << bits
        bits += 7
    if bits > _MOST_BITS:
        raise Otherwise
    return number >> 1 ^ -(number & 1), at + 1
