"""Going on with a ledger that does not remember all, against a real Kafka; ``core.adoption`` decides."""

import asyncio
import time

from connector.commands.control_topic import check_ours, control_codec, control_now, write_control
from connector.commands.ledger_reading import LedgerSaysOtherwise, RiskNotAccepted
from connector.commands.parked_commands import Confirm
from connector.core.adoption import Adoption, Found, adopted, in_its_way, is_lost, with_clocks_ms
from connector.core.preflight import SAFE_AFTER_MS
from connector.kafka.avro import Codec
from connector.kafka.control import adoption_record, contacts_of
from connector.kafka.progress import bounds
from connector.kafka.tail import read_table
from connector.kafka.topics import Topics
from connector.settings import Settings
from connector.wiring.installation import clients_of, names_of
from connector.wiring.preflight import done_since

LOST = (
    "requests from before that time which this ledger does not know are parked, not texted; whatever is younger and "
    "did go out under the lost ledger is texted again"
)
LATE = (
    "contacts whose line only the missing part of the ledger knew may be texted from another line than they know; no "
    "text goes out twice by it"
)


async def adopt(settings: Settings, park_before_ms: int | None, operator: str, confirm: Confirm | None) -> Adoption:
    """Write the adoption. Raises LedgerSaysOtherwise, RiskNotAccepted, ValueError when these topics are not ours."""
    now_ms = time.time_ns() // 1_000_000
    codec = await control_codec(settings)
    control = await control_now(settings, codec)
    check_ours(settings, control)
    found = await _found(settings, codec, park_before_ms, now_ms)
    if why := in_its_way(found, park_before_ms, now_ms):
        raise LedgerSaysOtherwise(why)
    danger = LATE if park_before_ms is None else LOST
    if confirm is not None and not await asyncio.to_thread(confirm, f"Is that so: {danger}?"):
        raise RiskNotAccepted("nothing was adopted")
    adoption = adopted(control.adoption, found, park_before_ms, now_ms, operator)
    await write_control(settings, [adoption_record(codec, adoption)])
    return adoption


async def _found(settings: Settings, codec: Codec, park_before_ms: int | None, now_ms: int) -> Found:
    clients, names = clients_of(settings), names_of(settings)
    _, reached = await contacts_of(codec.read, await asyncio.to_thread(read_table, clients, names.contacts))
    begin, end = await asyncio.to_thread(bounds, clients, names.ledger)
    existing = await asyncio.to_thread(Topics(clients).existing, names.all())

    async def done(since_ms: int) -> bool:
        return bool(await asyncio.to_thread(done_since, settings, names, existing, since_ms))

    found = Found(begin, end, reached, await done(now_ms - SAFE_AFTER_MS))
    after = park_before_ms is not None and is_lost(found) and await done(with_clocks_ms(park_before_ms))
    return found._replace(done_after=after)
