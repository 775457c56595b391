"""Answers that are judged by their HTTP status, or never arrived whole."""

from collections.abc import Mapping

import pytest

from connector.core.outcomes import (
    Answer,
    Failure,
    Scope,
    Submitted,
    Unknown,
    UnknownCode,
    Unsent,
    Wait,
    Window,
    classify,
)

HANDLE = "5a17319e-cbcf-443e-897e-000000000000"
EVERYTHING_REFUSING: list[Mapping[str, object] | None] = [
    None,
    {},
    {"status": "ERROR", "message": "The from_number is not registered"},
    {"status": "ERROR", "error_code": 4001},
    {"status": "DECLINED", "error_key": "OPTED_OUT"},
    {"status": "ERROR", "error_key": "LINE_DAILY_LIMIT_REACHED", "error_code": 429},
]


def answer(status: int | None, body: Mapping[str, object] | None = None, **rest: bool) -> Answer:
    return Answer(status, body, is_json=body is not None, is_html=rest.get("html", False))


def unsent(code: str, scope: Scope) -> Unsent:
    return Unsent(code, scope, Wait(Window.BACKOFF))


def test_a_request_of_which_nothing_left_is_unsent() -> None:
    """DNS, connect, TLS, pool: the line backs off, and the code says that the line's pace was not used."""
    assert classify(Answer(failure=Failure.NOT_WRITTEN)) == unsent("CONNECT", Scope.LINE)


@pytest.mark.parametrize("body", EVERYTHING_REFUSING)
@pytest.mark.parametrize("status", [None, 200, 400, 401, 404, 429, 503])
def test_an_answer_that_was_cut_off_proves_nothing(status: int | None, body: Mapping[str, object] | None) -> None:
    """Without the whole answer the message is in doubt, whatever the part that arrived says."""
    cut = Answer(status, body, is_json=True, failure=Failure.WRITTEN)

    assert classify(cut) == Unknown("NO_ANSWER")


def test_no_status_and_no_failure_is_in_doubt() -> None:
    """An answer that says nothing at all is no refusal."""
    assert classify(Answer()) == Unknown("NO_ANSWER")


@pytest.mark.parametrize("unknown_code", UnknownCode)
@pytest.mark.parametrize("body", EVERYTHING_REFUSING)
@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (500, "HTTP_5XX"),
        (502, "HTTP_5XX"),
        (503, "HTTP_5XX"),
        (504, "HTTP_5XX"),
        (599, "HTTP_5XX"),
        (408, "HTTP_408"),
        (409, "HTTP_409"),
        (303, "HTTP_303"),
        (101, "HTTP_ODD"),
        (600, "HTTP_ODD"),
        (0, "HTTP_ODD"),
    ],
)
def test_statuses_that_may_follow_an_accepted_message(
    status: int, reason: str, body: Mapping[str, object] | None, unknown_code: UnknownCode
) -> None:
    """5xx, 408, 409 and 303 leave it open whether the message was taken, also with a refusal in the body."""
    assert classify(answer(status, body), unknown_code) == Unknown(reason)


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
@pytest.mark.parametrize(
    "body", [*EVERYTHING_REFUSING, {"message_handle": ""}, {"message_handle": "  "}, {"message_handle": 5}]
)
def test_a_success_without_a_handle_is_in_doubt(status: int, body: Mapping[str, object] | None) -> None:
    """2xx without a usable handle proves neither that the message was taken nor that it was not."""
    assert classify(answer(status, body)) == Unknown("NO_HANDLE")


@pytest.mark.parametrize("status", [200, 202])
@pytest.mark.parametrize(
    ("error", "code", "slow"),
    [
        ({}, None, False),
        ({"error_code": None, "error_key": None}, None, False),
        ({"error_code": 0}, None, False),
        ({"status": "DECLINED", "error_key": "OPTED_OUT"}, "OPTED_OUT", False),
        ({"status": "ERROR", "error_code": 4001}, "4001", True),
        ({"status": "ERROR", "error_code": "5003"}, "5003", True),
        ({"status": "ERROR", "error_code": 5509}, "5509", True),
        ({"status": "ERROR", "error_code": 10002}, "10002", False),
        ({"status": "ERROR", "error_code": "7777"}, "7777", False),
        ({"error_key": "LINE_HOURLY_LIMIT_REACHED", "error_code": 429}, "LINE_HOURLY_LIMIT_REACHED", True),
    ],
)
def test_a_handle_is_submitted_whatever_else_it_says(
    error: Mapping[str, object], code: str | None, slow: bool, status: int
) -> None:
    """2xx with a handle: Sendblue has it. Its complaint is the first status; one about rate slows the line."""
    found = classify(answer(status, {"status": "QUEUED", "message_handle": HANDLE, **error}))

    assert found == Submitted(HANDLE, code, slow_line=slow)


def test_a_handle_inside_data_is_a_handle() -> None:
    """Some routes wrap the message object in ``data``."""
    assert classify(answer(202, {"status": "OK", "data": {"message_handle": HANDLE}})) == Submitted(HANDLE)


@pytest.mark.parametrize(
    "body", [None, {"message": "Forbidden"}, {"status": "ERROR", "message": "Invalid Credentials"}]
)
@pytest.mark.parametrize(
    ("status", "code"),
    [
        (301, "REDIRECT"),
        (302, "REDIRECT"),
        (307, "REDIRECT"),
        (308, "REDIRECT"),
        (401, "UNAUTHORIZED"),
        (402, "PAYMENT_REQUIRED"),
        (403, "FORBIDDEN"),
        (405, "METHOD_NOT_ALLOWED"),
        (407, "PROXY_AUTHENTICATION"),
        (410, "ROUTE_UNKNOWN"),
        (421, "MISDIRECTED"),
    ],
)
def test_a_fault_of_the_account_stops_everything(status: int, code: str, body: Mapping[str, object] | None) -> None:
    """Credentials, wrong address, redirect: no message is to blame, so none is dead-lettered."""
    assert classify(answer(status, body)) == unsent(code, Scope.ACCOUNT_STOPPED)


@pytest.mark.parametrize("body", [None, {}, {"detail": "Not Found"}, {"message": "Not Found"}, {"status": "ERROR"}])
def test_a_404_of_the_route_stops_everything(body: Mapping[str, object] | None) -> None:
    """404 that names nothing of the message means a wrong address."""
    assert classify(answer(404, body)) == unsent("ROUTE_UNKNOWN", Scope.ACCOUNT_STOPPED)


@pytest.mark.parametrize(
    "text", ["Cannot POST /api/send-message", "Route not found.", "Endpoint not found", "not found"]
)
def test_a_404_in_words_about_the_route_stops_everything(text: str) -> None:
    """The server says itself that it is the address."""
    found = classify(answer(404, {"status": "ERROR", "message": text}))

    assert found == unsent("ROUTE_UNKNOWN", Scope.ACCOUNT_STOPPED)


@pytest.mark.parametrize("status", [400, 406, 415, 422, 431, 499])
@pytest.mark.parametrize("body", [None, {}, {"detail": "no"}])
def test_a_refusal_that_is_not_sendblues_stops_everything(status: int, body: Mapping[str, object] | None) -> None:
    """An HTML page or foreign JSON comes from something in between: it refuses every message alike."""
    assert classify(answer(status, body, html=body is None)) == unsent("FOREIGN_ANSWER", Scope.ACCOUNT_STOPPED)


def test_too_large_is_about_this_message_whoever_says_it() -> None:
    """413 would refuse this message again and no other: REJECTED, also as a proxy's page."""
    found = classify(answer(413, None, html=True))

    assert getattr(found, "code", None) == "TOO_LARGE"
    assert not isinstance(found, Unsent)


@pytest.mark.parametrize(
    ("html", "code", "scope"), [(False, "RATE_LIMITED", Scope.LINE), (True, "RATE_LIMITED_BY_PROXY", Scope.ACCOUNT)]
)
def test_too_many_requests(html: bool, code: str, scope: Scope) -> None:
    """429 is Sendblue's rate limit of a line; as a page of HTML it is a limit on all that we send."""
    assert classify(answer(429, None, html=html)) == unsent(code, scope)
