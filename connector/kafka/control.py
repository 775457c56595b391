"""The control and contacts topics as values: who this connector is, lines, orders, moves and blocks of lines, an
adoption, further keys of the account, and each contact's line.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any, TypeAlias, assert_never

from connector.core.adoption import Adoption, forgiven_before_ms
from connector.core.moving import Move
from connector.core.orders import CancelRequest, CancelTag, Order, Orders
from connector.core.pauses import Pause
from connector.core.priorities import Places
from connector.kafka.avro import Codec, Row
from connector.kafka.pause_records import PAST, PAUSE, past_row, pause_of, pause_row
from connector.kafka.records import KafkaRecord
from connector.kafka.schemas import SchemaName

GENESIS = b"genesis"
LINE = b"line/"
ADOPTION = b"adoption"
ACCOUNT = b"account/"
MOVE = b"move/"
BLOCKED = b"blocked/"
APPLYING = b"applying/"
CANCEL_ID = b"cancel/id/"
CANCEL_TAG = b"cancel/tag/"
_EMPTY: dict[str, Any] = dict.fromkeys(
    (
        "connector", "account", "hash_key", "created_at", "line", "partition", "reply_partition", "request_id", "tag",
        "tag_value", "until", "park_before", "ledger_begin", "ledger_end", "contacts_reached", "operator", "to_line",
        "retired", "former_lines", "reason", "resumed_at", "resumed_by", "resumed_reason",
    )
)  # fmt: skip
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
    """The control topic as it stands; ``put`` takes its records in order. Keys of a newer version are left alone.

    ``accounts``: fingerprints of the account's further API keys, beside the one in the genesis. ``blocks``: when a
    webhook said last that a line is blocked.
    """

    genesis: Genesis | None = None
    partitions: dict[str, Places] = field(default_factory=dict)
    orders: Orders = field(default_factory=Orders)
    adoption: Adoption | None = None
    accounts: set[str] = field(default_factory=set)
    moves: dict[str, Move] = field(default_factory=dict)
    blocks: dict[str, int] = field(default_factory=dict)

    def put(self, key: bytes, row: Row | None) -> Order | None:
        """Take the newest record of a key, None for a tombstone; return the order it holds, if it is one.

        A tombstone takes back an order, a move or a block; of a pause it is the pause that is returned, which no longer
        stands. A line keeps its partitions for ever, and the genesis stands.
        """
        if key.startswith((CANCEL_ID, CANCEL_TAG, PAUSE)):
            order = None if row is None else _order(key, row)
            before = self.orders.put(key, order)
            return before if order is None and isinstance(before, Pause) else order
        if key.startswith(PAST):
            self.orders.put_past(key, None if row is None else pause_of(row))
        elif key.startswith(MOVE):
            self._moved(key.removeprefix(MOVE).decode(), row)
        elif key.startswith(BLOCKED):
            self._blocked(key.removeprefix(BLOCKED).decode(), row)
        elif row is not None and key == GENESIS:
            self.genesis = Genesis(row["connector"], row["account"], row["hash_key"], row["created_at"])
        elif row is not None and key.startswith(LINE):
            self.partitions[row["line"]] = Places(row["partition"], row["reply_partition"])
        elif row is not None and key.startswith(ACCOUNT):
            self.accounts.add(row["account"])
        elif row is not None and key == ADOPTION:
            self.adoption = _adoption(row)
            self.orders.park_before_ms = forgiven_before_ms(self.adoption)
        return None

    def _moved(self, line: str, row: Row | None) -> None:
        """A tombstone, which former versions wrote to take a move back, forgets it too."""
        if row is None:
            self.moves.pop(line, None)
        else:
            said = row["created_at"] or 0, row["operator"] or "", tuple(row["former_lines"] or ())
            self.moves[line] = Move(row["to_line"], bool(row["retired"]), *said)

    def _blocked(self, line: str, row: Row | None) -> None:
        """Two ingresses may hear of it in another order: the later counts."""
        if row is None:
            self.blocks.pop(line, None)
        else:
            self.blocks[line] = max(row["created_at"] or 0, self.blocks.get(line, 0))


def _order(key: bytes, row: Row) -> Order:
    if key.startswith(PAUSE):
        return pause_of(row)
    until_ms = row["until"] or 0
    if key.startswith(CANCEL_ID):
        return CancelRequest(row["request_id"], until_ms)
    return CancelTag(row["tag"], row["tag_value"], until_ms)


async def control_of(read: Read, table: Mapping[bytes, KafkaRecord]) -> Control:
    """Read the control topic's table. Raises Undecodable, and what ``read`` raises."""
    control = Control()
    for key, record in table.items():
        control.put(key, await read(SchemaName.CONTROL, record.value))
    return control


def order_record(codec: Codec, order: Order) -> tuple[bytes, bytes]:
    """Key and value of the record that gives an order."""
    match order:
        case CancelRequest(request_id, until_ms):
            key, row = CANCEL_ID + request_id.encode(), {"request_id": request_id, "until": until_ms}
        case CancelTag(name, value, until_ms):
            key = CANCEL_TAG + f"{name}={value}".encode()
            row = {"tag": name, "tag_value": value, "until": until_ms}
        case Pause():
            key, row = pause_row(order)
        case _:
            assert_never(order)
    return key, codec.encode(SchemaName.CONTROL, _EMPTY | row)


def past_record(codec: Codec, pause: Pause) -> tuple[bytes, bytes]:
    """Key and value of the record that keeps a pause which has given way to another."""
    key, row = past_row(pause)
    return key, codec.encode(SchemaName.CONTROL, _EMPTY | row)


def genesis_record(codec: Codec, genesis: Genesis) -> tuple[bytes, bytes]:
    """Key and value of the genesis record."""
    row = {
        "connector": genesis.connector,
        "account": genesis.account,
        "hash_key": genesis.hash_key,
        "created_at": genesis.created_at_ms,
    }
    return GENESIS, codec.encode(SchemaName.CONTROL, _EMPTY | row)


def line_record(codec: Codec, line: str, places: Places) -> tuple[bytes, bytes]:
    """Key and value of the record that gives a line its partitions."""
    row = {"line": line, "partition": places.normal, "reply_partition": places.reply}
    return LINE + line.encode(), codec.encode(SchemaName.CONTROL, _EMPTY | row)


def claim_record(codec: Codec, name: str, at_ms: int) -> tuple[bytes, bytes]:
    """Key and value of the record by which one `topics apply` claims its turn."""
    return APPLYING + name.encode(), codec.encode(SchemaName.CONTROL, _EMPTY | {"created_at": at_ms})


def move_record(codec: Codec, line: str, move: Move) -> tuple[bytes, bytes]:
    """Key and value of the record that says where a line's contacts were moved, or that it is in use again."""
    told = {"created_at": move.at_ms, "operator": move.operator, "former_lines": list(move.former)}
    row = {"line": line, "to_line": move.to, "retired": move.retired, **told}
    return MOVE + line.encode(), codec.encode(SchemaName.CONTROL, _EMPTY | row)


def block_row(line: str, at_ms: int) -> tuple[bytes, Row]:
    """Key and row of the record that says when a webhook told that a line is blocked."""
    return BLOCKED + line.encode(), _EMPTY | {"line": line, "created_at": at_ms, "reason": "line_blocked"}


def adoption_record(codec: Codec, adoption: Adoption) -> tuple[bytes, bytes]:
    """Key and value of the record that says which ledger an operator goes on with."""
    row = {
        "created_at": adoption.at_ms,
        "park_before": adoption.park_before_ms,
        "ledger_begin": adoption.begin,
        "ledger_end": adoption.end,
        "contacts_reached": adoption.reached,
        "operator": adoption.operator,
    }
    return ADOPTION, codec.encode(SchemaName.CONTROL, _EMPTY | row)


def account_record(codec: Codec, account: str, at_ms: int, operator: str) -> tuple[bytes, bytes]:
    """Key and value of the record that accepts one more API key of the same account, by its fingerprint."""
    row = {"account": account, "created_at": at_ms, "operator": operator}
    return ACCOUNT + account.encode(), codec.encode(SchemaName.CONTROL, _EMPTY | row)


def _adoption(row: Row) -> Adoption:
    found = row["ledger_begin"] or 0, row["ledger_end"] or 0, row["contacts_reached"]
    return Adoption(row["created_at"] or 0, *found, row["park_before"], row["operator"] or "")


def assign_partitions(existing: Mapping[str, Places], lines: Sequence[str]) -> dict[str, Places]:
    """Give each line that lacks one the next partition, then the next for replies.

    A line keeps its own for ever, also while it is not configured. Of two that have one partition the earlier keeps it,
    and a configured one gets another.
    """
    free, owner = count(partitions_of(existing.values())), dict[int, str]()
    for line, places in existing.items():
        for number in places.numbers():
            owner.setdefault(number, line)
    given = dict(existing)
    for line in lines:
        if line not in given or owner[given[line].normal] != line:
            given[line] = Places(next(free), given[line].reply if line in given else None)
    for line in lines:
        normal, reply = given[line]
        if reply is None or owner.get(reply, line) != line or reply == normal:
            given[line] = Places(normal, next(free))
    return given


def partitions_of(places: Iterable[Places]) -> int:
    """How many partitions the dispatch topic needs for all of these."""
    return max((number for place in places for number in place if number is not None), default=-1) + 1


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
