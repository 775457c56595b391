"""Whatever comes in, the simulator says what is wrong with it and never falls over."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.simulator.stage import ANOTHER, LINE, PERSON, Stage
from tests.virtual_time import run

SENDS = ("/api/send-message", "/api/send-group-message")
TAKE_JSON = (
    *(("POST", path) for path in SENDS),
    ("POST", "/api/upload-media-object"),
    ("POST", "/api/v2/contacts/opt-out"),
    ("POST", "/api/account/webhooks"),
    ("PUT", "/api/account/webhooks"),
    ("DELETE", "/api/account/webhooks"),
    ("PUT", "/_sim/faults"),
    ("POST", "/_sim/inbound"),
)
NO_OBJECT = (b"", b"{", b"[]", b"null", b'"text"', b"3", b"\xff\xfe", b"[" * 100_000, b'{"number": "\\ud800"}')


@pytest.mark.parametrize(("method", "path"), TAKE_JSON)
@pytest.mark.parametrize("raw", NO_OBJECT, ids=range(len(NO_OBJECT)))
async def test_what_is_no_json_object_is_400(method: str, path: str, raw: bytes) -> None:
    """With Sendblue's plain error body."""
    answer = await Stage().client.request(method, path, content=raw)

    assert answer.status_code == 400
    assert answer.json()["status"] == "ERROR"
    assert answer.json()["message"]


@pytest.mark.parametrize(
    "field",
    [
        *({name: 7} for name in ("number", "from_number", "content", "media_url", "status_callback", "seat_id")),
        {"number": [PERSON]},
        {"content": {"a": 1}},
        {"reply_to": "x"},
        {"reply_to": {"message_handle": 1}},
        {"send_style": []},
        {"numbers": "x"},
        {"numbers": [1]},
        {"pre_reply_override": "yes"},
    ],
    ids=str,
)
async def test_a_field_of_the_wrong_type_is_400(field: dict[str, Any]) -> None:
    """And nobody is texted, but the POST is counted."""
    stage = Stage()

    answer = await stage.send(**{"number": PERSON, **field})

    assert (answer.status_code, answer.json()["status"]) == (400, "ERROR")
    assert answer.json()["message"]
    assert tuple(stage.totals()[name] for name in ("posts", "texts", "refused")) == (1, 0, 1)


@pytest.mark.parametrize(
    "body",
    [
        {"number": "12"},
        {"number": "+1"},
        {"number": PERSON + " "},
        {"number": ""},
        {"content": ""},
        {"content": "x" * 18_996},
        {"content": "\U0001f600" * 9_498},
        {"media_url": "http://example.com/a.png"},
        {"media_url": "a.png"},
        {"media_url": "https://[/a.png"},
        {"reply_to": {"message_handle": "nobody"}},
    ],
    ids=lambda body: str(body)[:40],
)
async def test_a_body_that_breaks_a_rule_is_a_message_shaped_400(body: dict[str, Any]) -> None:
    """Code 4000 with a sentence; a content is measured in UTF-16 units."""
    answer = await Stage().send(**body)

    assert (answer.status_code, answer.json()["error_code"], answer.json()["status"]) == (400, 4000, "ERROR")
    assert answer.json()["error_message"]


@pytest.mark.parametrize(
    "body",
    [{}, {"numbers": []}, {"numbers": ["12"]}, {"numbers": [f"+120255501{n:02d}" for n in range(26)]}],
    ids=lambda body: str(body)[:40],
)
async def test_a_group_needs_people(body: dict[str, Any]) -> None:
    """Or an id, and at most 25 of them."""
    answer = await Stage().group(**body)

    assert (answer.status_code, answer.json()["error_code"]) == (400, 4000)


async def test_an_unknown_seat_is_400() -> None:
    """A known one is echoed with an e-mail."""
    stage = Stage(seats=("seat-1",))

    wrong, right = await stage.send(seat_id="seat-2"), await stage.send(seat_id="seat-1")

    assert (wrong.status_code, right.status_code) == (400, 202)
    assert "Seat" in wrong.json()["message"]
    assert (right.json()["seat_id"], right.json()["sender_email"]) == ("seat-1", "seat@example.com")


async def test_a_reply_stays_in_its_conversation() -> None:
    """The message it answers must be of the same contact and line; then it is echoed."""
    stage = Stage()
    parent = {"message_handle": (await stage.send()).json()["message_handle"]}

    answers = [await stage.send(reply_to=parent), await stage.send(ANOTHER, reply_to=parent)]

    assert [answer.status_code for answer in answers] == [202, 400]
    assert parent == answers[0].json()["reply_to"]


@pytest.mark.parametrize(
    "query",
    [
        {"limit": "abc"},
        {"limit": "-1"},
        {"limit": "0"},
        {"limit": "1" * 30},
        {"limit": "²"},
        {"offset": "-1"},
        {"offset": "x"},
        {"created_at_gte": "yesterday"},
        {"updated_at_lte": "99999-01-01"},
        {"is_outbound": "maybe"},
        {"message_type": "inbound"},
        {"service": "pigeon"},
        {"status": "sent"},
        {"order_by": "colour"},
        {"order_direction": "up"},
        {"nonsense": "1"},
    ],
    ids=str,
)
async def test_a_bad_filter_is_ignored(query: dict[str, str]) -> None:
    """So the list shows everything."""
    stage = Stage()
    sent = (await stage.send()).json()["message_handle"]

    assert [sent] == await stage.handles(**query)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ("number", "numbers", "group_id", "from_number", "content", "media_url", "status_callback", "reply_to")
BODIES = st.fixed_dictionaries(
    {}, optional={name: JSON | st.sampled_from([LINE, PERSON, "https://example.com/a.png"]) for name in FIELDS}
)


@settings(max_examples=60)
@given(body=BODIES, path=st.sampled_from(SENDS))
def test_no_body_is_too_odd(body: dict[str, Any], path: str) -> None:
    """2xx or 400, whatever the fields hold."""

    async def main() -> int:
        answer = await Stage().client.post(path, content=json.dumps(body))
        return answer.status_code

    assert run(main()) in {202, 400}


@settings(max_examples=60)
@given(query=st.dictionaries(st.sampled_from(["limit", "offset", "created_at_gte", "order_by"]), st.text(max_size=12)))
def test_no_query_is_too_odd(query: dict[str, str]) -> None:
    """Always a page."""

    async def main() -> int:
        return (await Stage().client.get("/api/v2/messages", params=query)).status_code

    assert run(main()) == 200
