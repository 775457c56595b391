"""The connector's own Avro schemas, read from the ``schemas`` folder or from the installed package."""

from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Any

from connector.kafka.writers import schema_of

_PLACES = (Path(__file__).parents[1] / "_schemas", Path(__file__).parents[2] / "schemas")


class SchemaName(StrEnum):
    """One schema a topic."""

    SEND_REQUEST = "send-request"
    MESSAGE_EVENT = "message-event"
    DISPATCH = "dispatch"
    LEDGER = "ledger"
    PARKED = "parked"
    CONTACT = "contact"
    CONTROL = "control"
    OPT_OUT = "opt-out"
    INBOUND_MESSAGE = "inbound-message"
    ACCOUNT_EVENT = "account-event"


@cache
def text_of(name: SchemaName) -> str:
    """Return the schema as JSON text. Raises FileNotFoundError when the installation is broken."""
    for place in _PLACES:
        if (path := place / f"{name}.avsc").exists():
            return path.read_text()
    raise FileNotFoundError(f"schema {name}.avsc is missing from this installation")


@cache
def parsed(name: SchemaName) -> Any:
    """Return the schema as fastavro wants it; times are milliseconds."""
    return schema_of(text_of(name))
