"""The control topic's records: there and back, in order, of older schemas too."""

import asyncio
import json

import pytest

from connector.core.adoption import Adoption, forgiven_before_ms
from connector.core.moving import Move
from connector.core.orders import CancelRequest, CancelTag, Order, Orders
from connector.core.pauses import OfAll, OfLine, OfTag, Pause, Said
from connector.core.priorities import Places
from connector.kafka.avro import Codec
from connector.kafka.control import (
    Control,
    Genesis,
    account_record,
    adoption_record,
    assign_partitions,
    block_row,
    control_of,
    genesis_record,
    line_record,
    move_record,
    order_record,
    partitions_of,
    past_record,
)
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName, text_of
from tests.kafka.test_codec import CODEC, Shelf

ANN, BEN = Said("ann", "under review", 1_700_000_000_000), Said("ben", "review is over", 1_700_000_000_009)
ORDERS: list[Order] = [
    CancelRequest("order-1", 1_700_000_000_000),
    CancelTag("campaign", "a=b", 1_700_000_000_001),
    Pause(OfLine("a"), ANN),
    Pause(OfLine("a"), ANN, 1_700_000_000_500),
    Pause(OfTag("campaign", "a=b"), ANN, 1_700_000_000_500, BEN),
    Pause(OfAll(), ANN, None, BEN),
]


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


def test_the_key_of_a_pause_says_what_it_pauses() -> None:
    """A later word on the same line, tag or all takes the place of the one before; so it does in a compacted topic."""
    keys = [order_record(CODEC, Pause(scope, ANN))[0] for scope in (OfLine("a"), OfTag("campaign", "a=b"), OfAll())]

    assert keys == [b"pause/line/a", b"pause/tag/campaign=a=b", b"pause/all"]


def test_the_tombstone_of_a_pause_tells_which_one_is_gone() -> None:
    """Whoever waits for it must look again; of a cancellation nobody does."""
    control = Control()
    for order in (ORDERS[1], ORDERS[2]):
        key, value = order_record(CODEC, order)
        control.put(key, CODEC.decode(SchemaName.CONTROL, value))

    assert control.put(b"pause/line/a", None) == ORDERS[2]
    assert control.put(b"pause/line/a", None) is None
    assert control.put(b"cancel/tag/campaign=a=b", None) is None


def test_a_pause_that_has_given_way_is_kept_and_holds_for_nothing() -> None:
    """Beside the one that took its place, until it is taken out."""
    former, now = Pause(OfLine("a"), ANN, None, BEN), Pause(OfLine("a"), BEN)
    records = [past_record(CODEC, former), order_record(CODEC, now)]
    control = Control()
    for key, value in reversed(records):
        control.put(key, CODEC.decode(SchemaName.CONTROL, value))
    kept = dict(control.orders.past)
    month = 31 * 24 * 3_600_000
    control.put(records[0][0], None)

    assert kept == {records[0][0]: former}
    assert list(control.orders) == list(control.orders.pauses) == [now]
    assert control.orders.past == {}
    assert stale_of(former, BEN.at_ms + month) == []
    assert stale_of(former, BEN.at_ms + month + 1) == [b"past"]


def stale_of(former: Pause, now_ms: int) -> list[bytes]:
    """What may be taken out of the topic then."""
    orders = Orders()
    orders.put_past(b"past", former)
    return orders.stale(now_ms)


@pytest.mark.parametrize("adoption", [Adoption(9, 3, 5, 40, 7, "ann"), Adoption(9, 30, 50, None)])
def test_an_adoption_survives_the_wire_and_holds_at_once(adoption: Adoption) -> None:
    """What is older than its time is parked from then on, in every replica."""
    key, value = adoption_record(CODEC, adoption)
    control = Control()
    control.put(key, CODEC.decode(SchemaName.CONTROL, value))

    assert adoption == control.adoption
    assert forgiven_before_ms(adoption) == control.orders.park_before_ms


@pytest.mark.parametrize(
    "move", [Move("b", True, 9, "ann"), Move("b", False, 9, "ann", ("d", "c")), Move(None, False, 9, "ann", ("b",))]
)
def test_a_move_survives_the_wire(move: Move) -> None:
    """Where to, who, when, and where before; the next one of the line counts, and a tombstone forgets it."""
    control = Control()
    for told in (Move("c", False, 8, "bob"), move):
        key, value = move_record(CODEC, "a", told)
        control.put(key, CODEC.decode(SchemaName.CONTROL, value))
    standing = dict(control.moves)
    control.put(move_record(CODEC, "a", move)[0], None)

    assert standing == {"a": move}
    assert control.moves == {}


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
    table[b"later/line/a"] = record(b"later/line/a", pairs[1][1])
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


def test_of_two_tellings_of_a_block_the_later_counts() -> None:
    """Two ingresses may write them in another order; a tombstone takes the block back."""
    control, later = Control(), 1_700_000_000_009
    for at_ms in (later, later - 5):
        key, row = block_row("a", at_ms)
        control.put(key, CODEC.decode(SchemaName.CONTROL, CODEC.encode(SchemaName.CONTROL, row)))
    found = dict(control.blocks)
    control.put(key, None)

    assert (found, control.blocks) == ({"a": later}, {})
