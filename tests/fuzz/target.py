"""What a fuzzer calls: verify and parse, of any bytes.

Input: a token, a line feed, a body. Only the token that was issued is accepted; the body becomes an event that can be
written, or is unreadable. It is read as an account webhook, too, of each kind.
"""

import contextlib
import random

from connector.core.account_webhooks import account_event, inbound, object_of, outbound, parts
from connector.core.callbacks import parse
from connector.core.events import status_event
from connector.core.statuses import progress
from connector.core.tokens import sign, verify
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_events import event_row
from connector.kafka.wire_inbound import account_row, inbound_row
from connector.sendblue.reading import json_value
from tests.core.webhook_bodies import LINES
from tests.fuzz import hook_shots
from tests.fuzz.corpus import BODIES
from tests.fuzz.damage import damaged
from tests.fuzz.desk import NOW_MS, RING
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
        read(json_value(body))
    with contextlib.suppress(ValueError, RecursionError):
        for part in parts(json_value(body)):
            hear(part)


def read(value: object) -> None:
    """What the ingress makes of a body; raises ValueError for one that is unreadable, and for nothing else."""
    report = parse(value)
    assert CLAIM is not None
    event = status_event(report, CLAIM, progress(None, report.seen), NOW_MS)
    try:
        CODEC.encode(SchemaName.MESSAGE_EVENT, event_row(event))
    except ValueError as error:
        raise AssertionError("an event that cannot be written") from error


def hear(part: object) -> None:
    """What the ingress makes of a part of an account webhook; raises as ``read`` does."""
    body = object_of(part)
    message, event = inbound(body, LINES, NOW_MS), account_event("line_blocked", body, LINES, NOW_MS)
    try:
        CODEC.encode(SchemaName.INBOUND_MESSAGE, inbound_row(message))
        CODEC.encode(SchemaName.ACCOUNT_EVENT, account_row(event, event.raw))
    except ValueError as error:
        raise AssertionError("a webhook that cannot be written") from error
    report = outbound(body)
    event_row(status_event(report, None, progress(None, report.seen), NOW_MS))


def seeds(rng: random.Random, count: int) -> list[bytes]:
    """Inputs to begin with, or to do without a fuzzer."""
    bodies = (*BODIES, *hook_shots.BODIES)
    return [damaged(rng, TOKEN.encode() + b"\n" + rng.choice(bodies), rng.randint(0, 4)) for _ in range(count)]
