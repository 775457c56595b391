"""Bytes of an answer -> an Answer: tolerant of its words, strict on its end."""

import gzip

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.calls import Answer
from connector.sendblue.reading import MAX_BODY, MAX_RETRY_AFTER_S, NotWhole, json_value, read, retry_after

DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
DATE_MS = 1_800_000_000_000


def response(body: bytes, status: int = 200, **headers: str) -> httpx2.Response:
    """A response with a length, as it comes from a transport."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx2.Response(status, headers={"content-length": str(len(body)), **named}, content=body)


async def answer_to(body: bytes, status: int = 200, **headers: str) -> Answer:
    return (await read(response(body, status, **headers))).answer


async def test_a_json_object_is_the_body() -> None:
    """With it come the status, the server's clock and when the request was written."""
    reply = await read(response(b'{"a": [1, null]}', 202, date=DATE), 0.25)

    assert reply.answer == Answer(202, {"a": [1, None]}, is_json=True, date_ms=DATE_MS, written_after_s=0.25)
    assert reply.value == {"a": [1, None]}


async def test_half_a_surrogate_pair_is_read() -> None:
    """A text that was cut within an emoji: the answer is whole, and its handle proves the send."""
    answer = await answer_to(b'{"message_handle": "h1", "content": "cut \\ud83d"}')

    assert answer.body == {"message_handle": "h1", "content": "cut \ud83d"}


@pytest.mark.parametrize("body", [b'{"a": "\\ud83d", "b": NaN}', b'{"a": "\\ud83d"', b'{"a": "\\ud83d"}\xff', b'"\\u"'])
def test_what_else_is_no_json_stays_none(body: bytes) -> None:
    """Half a pair is all that is overlooked."""
    with pytest.raises(ValueError, match=r"."):
        json_value(body)


@pytest.mark.parametrize("body", [b"[1]", b'"text"', b"12", b"null"])
async def test_other_json_is_no_body_but_json(body: bytes) -> None:
    """A bare list is an answer to a look-up; it is no message."""
    answer = await answer_to(body)

    assert (answer.body, answer.is_json, answer.is_html) == (None, True, False)


@pytest.mark.parametrize(
    "body", [b"", b"Too Many Requests", b'{"a":', b"{'a': 1}", b"\xff\xfe", b'{"a": NaN}', b"[" * 100_000, b"{} {}"]
)
async def test_what_cannot_be_read_is_no_json(body: bytes) -> None:
    """Empty, text, broken, not UTF-8, nested without end: none of it raises."""
    answer = await answer_to(body, 400)

    assert (answer.status, answer.body, answer.is_json) == (400, None, False)


@pytest.mark.parametrize(("body", "kind"), [(b" <!DOCTYPE html>", ""), (b"Blocked", "text/html; charset=utf-8")])
async def test_a_page_is_known_by_its_type_or_its_first_character(body: bytes, kind: str) -> None:
    """HTML comes from a proxy, whatever its status."""
    assert (await answer_to(body, 403, content_type=kind)).is_html


async def test_a_damaged_json_answer_is_not_whole() -> None:
    """It says that it is JSON and is not: something has happened to it on the way."""
    with pytest.raises(NotWhole):
        await read(response(b'{"error_code": 4002', 400, content_type="application/json; charset=utf-8"))


@pytest.mark.parametrize(
    ("body", "whole"), [(b'{"a":1}', True), (b'{"a":1', False), (b"", False), (b"12", False), (b"<p>", False)]
)
async def test_without_a_length_only_an_object_shows_that_it_is_whole(body: bytes, whole: bool) -> None:
    """The end of the connection ends such an answer, and a cut looks the same."""
    endless = httpx2.Response(400, stream=httpx2.ByteStream(body))
    if whole:
        assert (await read(endless)).answer.body == {"a": 1}
    else:
        with pytest.raises(NotWhole):
            await read(endless)


async def test_no_content_is_whole_without_a_length() -> None:
    """204 has no body by definition."""
    assert (await read(httpx2.Response(204, stream=httpx2.ByteStream(b"")))).answer.status == 204


@pytest.mark.parametrize("extra", [0, 1])
async def test_a_body_is_bounded(extra: int) -> None:
    """256 KiB are read, one byte more is not."""
    body = b'"' + b"x" * (MAX_BODY - 2 + extra) + b'"'
    if extra:
        with pytest.raises(NotWhole):
            await read(response(body))
    else:
        assert (await answer_to(body)).is_json


async def test_a_compressed_body_is_bounded_by_what_it_holds() -> None:
    """We ask for none, but some proxies compress anyway; a bomb stays small."""
    small = await answer_to(gzip.compress(b'{"a":1}'), content_encoding="gzip")

    assert small.body == {"a": 1}
    with pytest.raises(NotWhole):
        await read(response(gzip.compress(b" " * 50_000_000), content_encoding="gzip"))


@pytest.mark.parametrize(
    ("value", "date_ms", "seconds"),
    [
        (None, DATE_MS, None),
        ("", None, None),
        ("2", None, 2.0),
        (" 1.5 ", None, 1.5),
        ("0", None, 0.0),
        ("-1", None, None),
        ("nan", None, None),
        ("inf", None, MAX_RETRY_AFTER_S),
        ("999999", None, MAX_RETRY_AFTER_S),
        ("soon", DATE_MS, None),
        ("Fri, 15 Jan 2027 08:00:30 GMT", DATE_MS, 30.0),
        ("Fri, 15 Jan 2027 07:00:00 GMT", DATE_MS, 0.0),
        ("Fri, 15 Jan 2027 08:00:30 GMT", None, None),
    ],
)
def test_retry_after(value: str | None, date_ms: int | None, seconds: float | None) -> None:
    """Seconds, or a date by the server's own clock; never below zero or above an hour."""
    assert retry_after(value, date_ms) == seconds


@given(st.text(), st.none() | st.integers(-(10**15), 10**15))
def test_no_retry_after_raises(value: str, date_ms: int | None) -> None:
    """The header is the server's, so it may be anything."""
    seconds = retry_after(value, date_ms)

    assert seconds is None or 0 <= seconds <= MAX_RETRY_AFTER_S


@pytest.mark.parametrize("date", ["", "yesterday", "Fri, 99 Jan 2027 08:00:00 GMT", "0"])
async def test_a_date_that_is_none_is_left_out(date: str) -> None:
    """The server's clock is a courtesy."""
    assert (await answer_to(b"{}", date=date)).date_ms is None
