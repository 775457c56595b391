"""One `topics apply` at a time, by claims in the control topic; ``core.applying`` says whose turn it is."""

import asyncio
import contextlib
import secrets
import time
from collections.abc import AsyncIterator, Iterable, Mapping

from connector.commands.control_topic import write_control
from connector.core.applying import HOLDS_S, Claim, before, is_stale
from connector.kafka.avro import Codec
from connector.kafka.control import APPLYING, Control, claim_record, control_of
from connector.kafka.records import KafkaRecord, ProduceFailed
from connector.kafka.tail import read_table
from connector.settings import Settings
from connector.wiring.installation import clients_of, names_of

WAIT = "run this one again after its end; if it was killed, five minutes after its beginning"


class Turn:
    """The control topic, as it stands in our turn."""

    def __init__(self, control: Control, ends: float) -> None:
        self.control, self._ends = control, ends

    def check(self) -> None:
        """Before anything is written by what was read. Raises ValueError when that took too long."""
        if time.monotonic() > self._ends:
            raise ValueError(
                f"the topics took longer than {HOLDS_S:.0f} s, and nothing was written to control; run it again"
            )


@contextlib.asynccontextmanager
async def in_turn(settings: Settings, codec: Codec) -> AsyncIterator[Turn]:
    """Our turn to apply. Raises ValueError while another one is at work."""
    now_ms, ends = time.time_ns() // 1_000_000, time.monotonic() + HOLDS_S
    key, value = claim_record(codec, secrets.token_hex(8), now_ms)
    over = [key]
    try:
        await write_control(settings, [(key, value)])
        table = await asyncio.to_thread(read_table, clients_of(settings), names_of(settings).control)
        claims = claims_in(table)
        over += [one.key for one in claims if one.key != key and is_stale(one, now_ms)]
        if (other := before(key, claims, now_ms)) is not None:
            since_s = max(now_ms - other.at_ms, 0) // 1000
            raise ValueError(f"another `topics apply` has been at work for {since_s} s: {WAIT}")
        yield Turn(await control_of(codec.read, table), ends)
    finally:
        await _take_back(settings, over)


def claims_in(table: Mapping[bytes, KafkaRecord]) -> list[Claim]:
    """The claims that stand."""
    return [Claim(k, r.offset, r.timestamp_ms or 0) for k, r in table.items() if k.startswith(APPLYING)]


async def _take_back(settings: Settings, keys: Iterable[bytes]) -> None:
    """One that cannot be taken back, for Kafka is away, grows stale."""
    with contextlib.suppress(ProduceFailed):
        await write_control(settings, [(key, None) for key in keys])
