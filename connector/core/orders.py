"""What operators have ordered for requests that are not sent yet, as the control topic says it now.

Three orders stand side by side: cancel one request by its id; cancel by tag every request made before a time; pause
(``pauses``). Cancellations are looked at before the INTENT, never after: what is granted goes on. One is forgotten 72 h
after its time, when no request that it could mean may be sent any more; until then it also holds for a request that
arrives after it. Each order has a key of its own in a compacted topic; a tombstone takes it back.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple, TypeAlias, assert_never

from connector.core.messages import MAX_AGE_MS
from connector.core.pauses import KEPT_MS, Pause, Pauses
from connector.core.refusals import refusal

BY_ID = refusal("CANCELLED").code
BY_TAG = refusal("CANCELLED_BY_TAG").code


class CancelRequest(NamedTuple):
    """Do not send this request. ``until_ms``: when it was ordered."""

    request_id: str
    until_ms: int


class CancelTag(NamedTuple):
    """Send no request with this tag whose time is before ``until_ms``."""

    name: str
    value: str
    until_ms: int


Order: TypeAlias = CancelRequest | CancelTag | Pause


class Orders:
    """The orders that stand, by key of the control topic. ``park_before_ms``: of an ``adoption``, 0 for none.

    ``past``: pauses that have given way to others, for the audit.
    """

    def __init__(self, standing: Mapping[bytes, Order] | None = None) -> None:
        self.park_before_ms = 0
        self.pauses = Pauses()
        self.past: dict[bytes, Pause] = {}
        self._standing: dict[bytes, Order] = {}
        self._ids: dict[str, int] = {}
        self._tags: dict[tuple[str, str], int] = {}
        for key, order in (standing or {}).items():
            self.put(key, order)

    def __len__(self) -> int:
        return len(self._standing)

    def __iter__(self) -> Iterator[Order]:
        return iter(self._standing.values())

    def put(self, key: bytes, order: Order | None) -> Order | None:
        """Take the newest record of this key, None for a tombstone; return the order that stood there before."""
        self._drop(before := self._standing.pop(key, None))
        if order is not None:
            self._take(key, order)
        return before

    def put_past(self, key: bytes, pause: Pause | None) -> None:
        """Keep a pause that has given way to another; None: long enough."""
        self.past.pop(key, None)
        if pause is not None:
            self.past[key] = pause

    def _take(self, key: bytes, order: Order) -> None:
        self._standing[key] = order
        match order:
            case CancelRequest(request_id, until_ms):
                self._ids[request_id] = until_ms
            case CancelTag(name, value, until_ms):
                self._tags[name, value] = until_ms
            case Pause():
                self.pauses.put(order)
            case _:
                assert_never(order)

    def cancels(self, request_id: str, tags: Mapping[str, str], request_time_ms: int, now_ms: int) -> str | None:
        """Return CANCELLED or CANCELLED_BY_TAG when an order holds for such a request, else None."""
        if (ordered_ms := self._ids.get(request_id)) is not None and now_ms - ordered_ms <= MAX_AGE_MS:
            return BY_ID
        if not self._tags:
            return None
        ends = (self._tags.get(tag) for tag in tags.items())
        stands = any(end is not None and request_time_ms < end and now_ms - end <= MAX_AGE_MS for end in ends)
        return BY_TAG if stands else None

    def stale(self, now_ms: int) -> list[bytes]:
        """Return the keys of the orders that hold for nothing any more."""
        every = (*self._standing.items(), *self.past.items())
        return [key for key, order in every if now_ms > _kept_until_ms(order)]

    def _drop(self, order: Order | None) -> None:
        match order:
            case CancelRequest(request_id):
                self._ids.pop(request_id, None)
            case CancelTag(name, value):
                self._tags.pop((name, value), None)
            case Pause(scope):
                self.pauses.drop(scope)


def _kept_until_ms(order: Order) -> float:
    if isinstance(order, Pause):
        return order.over_ms + KEPT_MS
    return order.until_ms + MAX_AGE_MS
