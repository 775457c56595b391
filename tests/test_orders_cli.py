"""What the command line of `cancel` means."""

import pytest
import typer

from connector.commands.cli_orders import order_of
from connector.core.orders import CancelRequest, CancelTag, Order

NOW = 1_767_225_600_000  # 2026-01-01T00:00:00Z
HOUR = 3_600_000


@pytest.mark.parametrize(
    ("request_id", "tag", "until", "order"),
    [
        ("r1", None, None, CancelRequest("r1", NOW)),
        (None, "campaign=a=b", None, CancelTag("campaign", "a=b", NOW)),
        (None, "campaign=", "2026-01-01T02:00:00+01:00", CancelTag("campaign", "", NOW + HOUR)),
        (None, "a=b", "2025-12-01T00:00:00Z", CancelTag("a", "b", NOW - 31 * 24 * HOUR)),
    ],
)
def test_one_order_is_understood(request_id: str | None, tag: str | None, until: str | None, order: Order) -> None:
    """By id, or by tag until a time with its zone."""
    assert order_of(request_id, tag, until, NOW) == order


@pytest.mark.parametrize(
    ("request_id", "tag", "until"),
    [
        (None, None, None),
        ("r1", "a=b", None),
        ("r1", None, "2026-01-01T00:00:00Z"),
        (None, "campaign", None),
        (None, "=b", None),
        (None, "a=b", "tomorrow"),
        (None, "a=b", "2026-01-01T00:00:00"),
        (None, "a=b", "2026-01-04T00:00:01Z"),
    ],
)
def test_anything_else_is_a_wrong_command_line(request_id: str | None, tag: str | None, until: str | None) -> None:
    """Exit code 2: neither or both, no value, no time, no zone, more than 72 hours ahead."""
    with pytest.raises(typer.Exit) as ended:
        order_of(request_id, tag, until, NOW)

    assert ended.value.exit_code == 2
