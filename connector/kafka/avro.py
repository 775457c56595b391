"""Avro records in Confluent's wire format: one zero byte, the schema's id in four bytes, the record.

The framing is written with fastavro directly, since the serializers of the client cost two to four times as much.
Writing needs no registry after ``prepare``; reading needs it once for each writer's schema.
"""

import io
from collections.abc import Mapping
from typing import Any, Protocol, TypeAlias

import fastavro

from connector.kafka.schemas import SchemaName, parsed, text_of
from connector.kafka.writers import Whole, schema_of, skips_blindly

MAGIC = 0
HEADER_BYTES = 5
Row: TypeAlias = dict[str, Any]  # what fastavro reads and writes


class Undecodable(Exception):  # noqa: N818 - says what the bytes are
    """These bytes are no record of a schema we can read."""


class NeedSchema(Exception):  # noqa: N818 - an instruction, not a mistake
    """The writer's schema must be fetched first."""

    def __init__(self, schema_id: int) -> None:
        super().__init__(f"schema {schema_id} has not been read yet")
        self.schema_id = schema_id


class Registry(Protocol):
    """What the codec asks of a schema registry."""

    async def register(self, subject: str, text: str) -> int:
        """Register a schema and return its id."""

    async def find(self, subject: str, text: str) -> int:
        """Return the id of a registered schema."""

    async def text(self, schema_id: int) -> str:
        """Return a schema."""


class Codec:
    """``subjects``: the subject of each schema, for the topics of this connector."""

    def __init__(self, registry: Registry, subjects: Mapping[SchemaName, str]) -> None:
        self._registry, self._subjects = registry, dict(subjects)
        self._headers: dict[SchemaName, bytes] = {}
        self._writers: dict[int, Any] = {}
        self._refused: dict[int, str] = {}
        self._blind: set[int] = set()

    async def prepare(self, auto_register: bool) -> None:
        """Learn the ids of our own schemas. Raises RegistryAway, UnknownSchema, SchemaRefused."""
        for name, subject in self._subjects.items():
            ask = self._registry.register if auto_register else self._registry.find
            schema_id = await ask(subject, text_of(name))
            self._headers[name] = bytes([MAGIC]) + schema_id.to_bytes(4)
            self._writers[schema_id] = parsed(name)

    async def fetch(self, schema_id: int) -> None:
        """Read a writer's schema. Raises RegistryAway, UnknownSchema; Undecodable when we do not read by it."""
        text = await self._registry.text(schema_id)
        try:
            writer = schema_of(text)
        except ValueError as error:
            self._refused[schema_id] = f"schema {schema_id} {error}"
            raise Undecodable(self._refused[schema_id]) from None
        if skips_blindly(writer):
            self._blind.add(schema_id)
        self._writers[schema_id] = writer

    async def read(self, name: SchemaName, value: bytes | None) -> Row:
        """``decode``, with the writer's schema fetched if need be. Raises RegistryAway, UnknownSchema, Undecodable."""
        try:
            return self.decode(name, value)
        except NeedSchema as need:
            await self.fetch(need.schema_id)
        return self.decode(name, value)

    def encode(self, name: SchemaName, row: Row) -> bytes:
        """Return the framed record. Raises KeyError before ``prepare``, ValueError for a row of another shape."""
        out = io.BytesIO(self._headers[name])
        out.seek(HEADER_BYTES)
        fastavro.schemaless_writer(out, parsed(name), row)
        return out.getvalue()

    def is_own(self, name: SchemaName, value: bytes) -> bool:
        """True when our own schema wrote these bytes; False before ``prepare``."""
        header = self._headers.get(name)
        return header is not None and value.startswith(header)

    def decode(self, name: SchemaName, value: bytes | None) -> Row:
        """Return the record as our schema reads it. Raises NeedSchema, Undecodable."""
        if value is None or len(value) < HEADER_BYTES or value[0] != MAGIC:
            raise Undecodable("the bytes do not begin as a record with a schema id does")
        schema_id = int.from_bytes(value[1:HEADER_BYTES])
        if (writer := self._writers.get(schema_id)) is None:
            if schema_id in self._refused:
                raise Undecodable(self._refused[schema_id])
            raise NeedSchema(schema_id)
        body, reader = (Whole if schema_id in self._blind else io.BytesIO)(value), parsed(name)
        body.seek(HEADER_BYTES)
        try:
            row = fastavro.schemaless_reader(body, writer, None if writer is reader else reader)
        except Exception as error:  # noqa: BLE001 - foreign bytes; fastavro raises a dozen types
            raise Undecodable(f"the bytes do not fit their schema ({type(error).__name__})") from None
        if not isinstance(row, dict) or body.tell() < len(value):
            raise Undecodable("the bytes do not end where the record does")
        return row
