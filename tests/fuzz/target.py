"""What a fuzzer calls: verify and parse, of any bytes.

Input: a token, a line feed, a body. Only the token that was issued is accepted; the body becomes an event that can be
written, or is unreadable.
"""

import contextlib
import random

from connector.core.callbacks import parse
from connector.core.events import status_event
from connector.core.statuses import progress
from connector.core.tokens import sign, verify
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_events import event_row
from connector.sendblue.reading import json_value
from tests.fuzz.corpus import BODIES
from tests.fuzz.desk import NOW_MS, RING
from tests.fuzz.shots import damaged
from tests.kafka.test_codec import CODEC

TOKEN = sign(RING, "order-1", f"{1:016x}", NOW_MS // 3_600_000)
CLAIM = verify(RING, TOKEN)


def one(data: bytes) -> None:
    """Raises whatever is wrong."""
    token, _, body = data.partition(b"\n")
    text = token.decode("latin-1")
    if (verify(RING, text) is None) != (text != TOKEN):
        raise AssertionError("a token that was not issued is accepted, or one that was is not")
    with contextlib.suppress(ValueError, RecursionError):
        value = json_value(body)
        read(value)


def read(value: object) -> None:
    """What the ingress makes of a body; raises ValueError for one that is unreadable, and for nothing else."""
    report = parse(value)
    assert CLAIM is not None
    event = status_event(report, CLAIM, progress(None, report.seen), NOW_MS)
    try:
        CODEC.encode(SchemaName.MESSAGE_EVENT, event_row(event))
    except ValueError as error:
        raise AssertionError("an event that cannot be written") from error


def seeds(rng: random.Random, count: int) -> list[bytes]:
    """Inputs to begin with, or to do without a fuzzer."""
    return [damaged(rng, TOKEN.encode() + b"\n" + rng.choice(BODIES), rng.randint(0, 4)) for _ in range(count)]
