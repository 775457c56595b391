"""What the bytes of a request alone decide: one row per rule, and the bounds of each."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.messages import ReplyTo, SendRequest
from connector.core.requests import (
    _RULES,
    REFUSALS,
    SEND_STYLES,
    content_of,
    id_is_usable,
    media_of,
    refusal,
    refusals,
)

HOUR = 3_600_000
NOW = 1_800_000_000_000
PERSON, OTHER, LINE = "+12025550123", "+12025550124", "+12025550199"
GOOD = SendRequest("order-1", number=PERSON, content="Hello")
GROUP = SendRequest("order-1", numbers=(PERSON, OTHER), from_number=LINE, content="Hello")


def people(count: int) -> tuple[str, ...]:
    """``count`` different fictional numbers."""
    return tuple(f"+1{area}5550{last}" for area in range(202, 232) for last in range(100, 200))[:count]


def codes(request: SendRequest, time_ms: int | None = NOW) -> list[str]:
    """The codes of all refusals, the reason first."""
    return [found.code for found in refusals(request, time_ms)]


BROKEN: list[tuple[str, SendRequest]] = [
    ("REQUEST_ID_INVALID", replace(GOOD, request_id="")),
    ("REQUEST_ID_INVALID", replace(GOOD, request_id="a" * 65)),
    ("REQUEST_ID_INVALID", replace(GOOD, request_id="order 1")),
    ("REQUEST_ID_INVALID", replace(GOOD, request_id="order-1\n")),
    ("REQUEST_ID_INVALID", replace(GOOD, request_id="órder")),
    ("REQUEST_ID_IS_A_PHONE_NUMBER", replace(GOOD, request_id=7 * "1")),
    ("REQUEST_ID_IS_A_PHONE_NUMBER", replace(GOOD, request_id="1.202.555.01.99")),
    ("REQUEST_ID_IS_A_PHONE_NUMBER", replace(GOOD, request_id=15 * "1")),
    ("REQUEST_ID_HOLDS_THE_NUMBER", replace(GOOD, request_id="sms-12025550123-7")),
    ("REQUEST_ID_HOLDS_THE_NUMBER", replace(GOOD, request_id="to:202-555-0123:x")),
    ("REQUEST_ID_HOLDS_THE_NUMBER", replace(GOOD, number="+1" + 6 * "5", request_id="to-1" + 6 * "5")),
    ("REQUEST_ID_HOLDS_THE_NUMBER", replace(GROUP, request_id="team-2025550124")),
    ("CREATED_AT_INVALID", replace(GOOD, created_at_ms=0)),
    ("CREATED_AT_INVALID", replace(GOOD, created_at_ms=-1)),
    ("RECIPIENT_NOT_ONE", replace(GOOD, number=None)),
    ("RECIPIENT_NOT_ONE", replace(GROUP, number=PERSON)),
    ("RECIPIENT_NOT_ONE", replace(GROUP, group_id="sb_group_1")),
    ("NUMBER_INVALID", replace(GOOD, number="")),
    ("NUMBER_INVALID", replace(GOOD, number="12025550123")),
    ("NUMBER_INVALID", replace(GOOD, number="+1 202 555 0123")),
    ("NUMBER_INVALID", replace(GOOD, number="+02025550123")),
    ("NUMBER_INVALID", replace(GOOD, number="+1" + 5 * "5")),
    ("NUMBER_INVALID", replace(GOOD, number="+1" + 15 * "5")),
    ("NUMBER_INVALID", replace(GOOD, number=PERSON + "\n")),
    ("NUMBER_INVALID", replace(GOOD, number="+١٢٠٢٥٥٥٠١٢٣")),
    ("NUMBERS_INVALID", replace(GROUP, numbers=(PERSON, "2025550124"))),
    ("NUMBERS_COUNT", replace(GROUP, numbers=(PERSON, PERSON))),
    ("NUMBERS_COUNT", replace(GROUP, numbers=people(26))),
    ("GROUP_ID_INVALID", replace(GROUP, numbers=(), group_id=" ")),
    ("GROUP_ID_INVALID", replace(GROUP, numbers=(), group_id="g" * 257)),
    ("FROM_NUMBER_INVALID", replace(GOOD, from_number="")),
    ("FROM_NUMBER_INVALID", replace(GOOD, from_number="2025550199")),
    ("FROM_NUMBER_MISSING", replace(GROUP, from_number=None)),
    ("FROM_NUMBER_MISSING", replace(GROUP, numbers=(), group_id="sb_group_1", from_number=None)),
    ("NOTHING_TO_SEND", replace(GOOD, content=None)),
    ("NOTHING_TO_SEND", replace(GOOD, content=" \n\t ")),
    ("NOTHING_TO_SEND", replace(GOOD, content=None, media_url=" ")),
    ("CONTENT_TOO_LONG", replace(GOOD, content="x" * 18_996)),
    ("CONTENT_TOO_LONG", replace(GOOD, content="😀" * 9_498)),
    ("SEND_STYLE_UNKNOWN", replace(GOOD, send_style="tornado")),
    ("SEND_STYLE_UNKNOWN", replace(GOOD, send_style="Slam")),
    ("SEND_STYLE_UNKNOWN", replace(GOOD, send_style="")),
    ("SEND_AT_TOO_LATE", replace(GOOD, send_at_ms=NOW + 71 * HOUR + 1)),
    ("SEND_AT_TOO_LATE", replace(GOOD, created_at_ms=NOW - HOUR, send_at_ms=NOW + 70 * HOUR + 1)),
    ("EXPIRES_AT_TOO_EARLY", replace(GOOD, expires_at_ms=NOW)),
    ("EXPIRES_AT_TOO_EARLY", replace(GOOD, send_at_ms=NOW + HOUR, expires_at_ms=NOW + HOUR)),
    ("TAGS_TOO_LARGE", replace(GOOD, tags={f"k{n}": "" for n in range(33)})),
    ("TAGS_TOO_LARGE", replace(GOOD, tags={"": "v"})),
    ("TAGS_TOO_LARGE", replace(GOOD, tags={"k" * 65: "v"})),
    ("TAGS_TOO_LARGE", replace(GOOD, tags={"k": "v" * 257})),
    ("QUIET_HOURS_INVALID", replace(GOOD, quiet_hours="at night")),
    ("REPLY_TO_INVALID", replace(GOOD, reply_to=ReplyTo("", None))),
    ("REPLY_TO_INVALID", replace(GOOD, reply_to=ReplyTo("h" * 257, None))),
    ("REPLY_TO_INVALID", replace(GOOD, reply_to=ReplyTo("handle", -1))),
    ("SEAT_ID_INVALID", replace(GOOD, seat_id="")),
    ("PRE_REPLY_GROUP", replace(GROUP, pre_reply_override=True)),
    ("MEDIA_URL_NOT_HTTPS", replace(GOOD, media_url="http://cdn.example.com/a.png")),
]

FINE: list[SendRequest] = [
    GOOD,
    GROUP,
    replace(GOOD, request_id="a"),
    replace(GOOD, request_id="A.b_c:d-" * 8),
    replace(GOOD, request_id=6 * "1"),
    replace(GOOD, request_id=16 * "1"),
    replace(GOOD, request_id="2027-01-15T08:00"),
    replace(GOOD, request_id="to-2025550150"),
    replace(GOOD, number="+1" + 6 * "5"),
    replace(GOOD, number="+1" + 6 * "5", request_id="to-" + 6 * "5"),
    replace(GOOD, number="+1" + 14 * "5"),
    replace(GOOD, from_number=LINE),
    replace(GOOD, content="x" * 18_995),
    replace(GOOD, content=None, media_url="https://cdn.example.com/a.png"),
    replace(GOOD, media_url=""),
    replace(GOOD, created_at_ms=NOW - 80 * HOUR),
    replace(GOOD, created_at_ms=NOW + 80 * HOUR),
    replace(GOOD, send_at_ms=NOW + 71 * HOUR),
    replace(GOOD, send_at_ms=1),
    replace(GOOD, expires_at_ms=NOW + 1),
    replace(GOOD, tags={"k" * 64: "v" * 256} | {f"k{n}": "" for n in range(31)}),
    replace(GOOD, tags={"k": "v"}),
    replace(GOOD, reply_to=ReplyTo("handle", 0), seat_id="seat", pre_reply_override=True),
    replace(GOOD, media_url="https://cdn.example.com/a.png?sig=1"),
    replace(GROUP, numbers=people(25)),
    replace(GROUP, numbers=(*people(25), *people(25))),
    replace(GROUP, numbers=(), group_id="g" * 256),
]


@pytest.mark.parametrize(("code", "request_"), BROKEN)
def test_each_rule_refuses_alone(code: str, request_: SendRequest) -> None:
    """A request that breaks one rule is refused with that rule's code and no other."""
    assert codes(request_) == [code]


@pytest.mark.parametrize("request_", FINE)
def test_what_lies_within_the_bounds_passes(request_: SendRequest) -> None:
    """The last value inside each bound, and every optional field used rightly, is accepted."""
    assert codes(request_) == []


@pytest.mark.parametrize("style", sorted(SEND_STYLES))
def test_every_style_of_sendblue_passes(style: str) -> None:
    """All thirteen styles may be asked for."""
    assert codes(replace(GOOD, send_style=style)) == []


@pytest.mark.parametrize("time_ms", [None, 0, -1])
def test_a_record_without_a_time_is_refused(time_ms: int | None) -> None:
    """Kafka says -1 or nothing for a missing timestamp; created_at does not stand in for it."""
    assert codes(replace(GOOD, created_at_ms=NOW), time_ms) == ["RECORD_TIME_MISSING"]


def test_times_are_not_judged_against_a_missing_record_time() -> None:
    """Without a record time nothing is said about send_at and expires_at: nothing to compare with."""
    late = replace(GOOD, send_at_ms=NOW + 100 * HOUR, expires_at_ms=5)

    assert codes(late, None) == ["RECORD_TIME_MISSING"]


def test_all_refusals_are_given_and_the_id_comes_first() -> None:
    """A producer learns everything at once; the reason is the first in the order of the table."""
    wrong = SendRequest("", number="x", send_style="x", seat_id="", created_at_ms=0, media_url="x")

    assert codes(wrong, None) == [
        "REQUEST_ID_INVALID",
        "RECORD_TIME_MISSING",
        "CREATED_AT_INVALID",
        "NUMBER_INVALID",
        "SEND_STYLE_UNKNOWN",
        "SEAT_ID_INVALID",
        "MEDIA_URL_INVALID",
    ]


def test_every_sentence_is_of_use() -> None:
    """Each code has its own sentence, short enough for a header."""
    sentences = list(REFUSALS.values())

    assert len(set(sentences)) == len(sentences)
    assert all(10 < len(sentence) <= 110 for sentence in sentences)


def test_a_code_outside_the_table_is_an_error() -> None:
    """No refusal can be made up on the way."""
    with pytest.raises(KeyError):
        refusal("WHATEVER")


@pytest.mark.parametrize(
    ("request_id", "usable"),
    [("order-1", True), ("+12025550123", False), ("12025550123", False), ("", False), ("x" * 65, False)],
)
def test_ids_that_may_be_shown(request_id: str, *, usable: bool) -> None:
    """Only a well-formed id that is no phone number may go into keys, events and logs."""
    assert id_is_usable(request_id) == usable


@pytest.mark.parametrize(("text", "found"), [(None, None), ("", None), (" \u2003\n", None), (" hi ", " hi ")])
def test_blank_is_absent_and_the_rest_untouched(text: str | None, found: str | None) -> None:
    """Blank content and media count as absent; anything else goes out as it was written."""
    request = replace(GOOD, content=text, media_url=text)

    assert (content_of(request), media_of(request)) == (found, found)


TEXT = st.text(max_size=40)
MAYBE = st.none() | TEXT
TIMES = st.none() | st.integers()


@given(
    st.builds(
        SendRequest,
        request_id=TEXT,
        number=MAYBE,
        numbers=st.lists(TEXT, max_size=4).map(tuple),
        group_id=MAYBE,
        from_number=MAYBE,
        content=st.none() | st.text(st.characters(), max_size=40),
        media_url=MAYBE,
        send_style=MAYBE,
        send_at_ms=TIMES,
        expires_at_ms=TIMES,
        seat_id=MAYBE,
        reply_to=st.none() | st.builds(ReplyTo, TEXT, st.none() | st.integers()),
        tags=st.dictionaries(TEXT, TEXT, max_size=3),
        created_at_ms=TIMES,
    ),
    TIMES,
)
def test_every_request_is_judged(request: SendRequest, time_ms: int | None) -> None:
    """Whatever a decoder can produce is answered with codes of the table, each once, never with an error."""
    found = refusals(request, time_ms)

    assert len(set(found)) == len(found)
    assert all(REFUSALS[code] == sentence for code, sentence in found)


@given(st.text(max_size=50), st.integers(18_900, 19_100))
def test_length_is_counted_in_utf16_units(start: str, length: int) -> None:
    """The bound is on UTF-16 code units, whatever the text is made of."""
    text = "a" + start + "b" * (length - len(start))
    units = len(text.encode("utf-16-be")) // 2

    assert ("CONTENT_TOO_LONG" in codes(replace(GOOD, content=text))) == (units >= 18_996)


def test_the_rows_cover_every_rule() -> None:
    """Each rule has a row above (media, as a whole, one; the record's time a test of its own)."""
    rules = {code for code, _ in _RULES}

    assert {code for code, _ in BROKEN} | {"RECORD_TIME_MISSING"} == rules | {"MEDIA_URL_NOT_HTTPS"}
    assert rules <= set(REFUSALS)
