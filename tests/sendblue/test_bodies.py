"""Requests in Sendblue's words."""

from dataclasses import replace

import pytest

from connector.core.messages import ReplyTo, SendRequest
from connector.sendblue.bodies import body_of, path_of

CONTACT, OTHER, LINE = "+12025550123", "+12025550124", "+12025550199"
CALLBACK = "https://example.com/v1/callbacks/k.payload.mac"
TEXT = SendRequest("r-1", number=CONTACT, content="Hello")
GROUP = SendRequest("r-2", numbers=(CONTACT, OTHER), content="Hello all")


def test_a_text_to_one_person() -> None:
    """What is absent is left out, and what is ours (id, tags, times) stays with us."""
    request = replace(TEXT, tags={"a": "b"}, created_at_ms=1, send_at_ms=2, expires_at_ms=3)

    assert path_of(request) == "/api/send-message"
    assert body_of(request, LINE, None) == {"number": CONTACT, "from_number": LINE, "content": "Hello"}


def test_every_parameter() -> None:
    """All that a request may ask for arrives under Sendblue's name for it."""
    request = replace(
        TEXT,
        media_url="https://example.com/Cat.png",
        send_style="invisible",
        seat_id="seat-1",
        reply_to=ReplyTo("h-0", 2),
    )

    assert body_of(request, LINE, CALLBACK) == {
        "number": CONTACT,
        "from_number": LINE,
        "content": "Hello",
        "media_url": "https://example.com/Cat.png",
        "send_style": "invisible",
        "status_callback": CALLBACK,
        "seat_id": "seat-1",
        "reply_to": {"message_handle": "h-0", "part_index": 2},
    }


def test_a_reply_names_a_part_only_if_asked() -> None:
    """Sendblue knows the part better than we do; part 0 is a part."""
    whole = body_of(replace(TEXT, reply_to=ReplyTo("h-0", None)), LINE, None)
    first = body_of(replace(TEXT, reply_to=ReplyTo("h-0", 0)), LINE, None)

    assert whole["reply_to"] == {"message_handle": "h-0"}
    assert first["reply_to"] == {"message_handle": "h-0", "part_index": 0}


@pytest.mark.parametrize(
    ("request_", "people"),
    [
        (GROUP, {"numbers": [CONTACT, OTHER]}),
        (SendRequest("r-3", group_id="sb_group_1", content="Hello all"), {"group_id": "sb_group_1"}),
    ],
)
def test_a_group(request_: SendRequest, people: dict[str, object]) -> None:
    """A group goes to its own endpoint, by its people or by its id."""
    body = body_of(request_, LINE, CALLBACK)

    assert path_of(request_) == "/api/send-group-message"
    assert body == {**people, "from_number": LINE, "content": "Hello all", "status_callback": CALLBACK}


def test_media_may_go_without_a_text() -> None:
    """No content is no content, not an empty one."""
    assert "content" not in body_of(SendRequest("r", number=CONTACT, media_url="https://example.com/A.png"), LINE, None)


def test_the_line_is_the_one_we_were_given() -> None:
    """The request's own from_number was a wish; the line was chosen before this."""
    assert body_of(replace(TEXT, from_number=OTHER), LINE, None)["from_number"] == LINE
