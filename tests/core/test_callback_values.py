"""How single values of a callback are read: one form out of every shape they come in."""

import json

import pytest

from connector.core.callbacks import parse

SENT_MS = 1_800_000_000_000


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, None),
        (0, None),
        (0.0, None),
        ("", None),
        ("0", None),
        (" ", None),
        (5509, "5509"),
        (10002.0, "10002"),
        ("5509", "5509"),
        (" 4000 ", "4000"),
        ("SMS_LIMIT_REACHED", "SMS_LIMIT_REACHED"),
        (-1, "-1"),
    ],
)
def test_error_codes_become_text(value: object, code: str | None) -> None:
    """null, zero and blank are no error; numbers and texts are the same code; none leaves an extra behind."""
    report = parse({"status": "ERROR", "error_code": value})

    assert (report.error_code, report.extras) == (code, {})


@pytest.mark.parametrize(
    ("value", "time_ms"),
    [
        ("2027-01-15T08:00:00.000Z", SENT_MS),
        ("2027-01-15T08:00:00Z", SENT_MS),
        ("2027-01-15T09:00:00+01:00", SENT_MS),
        ("2027-01-15T08:00:00", SENT_MS),
        ("2027-01-15 08:00:00.0009Z", SENT_MS),
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999Z", -1),
        ("", None),
        (None, None),
    ],
)
def test_dates_become_milliseconds(value: object, time_ms: int | None) -> None:
    """ISO 8601 with or without fraction and zone; the fraction is cut to milliseconds."""
    report = parse({"status": "SENT", "date_updated": value})

    assert (report.date_updated_ms, report.extras) == (time_ms, {})


@pytest.mark.parametrize("value", ["yesterday", 1_800_000_000, {"_seconds": 5}, "2027-13-01T00:00:00Z"])
def test_other_dates_are_kept_as_extras(value: object) -> None:
    """A date of another shape is not guessed at, and not lost."""
    report = parse({"status": "SENT", "date_sent": value})

    assert report.date_sent_ms is None
    assert json.loads(report.extras["date_sent"]) == value


@pytest.mark.parametrize(
    ("value", "flag"),
    [(True, True), (False, False), ("true", True), ("False", False), (1, True), (0, False), (None, None), ("", None)],
)
def test_flags(value: object, flag: bool | None) -> None:
    """Booleans, their words and 0/1; null and blank say nothing."""
    report = parse({"status": "SENT", "was_downgraded": value})

    assert (report.was_downgraded, report.extras) == (flag, {})


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("+12025550123", "+12025550123"),
        (["+12025550123"], "+12025550123"),
        (12025550123, "12025550123"),
        ("person@example.com", "person@example.com"),
        ([], None),
        (None, None),
    ],
)
def test_numbers(value: object, number: str | None) -> None:
    """A number may come as text, as digits, in an array of one, or as an email handle."""
    report = parse({"status": "SENT", "number": value})

    assert (report.number, report.participants, report.extras) == (number, (), {})


def test_an_array_of_numbers_is_the_group() -> None:
    """Where a group's members stand in number and no participants are given, they are the participants."""
    people = ["+12025550123", "+12025550124"]
    report = parse({"status": "SENT", "number": people, "to_number": people, "participants": []})

    assert (report.number, report.to_number, report.participants) == (None, None, tuple(people))
    assert json.loads(report.extras["number"]) == people


@pytest.mark.parametrize(
    ("value", "people"),
    [(["+12025550123", 5], ("+12025550123", "5")), ("+12025550123", ("+12025550123",)), (None, ()), ([], ())],
)
def test_participants(value: object, people: tuple[str, ...]) -> None:
    """A list, or one bare number."""
    assert parse({"status": "SENT", "participants": value}).participants == people


def test_participants_of_another_shape_are_kept_as_extras() -> None:
    """A list with anything but texts is kept whole."""
    report = parse({"status": "SENT", "participants": [{"number": "+12025550123"}]})

    assert report.participants == ()
    assert report.extras == {"participants": '[{"number":"+12025550123"}]'}


@pytest.mark.parametrize(
    ("body", "field", "value"),
    [
        ({"account_email": "a@example.com"}, "account_email", "a@example.com"),
        ({"accountEmail": "a@example.com"}, "account_email", "a@example.com"),
        ({"date_created": "2027-01-15T08:00:00Z"}, "date_sent_ms", SENT_MS),
        ({"date_sent": None, "date_created": "2027-01-15T08:00:00Z"}, "date_sent_ms", SENT_MS),
        ({"service": "sms"}, "service", "SMS"),
        ({"status": "delivered"}, "status", "DELIVERED"),
        ({"status": "READ"}, "status", "READ"),
        ({"content": "  two  spaces "}, "content", "  two  spaces "),
    ],
)
def test_spellings(body: dict[str, object], field: str, value: object) -> None:
    """Both spellings of the two names that vary, services and statuses in one case, texts untouched."""
    assert getattr(parse({"status": "SENT"} | body), field) == value
