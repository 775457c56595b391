"""Callback tokens: what was signed comes back, nothing else does."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.tokens import MAX_TOKEN_CHARS, Claim, Ring, _encode, _mac, is_stale, sign, verify

ATTEMPT, HOUR = "00112233445566ff", 500_000
CLAIM = Claim("order-1", ATTEMPT, HOUR)
RING = Ring({"k1": b"1" * 32, "k2": b"2" * 32}, "k2")
TOKEN = sign(RING, *CLAIM)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

REQUEST_IDS = st.text(ALPHABET + "._:-", min_size=1, max_size=64)
ATTEMPTS = st.binary(min_size=8, max_size=8).map(bytes.hex)
CLAIMS = st.builds(Claim, REQUEST_IDS, ATTEMPTS, st.integers(0, 2**32 - 1))


@given(CLAIMS, st.text(ALPHABET + "_-", min_size=1, max_size=16), st.binary(min_size=16, max_size=80))
def test_what_was_signed_comes_back(claim: Claim, key_id: str, key: bytes) -> None:
    """Every claim survives the round trip, in a path segment of bounded length that needs no escaping."""
    ring = Ring({key_id: key}, key_id)
    token = sign(ring, *claim)

    assert verify(ring, token) == claim
    assert len(token) <= MAX_TOKEN_CHARS
    assert set(token) <= set(ALPHABET + "._-")


def test_the_longest_and_the_shortest_token() -> None:
    """The bound on what is looked at is the longest token that can be made, not a character more."""
    longest = sign(Ring({"k" * 16: b"1" * 16}, "k" * 16), "r" * 64, ATTEMPT, HOUR)
    shortest = sign(Ring({"k": b"1" * 16}, "k"), "r", ATTEMPT, HOUR)

    assert (len(shortest), len(longest)) == (44, MAX_TOKEN_CHARS)


def test_a_token_stays_what_it_is() -> None:
    """Tokens are out in the world for days: a release may not change their form."""
    assert TOKEN == "k2.AQARIjNEVWb_AAehIG9yZGVyLTE.b-5RNCigPBUXqlpwXCaxRg"


@given(st.integers(0, len(TOKEN) - 1), st.sampled_from(ALPHABET + "._-=+/ é"))
def test_no_other_spelling_is_accepted(position: int, character: str) -> None:
    """Changing any one character of a token, padding bits included, makes it worthless."""
    forged = TOKEN[:position] + character + TOKEN[position + 1 :]

    assert (verify(RING, forged) == CLAIM) == (forged == TOKEN)
    assert verify(RING, forged) in (CLAIM, None)


def test_any_change_of_any_byte_is_a_forgery() -> None:
    """All of them: each place, each other byte, each byte left out, each byte put in."""
    text = [chr(byte) for byte in range(256)]
    forged = {TOKEN[:n] + char + TOKEN[n + 1 :] for n in range(len(TOKEN)) for char in ["", *text]}
    forged |= {TOKEN[:n] + char + TOKEN[n:] for n in range(len(TOKEN) + 1) for char in text}
    accepted = [token for token in forged - {TOKEN} if verify(RING, token) is not None]

    assert len(forged) > 2 * 255 * len(TOKEN)
    assert accepted == []


@given(st.text(max_size=200) | st.text(ALPHABET + "._-", max_size=200))
def test_garbage_is_refused_without_an_error(token: str) -> None:
    """Whatever stands in the path, verify answers None."""
    assert verify(RING, token) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        "..",
        "...",
        TOKEN + ".",
        "." + TOKEN,
        TOKEN + "=",
        TOKEN + "A",
        TOKEN[:-1],
        " " + TOKEN,
        TOKEN + "\n",
        TOKEN.rpartition(".")[0],
        TOKEN.rpartition(".")[0] + ".",
        TOKEN + "A" * 200,
    ],
)
def test_broken_tokens_are_refused(token: str) -> None:
    """Missing, empty, added and overlong parts."""
    assert verify(RING, token) is None


def test_the_key_id_is_signed_too() -> None:
    """Two ids with one key do not make two valid spellings of one token."""
    ring = Ring({"a": b"x" * 16, "b": b"x" * 16}, "a")
    _, payload, mac = sign(ring, *CLAIM).split(".")

    assert verify(ring, f"b.{payload}.{mac}") is None


def test_rotation() -> None:
    """A new signing key leaves old tokens valid until their key leaves the ring; then they are nothing."""
    old = Ring({"k1": b"1" * 32}, "k1")
    token = sign(old, *CLAIM)

    assert verify(RING, token) == CLAIM
    assert verify(Ring({"k2": b"2" * 32}, "k2"), token) is None


def test_an_unknown_key_id_is_refused_even_with_the_stand_in_key() -> None:
    """Whoever guesses the key that stands in for unknown ids gains nothing."""
    forger = Ring({"k9": bytes(16)}, "k9")

    assert verify(RING, sign(forger, *CLAIM)) is None


def test_another_version_is_refused() -> None:
    """A payload of a version this release does not know is not guessed at, even if the key signed it."""
    head, tail = b"\x02" + bytes.fromhex(ATTEMPT) + HOUR.to_bytes(4, "big"), b"order-1"

    assert verify(RING, resigned(head + tail)) is None


@pytest.mark.parametrize("payload", [b"", b"\x01", b"\x01" + bytes(12), b"\x01" + bytes(12) + b"a b"])
def test_a_signed_payload_without_a_proper_id_is_refused(payload: bytes) -> None:
    """Too short for its head, or with an id outside the alphabet."""
    assert verify(RING, resigned(payload)) is None


def test_a_signed_payload_that_is_no_base64_is_refused() -> None:
    """The mac covers the spelling, so only a holder of the key could do this; still no error."""
    assert verify(RING, resigned_text("A")) is None
    assert verify(RING, resigned_text("AB")) is None


def resigned(payload: bytes) -> str:
    """A token over any payload, with the right key: what a later release might send."""
    return resigned_text(base64.urlsafe_b64encode(payload).rstrip(b"=").decode())


def resigned_text(payload: str) -> str:
    """The same over any payload text."""
    return f"k2.{payload}.{_encode(_mac(b'2' * 32, 'k2', payload))}"


@pytest.mark.parametrize(
    ("request_id", "attempt", "hour"),
    [
        ("", ATTEMPT, HOUR),
        ("a" * 65, ATTEMPT, HOUR),
        ("a b", ATTEMPT, HOUR),
        ("é", ATTEMPT, HOUR),
        ("a", ATTEMPT[1:], HOUR),
        ("a", ATTEMPT.upper(), HOUR),
        ("a", "x" * 16, HOUR),
        ("a", ATTEMPT, -1),
        ("a", ATTEMPT, 2**32),
    ],
)
def test_only_proper_claims_are_signed(request_id: str, attempt: str, hour: int) -> None:
    """What could not be read back is not signed."""
    with pytest.raises(ValueError, match=r"token needs|fit 32 bits"):
        sign(RING, request_id, attempt, hour)


@pytest.mark.parametrize(
    ("keys", "signing", "complaint"),
    [
        ({}, "k1", "not in the ring"),
        ({"k1": b"1" * 16}, "k2", "not in the ring"),
        ({"k1": b"1" * 15}, "k1", "at least 16 bytes"),
        ({"": b"1" * 16}, "", "1 to 16 characters"),
        ({"a.b": b"1" * 16}, "a.b", "1 to 16 characters"),
        ({"k" * 17: b"1" * 16}, "k" * 17, "1 to 16 characters"),
    ],
)
def test_a_ring_that_cannot_work_is_refused(keys: dict[str, bytes], signing: str, complaint: str) -> None:
    """Short keys, unusable ids and a missing signing key are refused when the ring is made."""
    with pytest.raises(ValueError, match=complaint):
        Ring(keys, signing)


def test_keys_do_not_show() -> None:
    """Neither the ring nor a complaint about it shows a key."""
    with pytest.raises(ValueError, match="at least 16 bytes") as caught:
        Ring({"k1": b"secret"}, "k1")

    assert "secret" not in str(caught.value)
    assert repr(RING) == "Ring(keys=['k1', 'k2'], signing='k2')"


def test_a_ring_does_not_change_under_its_users() -> None:
    """Later changes to the mapping it was made from do not reach it."""
    keys = {"k1": b"1" * 32}
    ring = Ring(keys, "k1")
    keys.clear()

    assert verify(ring, sign(ring, *CLAIM)) == CLAIM


@pytest.mark.parametrize(("minutes", "stale"), [(0, False), (73 * 60, False), (73 * 60 + 1, True)])
def test_a_token_grows_stale(minutes: int, *, stale: bool) -> None:
    """After 72 h, counted from the end of the hour of issue, a callback is no longer proof for the ledger."""
    assert is_stale(CLAIM, (HOUR * 60 + minutes) * 60_000) == stale
