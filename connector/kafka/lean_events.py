"""What an event tells of a message, read by hand: the reconciler reads a day of events back, five million of them.

An event has 46 fields and eleven of them are wanted. A reader's schema with those alone makes fastavro slower, not
faster, so the others are passed over here. Only records that have exactly the shape our own writer gives an event
without tags, participants and extras are read; at the first byte that is otherwise, ``Otherwise`` is raised, and the
caller asks fastavro, which alone says what the bytes mean. A text that is passed over need not be one.

What is ugly: the layout of schemas/message-event.avsc is written down a second time. A changed schema makes this reader
give everything back to fastavro, and the test fails.
"""

from connector.core.messages import EventOrigin, EventType
from connector.core.outstanding import Told
from connector.core.statuses import Seen
from connector.kafka.lean_ledger import Otherwise, zigzag

_TYPES: tuple[str, ...] = ("UNKNOWN", *EventType)
_ORIGINS = frozenset(index << 1 for index, _ in enumerate(("UNKNOWN", *EventOrigin)))
_CALLBACK = (1 + list(EventOrigin).index(EventOrigin.CALLBACK)) << 1
_SOME = 1 << 1  # the second branch of a union with null
_LONG = 0x81  # the length goes on in the next byte, or is none


def read_told(value: bytes, at: int) -> Told | None:
    """What the event whose Avro bytes begin at ``at`` tells; None when it names no message. Raises Otherwise."""
    try:
        return _told(value, at)
    except (IndexError, UnicodeDecodeError):
        raise Otherwise from None


def _told(value: bytes, at: int) -> Told | None:
    event_id, at = _must(value, at)
    kind, origin, at = value[at], value[at + 1], at + 2
    request_id, at = _text(value, at)
    attempt, at = _text(value, at)
    handle, at = _text(value, at)
    status, at = _text(value, at)
    terminal = _flag(value[at])
    at = _past_texts(value, at + 3, 4)  # final and out_of_order; code to first_handle
    at = _past_texts(value, at + 1, 1)  # id_reused; request_origin
    line, at = _text(value, at)
    _, at = zigzag(value, _empty(value, at))  # tags; occurred_at
    received_ms, at = zigzag(value, at)
    at = _past_flag(value, _past_texts(value, at, 2))  # account_email and content; is_outbound
    code, at = _text(value, at)
    at = _past_texts(value, at, 4)  # error_message to error_key
    _, at = _time(value, at)  # date_sent
    updated_ms, at = _time(value, at)
    at = _past_flag(value, _past_texts(value, at, 3))  # from_number to to_number; was_downgraded
    at = _empty(value, _past_texts(value, at, 4))  # plan to group_id; participants
    at = _past_flag(value, _past_texts(value, at, 1))  # send_style; opted_out
    at = _empty(value, _past_texts(value, at, 3))  # sendblue_number to group_display_name; extras
    at = _past_texts(value, at, 1)  # contact
    if at != len(value) or kind & 1 or origin not in _ORIGINS:
        raise Otherwise
    if handle is None:
        return None
    seen = Seen(status, updated_ms, terminal) if status else None
    hearsay = request_id is None and origin == _CALLBACK
    return Told(event_id, _TYPES[kind >> 1], handle, received_ms, request_id, attempt, line, seen, code, hearsay)


def _must(value: bytes, at: int) -> tuple[str, int]:
    """A text of less than 64 bytes that is always there, and where the next field begins."""
    length = value[at]
    if length & 0x81:
        raise Otherwise
    end = at + 1 + (length >> 1)
    return value[at + 1 : end].decode(), end


def _text(value: bytes, at: int) -> tuple[str | None, int]:
    """A text or null."""
    if value[at] == 0:
        return None, at + 1
    if value[at] != _SOME:
        raise Otherwise
    return _must(value, at + 1)


def _past_texts(value: bytes, at: int, count: int) -> int:
    """Where the field begins that follows so many texts or nulls."""
    for _ in range(count):
        some, at = value[at], at + 1
        if some == _SOME:
            length, at = zigzag(value, at) if value[at] & _LONG else (value[at] >> 1, at + 1)
            if length < 0:
                raise Otherwise
            at += length
        elif some:
            raise Otherwise
    return at


def _time(value: bytes, at: int) -> tuple[int | None, int]:
    if value[at] == 0:
        return None, at + 1
    if value[at] != _SOME:
        raise Otherwise
    return zigzag(value, at + 1)


def _past_flag(value: bytes, at: int) -> int:
    if value[at] not in (0, _SOME):
        raise Otherwise
    return at + 1 + (value[at] == _SOME)


def _flag(byte: int) -> bool:
    if byte > 1:
        raise Otherwise
    return byte == 1


def _empty(value: bytes, at: int) -> int:
    """Behind an array or a map without items."""
    if value[at]:
        raise Otherwise
    return at + 1
