"""Keyed hashes: equal where the contact or the body is the same, different everywhere else."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from connector.core.identities import account_fingerprint, body_hash, contact_hash, fingerprint, text_hash
from connector.core.messages import OnInDoubt, ReplyTo, SendRequest, ServicePolicy

KEY, OTHER_KEY = b"k" * 32, b"o" * 32
PERSON, SECOND, THIRD = "+12025550123", "+12025550124", "+12025550125"
TO_PERSON = SendRequest("order-1", number=PERSON, content="Hello")
TO_NUMBERS = SendRequest("order-1", numbers=(PERSON, SECOND), content="Hello")
TO_GROUP = SendRequest("order-1", group_id="sb_group_1", content="Hello")


def test_hashes_stay_what_they_are() -> None:
    """Bindings outlive releases: these bytes may never change."""
    found = (
        contact_hash(TO_PERSON, KEY).hex(),
        contact_hash(TO_NUMBERS, KEY).hex(),
        body_hash(TO_GROUP, KEY).hex(),
    )

    assert found == ("c35cb6a4373abd6b", "fcdbec25fc87c934", "6a499ea7f7c781b4")


def test_a_contact_does_not_depend_on_what_is_said() -> None:
    """The contact is who, never what, when or from which line."""
    other = SendRequest("order-2", number=PERSON, media_url="https://cdn.example.com/a.png", from_number=THIRD)

    assert contact_hash(other, KEY) == contact_hash(TO_PERSON, KEY)


def test_the_order_of_a_group_does_not_matter() -> None:
    """A group is a set of people: order and repeats change nothing."""
    shuffled = replace(TO_NUMBERS, numbers=(SECOND, PERSON, SECOND))

    assert contact_hash(shuffled, KEY) == contact_hash(TO_NUMBERS, KEY)


def test_kinds_of_contact_never_meet() -> None:
    """The same bytes as a person, a group id and the one member of a group are three contacts."""
    kinds = (
        SendRequest("r", number=PERSON),
        SendRequest("r", group_id=PERSON),
        SendRequest("r", numbers=(PERSON,)),
    )

    assert len({contact_hash(kind, KEY) for kind in kinds}) == 3


@given(
    st.sets(st.text(max_size=12), min_size=1, max_size=4),
    st.sets(st.text(max_size=12), min_size=1, max_size=4),
)
def test_groups_are_told_apart(one: set[str], other: set[str]) -> None:
    """Two groups share a hash only when they have the same members: no gluing of neighbours."""
    hashes = [contact_hash(SendRequest("r", numbers=tuple(people)), KEY) for people in (one, other)]

    assert (hashes[0] == hashes[1]) == (one == other)


def test_another_key_hides_everything() -> None:
    """Without the key nothing can be recomputed, so each hash changes with it."""
    assert contact_hash(TO_PERSON, KEY) != contact_hash(TO_PERSON, OTHER_KEY)
    assert body_hash(TO_PERSON, KEY) != body_hash(TO_PERSON, OTHER_KEY)
    assert text_hash("Hello", KEY) != text_hash("Hello", OTHER_KEY)
    assert fingerprint(KEY) != fingerprint(OTHER_KEY)


SEEN = [
    TO_PERSON,
    replace(TO_PERSON, number=SECOND),
    TO_NUMBERS,
    TO_GROUP,
    replace(TO_PERSON, content="hello"),
    replace(TO_PERSON, content=" Hello"),
    replace(TO_PERSON, media_url="https://cdn.example.com/a.png"),
    replace(TO_PERSON, content=None, media_url="Hello"),
    replace(TO_PERSON, send_style="slam"),
    replace(TO_PERSON, reply_to=ReplyTo("h", None)),
    replace(TO_PERSON, reply_to=ReplyTo("h", 0)),
    replace(TO_PERSON, reply_to=ReplyTo("h", 1)),
    replace(TO_PERSON, reply_to=ReplyTo("g", None)),
]


def test_whatever_the_person_sees_makes_another_body() -> None:
    """Recipients, text, media, style and the message answered: each tells two bodies apart."""
    assert len({body_hash(request, KEY) for request in SEEN}) == len(SEEN)


@pytest.mark.parametrize(
    "same",
    [
        replace(TO_PERSON, request_id="order-2"),
        replace(TO_PERSON, tags={"team": "a"}, created_at_ms=5, send_at_ms=6, expires_at_ms=7),
        replace(TO_PERSON, from_number=THIRD, seat_id="seat", on_in_doubt=OnInDoubt.DROP),
        replace(TO_PERSON, service_policy=ServicePolicy.IMESSAGE_ONLY, pre_reply_override=True),
        replace(TO_PERSON, media_url=" "),
    ],
)
def test_what_the_person_does_not_see_leaves_the_body_alone(same: SendRequest) -> None:
    """Ids, tags, times, line, seat and policy are not part of the body; blank media is no media."""
    assert body_hash(same, KEY) == body_hash(TO_PERSON, KEY)


@given(st.none() | st.text(max_size=8), st.none() | st.text(max_size=8), st.none() | st.text(max_size=8))
def test_fields_of_a_body_do_not_run_together(content: str | None, media: str | None, style: str | None) -> None:
    """A text moved from one field to the next is another body."""
    request = replace(TO_PERSON, content=content, media_url=media, send_style=style)
    moved = replace(TO_PERSON, content=media, media_url=style, send_style=content)
    assume(all(text is None or text.strip() for text in (content, media, style)))

    assert (body_hash(request, KEY) == body_hash(moved, KEY)) == (content == media == style)


def test_a_lone_surrogate_is_hashed_too() -> None:
    """A text that is no proper Unicode must not stop a line."""
    assert len(body_hash(replace(TO_PERSON, content="\ud83d"), KEY)) == 8


def test_sizes() -> None:
    """Eight bytes in the ledger; sixteen hex characters where people read them."""
    assert len(contact_hash(TO_PERSON, KEY)) == len(body_hash(TO_PERSON, KEY)) == 8
    assert len(text_hash("x", KEY)) == len(fingerprint(KEY)) == len(account_fingerprint("id")) == 16


def test_accounts_are_told_apart() -> None:
    """Another api key id is another account."""
    assert account_fingerprint("one") != account_fingerprint("two")


@pytest.mark.parametrize("key", [b"", b"k" * 15, b"k" * 65])
def test_a_bad_key_is_refused(key: bytes) -> None:
    """A key must have 16 to 64 bytes; the error does not show it."""
    with pytest.raises(ValueError, match="16 to 64 bytes") as caught:
        contact_hash(TO_PERSON, key)

    assert "kkk" not in str(caught.value)


@pytest.mark.parametrize("key", [b"k" * 16, b"k" * 64])
def test_the_shortest_and_the_longest_key_work(key: bytes) -> None:
    """Both bounds are within."""
    assert len(contact_hash(TO_PERSON, key)) == 8


def test_nobody_is_no_contact() -> None:
    """A request without recipient never gets a hash that others could share."""
    with pytest.raises(ValueError, match="recipient"):
        contact_hash(SendRequest("r", content="Hello"), KEY)
