"""The values of a call: codes in one form, handles that can be used, nothing shown."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.calls import (
    MAX_HANDLE_CHARS,
    UNREADABLE_CODE,
    Answer,
    Failure,
    OutboundMessage,
    error_text,
    handle_of,
    message_of,
    normalise_code,
)
from connector.core.messages import SendRequest


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (None, None),
        ("", None),
        (" ", None),
        (0, None),
        ("0", None),
        (0.0, None),
        ("null", None),
        (True, None),
        (4000, "4000"),
        (4000.0, "4000"),
        (" 4000 ", "4000"),
        ("sms_limit_reached", "SMS_LIMIT_REACHED"),
        (-1, UNREADABLE_CODE),
        (12025550123, UNREADABLE_CODE),
        ("+12025550123", UNREADABLE_CODE),
        ("12025550123", UNREADABLE_CODE),
        ("BAD:202-555-0123", UNREADABLE_CODE),
        ("two words", UNREADABLE_CODE),
        ("X" * 65, UNREADABLE_CODE),
        (4000.5, UNREADABLE_CODE),
        (float("nan"), UNREADABLE_CODE),
        ([4000], UNREADABLE_CODE),
        ({}, UNREADABLE_CODE),
    ],
)
def test_a_code_has_one_form(value: object, code: str | None) -> None:
    """Number or text, any case: one code. No code is None; what is no code has one name of its own."""
    assert normalise_code(value) == code


@given(st.one_of(st.text(), st.integers(), st.floats(), st.from_regex(r"[+]?1?\d{10}[A-Z_]*", fullmatch=True)))
def test_no_code_can_hold_a_phone_number(value: object) -> None:
    """A code travels into metrics and the ledger: it is short, plain, and has no seven digits in a row."""
    code = normalise_code(value)

    assert code is None or re.fullmatch(r"[A-Z0-9][A-Z0-9_.:-]{0,63}", code)
    assert not re.search(r"\d{7}", code or "")


@pytest.mark.parametrize(
    ("body", "handle"),
    [
        (None, None),
        ({}, None),
        ({"message_handle": None}, None),
        ({"message_handle": ""}, None),
        ({"message_handle": " abc "}, "abc"),
        ({"message_handle": "a\x00b"}, None),
        ({"message_handle": "a" * MAX_HANDLE_CHARS}, "a" * MAX_HANDLE_CHARS),
        ({"message_handle": "a" * (MAX_HANDLE_CHARS + 1)}, None),
        ({"message_handle": 7}, None),
        ({"data": {"message_handle": "abc"}}, "abc"),
        ({"data": [{"message_handle": "abc"}]}, None),
        ({"message_handle": "top", "data": {"message_handle": "abc"}}, "top"),
    ],
)
def test_a_handle_is_a_short_printable_text(body: dict[str, object] | None, handle: str | None) -> None:
    """Opaque, but not anything: what could not be looked up later is no handle."""
    assert handle_of(Answer(202, body)) == handle


def test_the_message_is_found_inside_or_outside_a_wrapping() -> None:
    """What the SUBMITTED event is filled from is the object that holds the handle."""
    inner = {"message_handle": "abc", "status": "QUEUED"}

    assert message_of(Answer(202, inner)) == inner
    assert message_of(Answer(202, {"status": "OK", "data": inner})) == inner
    assert message_of(Answer(400, {"status": "ERROR", "data": {}})) == {"status": "ERROR", "data": {}}
    assert message_of(Answer()) == {}


def test_the_text_is_gathered_from_every_key_and_bounded() -> None:
    """Routes differ in where the sentence is; a text of megabytes is not searched."""
    assert error_text({"error": "One", "message": 2, "error_message": "Three"}) == "one three"
    assert len(error_text({"message": "x" * 100_000})) == 2_000
    assert error_text(None) == ""


def test_neither_side_of_a_call_shows_what_it_holds() -> None:
    """Both end up in tracebacks and logs: no number, text or callback token is in their repr."""
    request = SendRequest("r-1", number="+12025550123", content="Hello")
    message = OutboundMessage(request, "+12025550199", "https://example.com/v1/callbacks/k.secret.mac")
    answer = Answer(202, {"content": "Hello", "number": "+12025550123"})

    assert not re.search(r"2025550|Hello|secret", repr(message) + repr(answer))


@pytest.mark.parametrize(
    ("answer", "ok"),
    [
        (Answer(200, None, is_json=True), True),
        (Answer(204, None, is_json=False), False),
        (Answer(200, None, is_json=False, is_html=True), False),
        (Answer(401, {}, is_json=True), False),
        (Answer(302, {}, is_json=True), False),
        (Answer(200, {}, is_json=True, failure=Failure.WRITTEN), False),
        (Answer(), False),
    ],
)
def test_only_a_whole_readable_success_lets_sending_go_on(answer: Answer, ok: bool) -> None:
    """The page of a captive portal is a 200 too; it proves no credentials."""
    assert answer.ok is ok
