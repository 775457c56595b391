"""Reading Sendblue's message objects: one form out of many spellings, and nothing lost."""

import json
from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.callbacks import (
    LEFT_OUT,
    MAX_EXTRA_CHARS,
    MAX_EXTRA_KEY,
    MAX_EXTRAS,
    Report,
    Unreadable,
    depth_ok,
    parse,
)
from connector.core.statuses import Seen

FULL: dict[str, object] = {
    "accountEmail": "team@example.com",
    "content": "Hello",
    "is_outbound": True,
    "status": "SENT",
    "error_code": None,
    "error_message": None,
    "error_reason": None,
    "error_detail": None,
    "error_key": None,
    "message_handle": "5a17319e-cbcf-443e-897e-000000000000",
    "date_sent": "2027-01-15T08:00:00.000Z",
    "date_updated": "2027-01-15T08:00:01.234Z",
    "from_number": "+12025550199",
    "number": "+12025550123",
    "to_number": "+12025550123",
    "was_downgraded": None,
    "plan": "dedicated",
    "media_url": "",
    "message_type": "message",
    "group_id": "",
    "participants": [],
    "send_style": "",
    "opted_out": False,
    "sendblue_number": None,
    "service": "iMessage",
    "group_display_name": None,
}
PRIVATE = [
    *("accountEmail", "content", "media_url", "from_number", "number", "to_number", "sendblue_number"),
    *("group_display_name", "error_message", "error_reason", "error_detail"),
]
SENT_MS, UPDATED_MS = 1_800_000_000_000, 1_800_000_001_234


def test_a_whole_callback() -> None:
    """Every documented field arrives under its own name, and blanks are absent."""
    assert parse(FULL) == Report(
        status="SENT",
        message_handle="5a17319e-cbcf-443e-897e-000000000000",
        service="iMessage",
        date_sent_ms=SENT_MS,
        date_updated_ms=UPDATED_MS,
        account_email="team@example.com",
        content="Hello",
        is_outbound=True,
        from_number="+12025550199",
        number="+12025550123",
        to_number="+12025550123",
        plan="dedicated",
        message_type="message",
        opted_out=False,
    )


def test_every_field_has_a_place() -> None:
    """With all 26 documented fields filled, none ends among the extras and none is empty in the report."""
    filled = FULL | {name: f"some {name}" for name, value in FULL.items() if not value and value is not False}
    report = parse(filled | {"was_downgraded": True, "participants": ["+12025550123"]})

    assert len(FULL) == 26
    assert report.extras == {}
    assert [f.name for f in fields(report) if getattr(report, f.name) in (None, (), "")] == []


def test_a_status_is_all_it_takes() -> None:
    """Everything else may be missing, the handle included."""
    assert parse({"status": "QUEUED"}) == Report("QUEUED")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (None, "NOT_AN_OBJECT"),
        ([], "NOT_AN_OBJECT"),
        ([FULL], "NOT_AN_OBJECT"),
        ("SENT", "NOT_AN_OBJECT"),
        ({}, "NO_STATUS"),
        ({"status": None}, "NO_STATUS"),
        ({"status": " "}, "NO_STATUS"),
        ({"status": ["SENT"]}, "NO_STATUS"),
        ({"status": True}, "NO_STATUS"),
        ({"message_handle": "h"}, "NO_STATUS"),
        (json.loads('{"status":"SENT","x":' + "[" * 16 + "1" + "]" * 16 + "}"), "TOO_DEEP"),
    ],
)
def test_what_cannot_be_read(body: object, reason: str) -> None:
    """No object, too deep, or no status: the reason is a code and holds nothing of the body."""
    with pytest.raises(Unreadable) as caught:
        parse(body)

    assert caught.value.reason == str(caught.value) == reason


def test_unknown_keys_are_kept() -> None:
    """What Sendblue adds one day is passed on as JSON; blanks are not worth a place."""
    new = {"seat_id": "s", "app_card": {"b": 1, "a": [None]}, "pages": 0, "new": None, "newer": "", "newest": []}
    report = parse({"status": "SENT"} | new)

    assert report.extras == {"app_card": '{"a":[null],"b":1}', "pages": "0", "seat_id": '"s"'}


@pytest.mark.parametrize("name", ["content", "message_handle", "error_detail", "was_downgraded", "opted_out"])
def test_a_known_key_of_another_shape_is_kept_as_an_extra(name: str) -> None:
    """A field that turned into an object is left out of the report and kept whole."""
    report = parse({"status": "SENT", name: {"a": 1}})

    assert getattr(report, name) is None
    assert report.extras == {name: '{"a":1}'}


def test_extras_are_bounded() -> None:
    """Too many, too long or too large ones are counted, not carried."""
    many = {f"k{n:03}": n for n in range(MAX_EXTRAS + 3)}
    large = {"k" * (MAX_EXTRA_KEY + 1): 1, "large": "x" * MAX_EXTRA_CHARS}
    extras = parse({"status": "SENT"} | many | large).extras

    assert len(extras) == MAX_EXTRAS + 1
    assert extras[LEFT_OUT] == "5"


def test_extras_within_the_bounds_are_all_kept() -> None:
    """As many, as long and as large as allowed: nothing is left out."""
    most = {f"{n:02}".ljust(MAX_EXTRA_KEY, "k"): "x" * (MAX_EXTRA_CHARS - 2) for n in range(MAX_EXTRAS)}

    assert set(parse({"status": "SENT"} | most).extras) == set(most)


def test_half_a_character_is_replaced() -> None:
    """A lone surrogate, which no topic can hold, becomes a question mark."""
    report = parse({"status": "SENT", "content": "a\ud83db", "k\ud83d": "\ud83d"})

    assert (report.content, dict(report.extras)) == ("a?b", {"k?": '"\\ud83d"'})


@pytest.mark.parametrize(
    ("status", "service", "terminal"), [("SENT", "sms", True), ("SENT", "iMessage", False), ("ERROR", "", True)]
)
def test_a_report_knows_its_end(status: str, service: str, terminal: bool) -> None:
    """What the status means follows from the report alone."""
    report = parse({"status": status, "service": service, "date_updated": "2027-01-15T08:00:00Z"})

    assert report.terminal == terminal
    assert report.seen == Seen(status, SENT_MS, terminal)
    assert report.downgraded == (service == "sms")


@pytest.mark.parametrize(
    ("value", "deep"),
    [("x", 0), ([], 0), ({}, 0), ([1], 1), ({"a": 1}, 1), ([{"a": [1]}], 3), ({"a": [], "b": {"c": [{}]}}, 3)],
)
def test_depth(value: object, deep: int) -> None:
    """Objects and arrays count one level each; an empty one holds nothing and counts none."""
    assert depth_ok(value, deep)
    assert deep == 0 or not depth_ok(value, deep - 1)


def test_depth_does_not_recurse() -> None:
    """A hundred thousand levels are refused without harm."""
    value: object = 1
    for _ in range(100_000):
        value = [value]

    assert not depth_ok(value)


def test_private_values_do_not_show() -> None:
    """A report that ends in a log or an error shows no number, text, name or extra."""
    private = {name: f"secret {name}" for name in PRIVATE}
    report = parse(FULL | private | {"participants": ["secret"], "unknown": "secret"})

    assert "message_handle='5a17" in repr(report)
    assert "secret" not in repr(report)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from([*FULL, "account_email", "date_created", "seat_id"]) | st.text(st.characters(), max_size=9)


@given(st.dictionaries(KEYS, JSON, max_size=12))
def test_any_object_is_read_or_refused(body: dict[str, object]) -> None:
    """Whatever JSON arrives: a report of plain, writable values, or Unreadable; never another error."""
    try:
        report = parse(body)
    except Unreadable:
        return
    texts = [getattr(report, field.name) for field in fields(report)]
    texts = [text for text in (*texts, *report.participants, *report.extras.values()) if isinstance(text, str)]

    assert report.status
    assert all(text.encode() for text in texts)


@given(JSON)
def test_bodies_that_are_no_object_are_refused(body: object) -> None:
    """Only an object can be a message."""
    if not isinstance(body, dict):
        with pytest.raises(Unreadable, match="NOT_AN_OBJECT"):
            parse(body)
