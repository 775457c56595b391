"""Which requests an operator has cancelled."""

import pytest

from connector.core.orders import CancelRequest, CancelTag, Orders

NOW = 1_700_000_000_000
HOUR = 3_600_000
ORDERS = Orders({b"1": CancelRequest("r1", NOW), b"2": CancelTag("campaign", "spring", NOW)})


@pytest.mark.parametrize(
    ("request_id", "tags", "made_ms", "at_ms", "code"),
    [
        ("r1", {}, NOW - 1, NOW, "CANCELLED"),
        ("r1", {}, NOW + HOUR, NOW + HOUR, "CANCELLED"),
        ("r1", {}, NOW - 1, NOW + 72 * HOUR, "CANCELLED"),
        ("r1", {}, NOW - 1, NOW + 72 * HOUR + 1, None),
        ("r2", {}, NOW - 1, NOW, None),
        ("r2", {"campaign": "spring"}, NOW - 1, NOW, "CANCELLED_BY_TAG"),
        ("r2", {"campaign": "spring"}, NOW, NOW, None),
        ("r2", {"campaign": "autumn"}, NOW - 1, NOW, None),
        ("r2", {"other": "spring"}, NOW - 1, NOW, None),
        ("r2", {"a": "b", "campaign": "spring"}, NOW - 1, NOW + 72 * HOUR, "CANCELLED_BY_TAG"),
        ("r2", {"campaign": "spring"}, NOW - 1, NOW + 72 * HOUR + 1, None),
    ],
)
def test_what_an_order_means(request_id: str, tags: dict[str, str], made_ms: int, at_ms: int, code: str | None) -> None:
    """By id whenever it was made; by tag what was made before; neither after 72 hours."""
    assert ORDERS.cancels(request_id, tags, made_ms, at_ms) == code


def test_a_later_record_of_a_key_counts_and_a_tombstone_takes_it_back() -> None:
    """As in a compacted topic."""
    orders = Orders({b"2": CancelTag("campaign", "spring", NOW)})
    orders.put(b"2", CancelTag("campaign", "spring", NOW + HOUR))
    moved = orders.cancels("r", {"campaign": "spring"}, NOW, NOW)
    orders.put(b"2", None)
    orders.put(b"unknown", None)

    assert moved == "CANCELLED_BY_TAG"
    assert orders.cancels("r", {"campaign": "spring"}, NOW - 1, NOW) is None
    assert len(orders) == 0


def test_what_holds_for_nothing_any_more_is_named() -> None:
    """72 hours after its time, so that whoever writes next takes it out of the topic."""
    orders = Orders({b"old": CancelRequest("r1", NOW - 72 * HOUR - 1), b"new": CancelTag("a", "b", NOW - 72 * HOUR)})

    assert orders.stale(NOW) == [b"old"]
