"""What callbacks tell people of the delivery."""

import pytest

from connector.core.callbacks import Report
from connector.core.delivery import ErrorClass, delivered_after_s, error_class
from connector.core.outcome_table import CODES, KEYS


@pytest.mark.parametrize("code", [*CODES, *KEYS])
def test_every_documented_code_has_a_kind(code: str) -> None:
    """A code of the tables is never one that nobody knows."""
    assert error_class(code) not in {None, ErrorClass.UNKNOWN_CODE}


@pytest.mark.parametrize(
    ("code", "expected"),
    [(None, None), ("", None), ("0", None), ("22", ErrorClass.UNKNOWN_CODE), (" opted_out ", ErrorClass.RECIPIENT)],
)
def test_what_is_no_code_has_no_kind(code: str | None, expected: ErrorClass | None) -> None:
    """Spellings of no error are none; a code that nobody documented is told as such."""
    assert error_class(code) == expected


@pytest.mark.parametrize(
    ("report", "expected"),
    [
        (Report("DELIVERED", date_sent_ms=1_000, date_updated_ms=3_500), 2.5),
        (Report("DELIVERED", date_sent_ms=3_500, date_updated_ms=1_000), 0.0),
        (Report("SENT", date_sent_ms=1_000, date_updated_ms=3_500), None),
        (Report("DELIVERED", date_updated_ms=3_500), None),
        (Report("DELIVERED", date_sent_ms=1_000), None),
    ],
)
def test_the_delivery_ends_with_delivered(report: Report, expected: float | None) -> None:
    """By Sendblue's own two dates; without one of them nobody can tell."""
    assert delivered_after_s(report) == expected
