"""The control topic's records: there and back, in order, of older schemas too."""

import asyncio
import json

import pytest

from connector.core.adoption import Adoption, forgiven_before_ms
from connector.core.orders import CancelRequest, CancelTag, Order
from connector.core.priorities import Places
from connector.kafka.avro import Codec
from connector.kafka.control import (
    Control,
    Genesis,
    account_record,
    adoption_record,
    assign_partitions,
    control_of,
    genesis_record,
    line_record,
    order_record,
    partitions_of,
)
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName, text_of
from tests.kafka.test_codec import CODEC, Shelf

ORDERS: list[Order] = [CancelRequest("order-1", 1_700_000_000_000), CancelTag("campaign", "a=b", 1_700_000_000_001)]


def record(key: bytes, value: bytes | None) -> KafkaRecord:
    return KafkaRecord("control", 0, 0, key, value, (), 1)


@pytest.mark.parametrize("order", ORDERS)
def test_an_order_survives_the_wire(order: Order) -> None:
    """And a tombstone of its key takes it back."""
    key, value = order_record(CODEC, order)
    control = Control()
    read = control.put(key, CODEC.decode(SchemaName.CONTROL, value))
    standing = len(control.orders)
    control.put(key, None)

    assert read == order
    assert (standing, len(control.orders)) == (1, 0)


@pytest.mark.parametrize("adoption", [Adoption(9, 3, 5, 40, 7, "ann"), Adoption(9, 30, 50, None)])
def test_an_adoption_survives_the_wire_and_holds_at_once(adoption: Adoption) -> None:
    """What is older than its time is parked from then on, in every replica."""
    key, value = adoption_record(CODEC, adoption)
    control = Control()
    control.put(key, CODEC.decode(SchemaName.CONTROL, value))

    assert adoption == control.adoption
    assert forgiven_before_ms(adoption) == control.orders.park_before_ms


def test_a_further_key_survives_the_wire_and_stays() -> None:
    """Two of them, side by side with the genesis."""
    control = Control()
    for account in ("a1", "a2"):
        key, value = account_record(CODEC, account, 9, "ann")
        control.put(key, CODEC.decode(SchemaName.CONTROL, value))

    assert control.accounts == {"a1", "a2"}
    assert control.genesis is None


def test_the_table_holds_genesis_lines_and_orders_side_by_side() -> None:
    """A key that nobody knows yet is left alone; a line never loses its partition."""
    genesis = Genesis("default", "acc", "key", 1_700_000_000_000)
    pairs = [genesis_record(CODEC, genesis), line_record(CODEC, "a", Places(3)), order_record(CODEC, ORDERS[0])]
    table = {key: record(key, value) for key, value in pairs}
    table[b"pause/line/a"] = record(b"pause/line/a", pairs[1][1])
    control = asyncio.run(control_of(CODEC.read, table))
    control.put(b"line/a", None)

    assert (control.genesis, control.partitions, len(control.orders)) == (genesis, {"a": Places(3)}, 1)


def test_a_record_of_an_older_schema_is_read() -> None:
    """Its schema is fetched first: a schema that grew must not keep an installation from starting."""
    old = json.loads(text_of(SchemaName.CONTROL))
    younger = len(old["fields"][6:])
    old["fields"] = old["fields"][:6]
    shelf = Shelf()
    asyncio.run(shelf.register("control-value", json.dumps(old)))
    codec = Codec(shelf, {SchemaName.CONTROL: "control-value"})
    asyncio.run(codec.prepare(auto_register=True))
    _, value = line_record(codec, "a", Places(3))
    older = b"\x00\x00\x00\x00\x01" + value[5:-younger]

    assert asyncio.run(control_of(codec.read, {b"line/a": record(b"line/a", older)})).partitions == {"a": Places(3)}


@pytest.mark.parametrize(
    ("there", "lines", "given", "needed"),
    [
        ({}, ["a", "b"], {"a": Places(0, 2), "b": Places(1, 3)}, 4),
        ({"a": Places(0), "b": Places(1)}, ["a", "b"], {"a": Places(0, 2), "b": Places(1, 3)}, 4),
        ({"a": Places(0, 1)}, ["a", "b"], {"a": Places(0, 1), "b": Places(2, 3)}, 4),
        ({"a": Places(0, 2), "b": Places(1, 3)}, ["b"], {"a": Places(0, 2), "b": Places(1, 3)}, 4),
        ({"gone": Places(5)}, ["a"], {"gone": Places(5), "a": Places(6, 7)}, 8),
        ({}, [], {}, 0),
    ],
)
def test_a_line_gets_two_partitions_and_keeps_them(
    there: dict[str, Places], lines: list[str], given: dict[str, Places], needed: int
) -> None:
    """New lines, and those from before there were two; nobody's number is ever changed, or given twice."""
    assert assign_partitions(there, lines) == given
    assert assign_partitions(given, lines) == given
    assert partitions_of(given.values()) == needed


@pytest.mark.parametrize("places", [Places(3), Places(3, 7)])
def test_a_line_s_partitions_survive_the_wire(places: Places) -> None:
    """One, or two."""
    key, value = line_record(CODEC, "a", places)
    control = Control()
    control.put(key, CODEC.decode(SchemaName.CONTROL, value))

    assert control.partitions == {"a": places}
