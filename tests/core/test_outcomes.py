"""Refusals with a Sendblue body, row by row: error key, error code, text."""

from collections.abc import Mapping

import pytest

from connector.core.outcomes import (
    Answer,
    Classified,
    Rejected,
    Scope,
    Unknown,
    UnknownCode,
    Unsent,
    Wait,
    Window,
    classify,
)


def refusal(status: int, body: Mapping[str, object], retry_after_s: float | None = None) -> Answer:
    return Answer(status, {"status": "ERROR", **body}, is_json=True, retry_after_s=retry_after_s)


def unsent(code: str, scope: Scope, window: Window = Window.BACKOFF, hint_s: float | None = None) -> Unsent:
    return Unsent(code, scope, Wait(window, hint_s))


KEYS: dict[str, Classified | None] = {
    "LINE_HOURLY_LIMIT_REACHED": unsent("LINE_HOURLY_LIMIT_REACHED", Scope.LINE, Window.HOURLY),
    "LINE_DAILY_LIMIT_REACHED": unsent("LINE_DAILY_LIMIT_REACHED", Scope.LINE, Window.DAILY),
    "SMS_LIMIT_REACHED": unsent("SMS_LIMIT_REACHED", Scope.LINE, Window.SMS),
    "PRE_REPLY_LIMIT_REACHED": None,
    "OPTED_OUT": None,
}
CODES: dict[object, Classified | None] = {
    4000: None,
    4001: unsent("4001", Scope.LINE),
    4002: None,
    429: unsent("429", Scope.LINE),
    5000: Unknown("5000"),
    5003: unsent("5003", Scope.ACCOUNT),
    5504: None,
    5509: unsent("5509", Scope.LINE, Window.WINDOW_5509),
    10001: None,
    10002: Unknown("10002"),
    "SMS_LIMIT_REACHED": unsent("SMS_LIMIT_REACHED", Scope.LINE, Window.SMS),
}


def same(found: Classified, expected: Classified | None, code: str) -> bool:
    """Equal; None stands for REJECTED with this code and some sentence."""
    return found == expected if expected else isinstance(found, Rejected) and found.code == code


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429])
@pytest.mark.parametrize(("key", "expected"), KEYS.items())
def test_the_error_key_decides_before_code_and_status(key: str, expected: Classified | None, status: int) -> None:
    """A documented error_key is the surest signal: neither the code beside it nor the HTTP status changes it."""
    found = classify(refusal(status, {"error_key": key, "error_code": 4002, "message": "the seat is unknown"}))

    assert same(found, expected, key)


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize("spelled", [lambda code: code, str, lambda code: f" {code} "], ids=["raw", "str", "padded"])
@pytest.mark.parametrize(("code", "expected"), CODES.items())
def test_the_error_code_decides_when_no_key_does(
    code: object, expected: Classified | None, spelled: type[str], status: int
) -> None:
    """Each documented error_code, as number or text, means one thing."""
    found = classify(refusal(status, {"error_key": None, "error_code": spelled(code)}))

    assert same(found, expected, str(code))


@pytest.mark.parametrize("code", [code for code in CODES if code != 4000])
@pytest.mark.parametrize("status", [401, 403, 404, 405, 413, 429])
def test_a_telling_code_goes_before_the_status(code: object, status: int) -> None:
    """A code that says what is wrong decides under any refusing status."""
    found = classify(refusal(status, {"error_code": code}))

    assert same(found, CODES[code], str(code))


@pytest.mark.parametrize(("status", "code"), [(401, "UNAUTHORIZED"), (403, "FORBIDDEN"), (405, "METHOD_NOT_ALLOWED")])
def test_the_vague_code_does_not_hide_wrong_credentials(status: int, code: str) -> None:
    """4000 only says "invalid": with 401, 403 or 405 the account is at fault, and no backlog is dead-lettered."""
    found = classify(refusal(status, {"error_code": 4000, "message": "Invalid Credentials"}))

    assert found == unsent(code, Scope.ACCOUNT_STOPPED)


OUR_LINE = [
    "The from_number is not registered",
    "from_number not found",
    "The provided from_number +12025550199 does not belong to this account",
    "Invalid from_number",
    "from_number is invalid",
    "from number is not one of your registered numbers",
    "sendblue_number is not assigned to your account",
    "Unknown sending line",
    "The sender's phone number is not active",
]


@pytest.mark.parametrize("status", [400, 404])
@pytest.mark.parametrize("key", ["error", "message", "error_message"])
@pytest.mark.parametrize("text", OUR_LINE)
def test_a_line_that_sendblue_does_not_know_stops_alone(text: str, key: str, status: int) -> None:
    """400 or 404 about our from_number is that line's fault: it stops, its backlog is not dead-lettered."""
    found = classify(refusal(status, {key: text}))

    assert found == unsent("LINE_UNKNOWN", Scope.LINE_STOPPED)


def test_the_vague_code_leaves_the_line_to_the_text() -> None:
    """4000 with a sentence about from_number is still about the line."""
    found = classify(refusal(400, {"error_code": 4000, "error_message": OUR_LINE[0]}))

    assert found == unsent("LINE_UNKNOWN", Scope.LINE_STOPPED)


@pytest.mark.parametrize(
    "text",
    [
        "number and from_number cannot be the same",
        "number is not valid",
        "Invalid number. Give number and from_number in E.164",
        "The recipient is not registered",
        "Missing required parameter: from_number",
    ],
)
def test_a_faulty_message_does_not_stop_its_line(text: str) -> None:
    """A sentence that merely mentions from_number is about the message: one bad record must not hold up a line."""
    found = classify(refusal(400, {"message": text}))

    assert same(found, None, "HTTP_400")


@pytest.mark.parametrize(
    ("status", "text", "code"),
    [
        (400, "Contact must be verified before sending", "CONTACT_NOT_VERIFIED"),
        (403, "This number has not been verified. Please verify the contact first", "CONTACT_NOT_VERIFIED"),
        (403, "Messages to unverified contacts need a paid plan", "CONTACT_NOT_VERIFIED"),
        (403, "Recipient is unverified", "CONTACT_NOT_VERIFIED"),
        (400, "Cannot send to unverified numbers", "CONTACT_NOT_VERIFIED"),
        (400, "Follow-up limit of 200 reached for this line", "NOT_ANSWERED"),
        (403, "Maximum number of follow ups exceeded", "NOT_ANSWERED"),
        (422, "Too many consecutive unanswered messages", "NOT_ANSWERED"),
        (400, "The contact hasn't responded yet", "NOT_ANSWERED"),
        (400, "The upstream has not responded", "HTTP_400"),
        (400, "Seat not found", "SEAT_UNKNOWN"),
        (404, "Seat not found", "SEAT_UNKNOWN"),
        (404, "Group not found", "HTTP_404"),
        (404, "No message with this handle", "HTTP_404"),
        (400, "content is too long", "HTTP_400"),
        (415, "Unsupported", "HTTP_415"),
        (418, "I am a teapot", "HTTP_4XX"),
        (422, "Unprocessable", "HTTP_422"),
    ],
)
def test_a_refusal_of_this_message_is_final(status: int, text: str, code: str) -> None:
    """Other message-level 4xx in Sendblue's own words are REJECTED, with the closest code."""
    found = classify(refusal(status, {"message": text}))

    assert same(found, None, code)


@pytest.mark.parametrize("field", ["error_key", "error_code"])
def test_an_undocumented_code_is_rejected_by_default(field: str) -> None:
    """A code nobody documented ends the message under its own name; nothing is sent twice by that."""
    found = classify(refusal(400, {field: "Brand_New"}))

    assert same(found, None, "BRAND_NEW")


@pytest.mark.parametrize("field", ["error_key", "error_code"])
def test_an_undocumented_code_may_be_left_in_doubt(field: str) -> None:
    """Whoever prefers to look at such a message has it parked."""
    found = classify(refusal(400, {field: 7777}), UnknownCode.UNKNOWN)

    assert found == Unknown("UNDOCUMENTED")


def test_an_undocumented_key_leaves_the_word_to_a_documented_code() -> None:
    """An unknown error_key says nothing; the error_code beside it does."""
    found = classify(refusal(400, {"error_key": "BRAND_NEW", "error_code": 5003}))

    assert found == unsent("5003", Scope.ACCOUNT)


@pytest.mark.parametrize("unknown_code", UnknownCode)
def test_a_refusal_without_any_code_is_not_an_undocumented_one(unknown_code: UnknownCode) -> None:
    """The setting is about codes: a plain 400 is REJECTED under both."""
    found = classify(refusal(400, {"message": "bad", "error_code": 0, "error_key": ""}), unknown_code)

    assert same(found, None, "HTTP_400")


@pytest.mark.parametrize("body", [{"error_code": 4001}, {"error_key": "LINE_HOURLY_LIMIT_REACHED"}, {}])
def test_the_servers_own_hint_is_passed_on(body: dict[str, object]) -> None:
    """Retry-After travels with every wait."""
    found = classify(refusal(429, body, retry_after_s=7.5))

    assert isinstance(found, Unsent)
    assert found.wait.hint_s == 7.5


@pytest.mark.parametrize("code", [*KEYS, *CODES, "7777", None])
def test_a_sentence_is_ours_and_repeats_nothing(code: object) -> None:
    """What Sendblue wrote may hold a number or the text: no sentence of ours quotes it."""
    body = {"error_code": code, "message": "+12025550123 said Hello", "content": "Hello"}
    found = classify(refusal(400, body))

    assert not isinstance(found, Rejected) or not ({"+12025550123", "Hello"} & set(found.sentence.split()))
    assert "2025550123" not in repr(found)
