"""The control topic, live: what an operator writes there holds in every replica a moment later."""

from collections.abc import Callable

from connector.core.orders import Order
from connector.kafka.avro import Row
from connector.kafka.control import Control
from connector.kafka.schemas import SchemaName
from connector.wiring.following import Following
from connector.wiring.inbound import Reader


class ControlFeed(Following):
    """``control`` changes in place; ``ordered`` hears each new order, ``taken_back`` that a pause is gone."""

    schema = SchemaName.CONTROL

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.control = Control()
        self.ordered: Callable[[Order], None] = lambda _: None
        self.taken_back: Callable[[], None] = lambda: None

    def put(self, key: bytes, row: Row | None) -> None:
        """Take the next record, None for a tombstone."""
        order = self.control.put(key, row)
        if order is not None and row is None:
            self.taken_back()
        elif order is not None:
            self.ordered(order)
