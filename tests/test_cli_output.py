"""What the commands print can be read by people and cut up by other programs."""

import json
from typing import Any

import pytest

from connector.commands.cli_output import in_words, moment, print_event, print_rows

EVENT: dict[str, Any] = {
    "type": "SUBMITTED",
    "status": "QUEUED",
    "code": None,
    "error_code": None,
    "message_handle": "5a17319e-cbcf-443e-897e-d8b0c04b1b09",
    "final": True,
    "terminal": False,
    "out_of_order": False,
    "occurred_at": 1_700_000_000_000,
    "request_id": "cli-98f4d902-d5b0-4c18-83fd-281d2f1db139",
}


def test_an_event_is_one_line_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    """So that a pipe can cut it up by lines."""
    print_event(EVENT, as_json=False)

    assert capsys.readouterr().out == (
        "2023-11-14T22:13:20.000+00:00 cli-98f4d902-d5b0-4c18-83fd-281d2f1db139 SUBMITTED QUEUED "
        "5a17319e-cbcf-443e-897e-d8b0c04b1b09 final\n"
    )


def test_rows_for_machines_are_objects(capsys: pytest.CaptureFixture[str]) -> None:
    """A list of them, with the columns as names."""
    print_rows(("subject", "id"), [("a-value", 1)], as_json=True)

    assert json.loads(capsys.readouterr().out) == [{"subject": "a-value", "id": 1}]


@pytest.mark.parametrize("words", ["[/urgent]", "[red]", ":warning:"])
def test_words_of_people_are_shown_as_they_are(capsys: pytest.CaptureFixture[str], words: str) -> None:
    """A reason or a tag with brackets: `orders list` shows it, and does not fail at it."""
    print_rows(("reason",), [(words,)], as_json=False)

    assert words in capsys.readouterr().out


def test_a_value_with_parts_reads_as_words() -> None:
    """No Python in a table for people."""
    assert in_words({"p50": 1.5, "p99": 20.0}) == "p50 1.5, p99 20.0"


def test_a_time_that_no_calendar_has_is_shown_as_it_is() -> None:
    """A producer that stamps its records in microseconds is found by `dlq list`, which must not fail at it."""
    assert moment(1_700_000_000_000_000) == "1700000000000000 ms"
    assert (moment(1_700_000_000_000), moment(0)) == ("2023-11-14T22:13:20+00:00", "")


def test_a_table_that_has_no_room_is_told_row_by_row(capsys: pytest.CaptureFixture[str]) -> None:
    """Else each column is read letter by letter; what a row has none for is left out."""
    columns = tuple(f"column_{n}" for n in range(40))
    print_rows(columns, [("line-1", *[""] * 38, "a reason of some words")], as_json=False)
    told = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines() if line]

    assert [[part.strip() for part in line] for line in told] == [
        ["column_0", "line-1"],
        ["column_39", "a reason of some words"],
    ]
