"""Reading account webhooks: every field arrives, nothing is refused for what it lacks, ids tell repeats from news."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.account_webhooks import (
    MAX_OBJECTS,
    SPAN_MS,
    account_event,
    inbound,
    kind_of,
    object_of,
    outbound,
    parts,
)
from connector.core.callbacks import LEFT_OUT, Unreadable
from connector.core.events import status_event
from connector.core.statuses import Flags, Seen
from tests.core.webhook_bodies import (
    ANOTHER,
    CAPTURED,
    DOCUMENTED,
    EMAIL,
    GROUP,
    HANDLE,
    LINE,
    LINES,
    LOCATION,
    OTHERS,
    PERSON,
    PHOTO,
    RECEIVED,
    REPLY,
    STATUS,
)  # fmt: skip

NOW_MS = 1_778_000_000_000
Body = dict[str, object]


def id_of(body: Body, at_ms: int = NOW_MS) -> str:
    """The id of an inbound message."""
    return inbound(body, LINES, at_ms).event_id


def test_a_reply_names_contact_line_and_text() -> None:
    """By our own words, with Sendblue's beside them; blanks are absent."""
    message = inbound(CAPTURED, LINES, NOW_MS)
    report = message.report

    assert (message.contact, message.line, message.is_group) == (PERSON, "line-1", False)
    assert (report.status, report.message_handle, report.content) == ("RECEIVED", HANDLE, CAPTURED["content"])
    assert (report.media_url, report.group_id, report.participants, report.extras) == (None, None, (), {})
    assert (message.occurred_at_ms, message.received_at_ms, message.raw) == (1_778_347_231_000, NOW_MS, None)


@pytest.mark.parametrize("name", RECEIVED)
def test_every_value_is_in_a_field_or_in_the_extras(name: str) -> None:
    """Of each kind of message that was seen."""
    report = inbound(RECEIVED[name], LINES, NOW_MS).report
    kept = {str(getattr(report, field)) for field in report.__slots__}
    kept |= {text.strip('"') for text in report.extras.values()}
    texts = [value for value in RECEIVED[name].values() if isinstance(value, str) and value and not value.endswith("Z")]

    assert [text for text in texts if text not in kept] == []
    for key in ("location", "reply_to", "thread_originator"):
        if key in RECEIVED[name]:
            assert json.loads(report.extras[key]) == RECEIVED[name][key]


def test_null_blank_and_missing_are_the_same_message() -> None:
    """What captures and pages spell differently has one id, where the words are the same."""
    bare = {name: value for name, value in CAPTURED.items() if value not in (None, "", [])}
    nulls = {name: None if value in ("", []) else value for name, value in CAPTURED.items()}

    assert {id_of(CAPTURED)} == {id_of(bare), id_of(nulls)}
    assert inbound(bare, LINES, NOW_MS).report == inbound(nulls, LINES, NOW_MS).report
    assert inbound(DOCUMENTED, LINES, NOW_MS).report.was_downgraded is False


@pytest.mark.parametrize(
    ("body", "contact"),
    [
        (EMAIL, "sam@example.com"),
        (GROUP, "sb_group_5f0c2a7e"),
        ({**CAPTURED, "from_number": None}, PERSON),
        ({**CAPTURED, "from_number": [PERSON]}, PERSON),
        ({**CAPTURED, "is_outbound": True, "from_number": LINE, "to_number": ANOTHER}, ANOTHER),
        ({"content": "Hello"}, None),
    ],
)
def test_whose_message_it_is(body: Body, contact: str | None) -> None:
    """A group as a whole, else the other side, by number or e-mail address."""
    assert contact == inbound(body, LINES, NOW_MS).contact


@pytest.mark.parametrize("missing", CAPTURED)
def test_no_field_must_be_there(missing: str) -> None:
    """Each may be missing, or be of a shape that nobody expects: then it is kept among the extras."""
    without = {name: value for name, value in CAPTURED.items() if name != missing}
    odd = {**CAPTURED, missing: {"odd": [1]}}

    assert inbound(without, LINES, NOW_MS).report.status == "RECEIVED"
    assert inbound(odd, LINES, NOW_MS).report.extras[missing] == '{"odd":[1]}'


SPELLINGS = ("13035550100", "+1 (303) 555-0100", " +13035550100 ")


@pytest.mark.parametrize("ours", SPELLINGS)
@pytest.mark.parametrize("theirs", ["12025550123", "+1 202-555-0123"])
def test_a_number_is_the_same_however_it_is_spelled(ours: str, theirs: str) -> None:
    """Our line is found, and the contact's key is that of the requests to it."""
    body = {**CAPTURED, "from_number": theirs, "number": theirs, "to_number": ours, "sendblue_number": ours}
    message = inbound(body, LINES, NOW_MS)
    blocked = account_event("line_blocked", {"data": {"phone": ours}}, LINES, NOW_MS)
    created = account_event("contact_created", {"number": theirs}, LINES, NOW_MS)

    assert (message.contact, message.line) == (PERSON, "line-1")
    assert (blocked.line, blocked.about, created.about) == ("line-1", LINE, PERSON)


def test_what_the_extras_cannot_hold_is_kept_whole() -> None:
    """The object itself, readable."""
    body = {**CAPTURED, "transcript": "\u00e9" * 5000}
    message = inbound(body, LINES, NOW_MS)

    assert LEFT_OUT in message.report.extras
    assert json.loads(message.raw or "") == body


def test_photo_and_text_of_one_message_are_two() -> None:
    """They come apart, and may share a handle; so may two places of one shared location."""
    moved = {**LOCATION, "location": {"latitude": 40.03, "longitude": -105.27, "accuracy_m": 12}}

    assert len({id_of(body) for body in (CAPTURED, PHOTO, LOCATION, moved, REPLY)}) == 5


def test_a_repeat_has_the_id_of_the_first() -> None:
    """Hours later, in another order of keys, with another date_updated."""
    later = {**dict(reversed(CAPTURED.items())), "date_updated": "2026-05-09T18:00:00.000Z"}

    assert id_of(CAPTURED) == id_of(later, NOW_MS + 3_600_000)


def test_without_a_handle_only_the_words_tell() -> None:
    """Then its date counts."""
    body = {**CAPTURED, "message_handle": ""}
    later = {**body, "date_updated": "2026-05-09T18:00:00.000Z"}

    assert id_of(body) == id_of(body, NOW_MS + SPAN_MS)
    assert id_of(body) != id_of(later)


@pytest.mark.parametrize("kind", OTHERS)
def test_any_other_type_is_passed_on_whole(kind: str) -> None:
    """Documented or not."""
    event = account_event(kind, OTHERS[kind], LINES, NOW_MS)

    assert (event.type, json.loads(event.raw), event.received_at_ms) == (kind, OTHERS[kind], NOW_MS)


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        ("line_blocked", ("line-1", LINE, "BLOCKED")),
        ("line_assigned", ("line-2", "+13035550101", None)),
        ("typing_indicator", ("line-1", LINE, None)),
        ("contact_profile", (None, PERSON, "COMPLETED")),
        ("pigeon", (None, None, None)),
    ],
)
def test_what_an_event_is_about(kind: str, expected: tuple[str | None, ...]) -> None:
    """A line of ours wherever it is named, else whatever number there is."""
    event = account_event(kind, OTHERS[kind], LINES, NOW_MS)

    assert expected == (event.line, event.about, event.status)


@pytest.mark.parametrize(
    "body",
    [
        {"data": {"line": {"phone_number": LINE}}},
        {"lines": [PERSON, LINE]},
        {"data": [{"number": PERSON}, {"number": "+1 (303) 555-0100"}]},
    ],
)
def test_a_line_is_found_wherever_it_is_named(body: Body) -> None:
    """What a blocked line looks like is nowhere documented, and it must stop."""
    event = account_event("line_blocked", body, LINES, NOW_MS)

    assert (event.line, event.about) == ("line-1", LINE)


def test_the_same_words_much_later_are_news() -> None:
    """A line is blocked twice, and nothing in the body says when; a repeat comes within minutes."""
    body = OTHERS["line_blocked"]
    ids = [account_event("line_blocked", body, LINES, at).event_id for at in (0, 60_000, 24 * 3_600_000)]

    assert ids[0] == ids[1] != ids[2]


def test_what_names_its_time_or_its_call_is_a_repeat_whenever_it_comes() -> None:
    """A call is completed once, whatever else the second one says."""
    typing, call = OTHERS["typing_indicator"], OTHERS["call_completed"]
    more = {**call, "recording_url": "https://example.com/a.mp3"}
    first = [
        account_event(kind, body, LINES, 0).event_id
        for kind, body in (("typing_indicator", typing), ("call_completed", call))
    ]
    later = [
        account_event(kind, body, LINES, 10**9).event_id
        for kind, body in (("typing_indicator", typing), ("call_completed", more))
    ]

    assert first == later


def test_types_do_not_share_ids() -> None:
    """The same body under another type is another event."""
    assert len({account_event(kind, CAPTURED, LINES, NOW_MS).event_id for kind in OTHERS} | {id_of(CAPTURED)}) == 10


def test_an_outbound_is_the_event_of_its_callback() -> None:
    """So that whoever reads both knows them for one."""
    flags = Flags(False, Seen("DELIVERED"))
    event = status_event(outbound(STATUS), None, flags, NOW_MS)

    assert (event.request_id, event.message_handle, event.status, event.terminal) == (
        None,
        STATUS["message_handle"],
        "DELIVERED",
        True,
    )


@pytest.mark.parametrize(
    ("body", "reason"),
    [({**STATUS, "status": ""}, "NO_STATUS"), ({**STATUS, "message_handle": None}, "NO_HANDLE")],
)
def test_an_outbound_must_say_what_of_which(body: Body, reason: str) -> None:
    """Two statuses without a handle could not be told apart."""
    with pytest.raises(Unreadable) as refused:
        outbound(body)

    assert reason == refused.value.reason


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ([], "EMPTY"),
        ([{}] * (MAX_OBJECTS + 1), "TOO_MANY"),
        ("text", "NOT_AN_OBJECT"),
        (None, "NOT_AN_OBJECT"),
        ([[{}]], "NOT_AN_OBJECT"),
        ({"a": json.loads("[" * 40 + "]" * 40)}, "TOO_DEEP"),
    ],
    ids=str,
)
def test_what_is_no_object_is_unreadable(body: object, reason: str) -> None:
    """With a code."""
    with pytest.raises(Unreadable) as refused:
        [object_of(part) for part in parts(body)]

    assert reason == refused.value.reason


def test_a_list_is_its_objects() -> None:
    """In their order."""
    assert parts([CAPTURED, PHOTO]) == (CAPTURED, PHOTO)
    assert parts(CAPTURED) == (CAPTURED,)


def test_only_documented_types_have_names_of_their_own() -> None:
    """Metrics count all others as one."""
    assert [kind_of(kind) for kind in ("receive", "pigeon", "", "RECEIVE")] == ["receive", None, None, None]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
odd_bodies = st.dictionaries(st.sampled_from([*CAPTURED, "timestamp", "call_id"]) | st.text(), values, max_size=8)


@given(odd_bodies, st.sampled_from(["call_log", "call_completed", "pigeon"]))
def test_any_object_is_read(body: Body, kind: str) -> None:
    """Whatever it holds: the event can be written, the message has an id, and both are the same the next time."""
    event, message = account_event(kind, body, LINES, NOW_MS), inbound(body, LINES, NOW_MS)
    event.raw.encode()

    assert json.loads(event.raw) is not None
    assert (event.event_id, message.event_id) == (account_event(kind, body, LINES, NOW_MS).event_id, id_of(body))
