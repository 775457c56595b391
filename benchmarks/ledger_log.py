"""A ledger as a busy day writes it: an INTENT and a SUBMITTED for each request, every contact new."""

import random
import uuid
from collections.abc import Iterator

from connector.core.messages import Origin
from connector.core.records import Intent, LedgerRecord, Outcome, Result
from connector.kafka.avro import Codec
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName
from connector.kafka.wire_ledger import ledger_row

BEGAN_MS, APART_MS = 1_790_000_000_000, 40  # two records a request: about a million requests a day
LINES, IN_FLIGHT = 20, 64


def at_ms(offset: int) -> int:
    """When the record at this offset was appended."""
    return BEGAN_MS + offset * APART_MS


def records(requests: int, seed: int = 1) -> Iterator[LedgerRecord]:
    """INTENTs and OUTCOMEs, so many attempts under way at once."""
    chance = random.Random(seed)
    open_attempts: list[Outcome] = []
    for n in range(requests):
        attempt, contact, request_id = chance.randbytes(8).hex(), chance.randbytes(8), f"order-2026-{n:08d}"
        line = f"line-{n % LINES}"
        origin = Origin("sendblue.requests", n % 12, n // 12)
        body, owner = chance.randbytes(8), "0123456789abcdef"
        yield Intent(attempt, request_id, line, contact, body, at_ms(2 * n), origin, 0, owner, lease_ms=5000)
        handle = str(uuid.UUID(int=chance.getrandbits(128)))
        open_attempts.append(Outcome(attempt, request_id, line, contact, Result.SUBMITTED, handle, "sender"))
        if len(open_attempts) == IN_FLIGHT:
            yield open_attempts.pop(chance.randrange(IN_FLIGHT))
    yield from open_attempts


class OneSchema:
    """A registry that knows one schema, by the number 1."""

    async def register(self, *_: str) -> int:
        return 1

    find = register

    async def text(self, _: int) -> str:
        raise NotImplementedError


async def codec() -> Codec:
    """A codec for the ledger that needs no network."""
    one = Codec(OneSchema(), {SchemaName.LEDGER: "ledger-value"})
    await one.prepare(auto_register=True)
    return one


def encoded(writer: Codec, log: Iterator[LedgerRecord]) -> list[KafkaRecord]:
    """The log as its reader gets it."""
    values = (writer.encode(SchemaName.LEDGER, ledger_row(record)) for record in log)
    return [KafkaRecord("sendblue.ledger", 0, n, None, value, (), at_ms(n)) for n, value in enumerate(values)]
