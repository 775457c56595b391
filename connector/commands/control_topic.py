"""The control topic for a command: read once, and written to."""

import asyncio
from collections.abc import Sequence

from connector.core.preflight import refusal
from connector.kafka.avro import Codec
from connector.kafka.control import Control, control_of
from connector.kafka.producer import KafkaProducer
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import read_table
from connector.settings import Settings
from connector.wiring.installation import clients_of, names_of, registry_of, subjects
from connector.wiring.preflight import genesis_finding


async def control_codec(settings: Settings) -> Codec:
    """A codec for the control topic."""
    codec = Codec(registry_of(settings), {SchemaName.CONTROL: subjects(names_of(settings))[SchemaName.CONTROL]})
    await codec.prepare(settings.registry.auto_register)
    return codec


async def control_now(settings: Settings, codec: Codec) -> Control:
    """The topic as it stands."""
    table = await asyncio.to_thread(read_table, clients_of(settings), names_of(settings).control)
    return await control_of(codec.read, table)


def check_ours(settings: Settings, control: Control) -> None:
    """Raises ValueError when these topics are not ours."""
    if (why := refusal([genesis_finding(settings, control)])) is not None:
        raise ValueError(why)


async def write_control(settings: Settings, records: Sequence[tuple[bytes, bytes | None]]) -> None:
    """Append records, in order."""
    producer = KafkaProducer(clients_of(settings), asyncio.get_running_loop())
    try:
        for key, value in records:
            await producer.send(names_of(settings).control, key=key, value=value, partition=0)
    finally:
        await producer.close()
