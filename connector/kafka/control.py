"""The control and contacts topics as values: who this connector is, each line's partition, each contact's line."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from connector.kafka.avro import Codec, Row
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName

GENESIS = b"genesis"
LINE = b"line/"
Read: TypeAlias = Callable[[SchemaName, bytes | None], Awaitable[Row]]
"""Decodes a record, and fetches its writer's schema where need be: another version may have written it."""


@dataclass(frozen=True, slots=True)
class Genesis:
    """What the whole connector must agree on; fingerprints, never keys."""

    connector: str
    account: str
    hash_key: str
    created_at_ms: int


@dataclass(slots=True)
class Control:
    """The control topic, read to its end."""

    genesis: Genesis | None = None
    partitions: dict[str, int] = field(default_factory=dict)


async def control_of(read: Read, table: Mapping[bytes, KafkaRecord]) -> Control:
    """Read the control topic's table. Raises Undecodable, and what ``read`` raises."""
    control = Control()
    for key, record in table.items():
        row = await read(SchemaName.CONTROL, record.value)
        if key == GENESIS:
            control.genesis = Genesis(row["connector"], row["account"], row["hash_key"], row["created_at"])
        elif key.startswith(LINE):
            control.partitions[row["line"]] = row["partition"]
    return control


def genesis_record(codec: Codec, genesis: Genesis) -> tuple[bytes, bytes]:
    """Key and value of the genesis record."""
    row = {
        "connector": genesis.connector,
        "account": genesis.account,
        "hash_key": genesis.hash_key,
        "created_at": genesis.created_at_ms,
        "line": None,
        "partition": None,
    }
    return GENESIS, codec.encode(SchemaName.CONTROL, row)


def line_record(codec: Codec, line: str, partition: int) -> tuple[bytes, bytes]:
    """Key and value of the record that gives a line its partition."""
    row = dict.fromkeys(("connector", "account", "hash_key", "created_at"))
    return LINE + line.encode(), codec.encode(SchemaName.CONTROL, {**row, "line": line, "partition": partition})


def assign_partitions(existing: Mapping[str, int], lines: Iterable[str]) -> dict[str, int]:
    """Give each new line the next partition; a line keeps its own for ever, also while it is not configured."""
    given = dict(existing)
    for line in lines:
        if line not in given:
            given[line] = max(given.values(), default=-1) + 1
    return given


async def contacts_of(
    read: Read, table: Mapping[bytes, KafkaRecord]
) -> tuple[dict[bytes, tuple[str, int | None]], int | None]:
    """Return contact -> (line, grant offset of a binding made by park alone), and the ledger offset reached.

    Raises Undecodable, and what ``read`` raises.
    """
    bindings: dict[bytes, tuple[str, int | None]] = {}
    reached = None
    for key, record in table.items():
        row = await read(SchemaName.CONTACT, record.value)
        if key:
            bindings[key] = (row["line"], row["grant_offset"])
        else:
            reached = row["ledger_offset"]
    return bindings, reached
