"""The shared secrets of account webhooks: any of ours, nothing else, and nothing at all without one."""

import pytest

from connector.core.webhook_secrets import accepts, fault_of

FIRST, SECOND = b"the first secret of the tests", b"the second secret of the tests"


def test_every_secret_of_ours_is_accepted() -> None:
    """So that one can follow the other without a gap."""
    assert [accepts([FIRST, SECOND], given) for given in (FIRST, SECOND)] == [True, True]


@pytest.mark.parametrize("given", [b"", b"x", FIRST[:-1], FIRST + b" ", FIRST.upper(), b"\xff" * 29])
def test_nothing_else_is(given: bytes) -> None:
    """Not a part of one, nor one in other letters."""
    assert not accepts([FIRST, SECOND], given)


@pytest.mark.parametrize("given", [b"", FIRST])
def test_without_a_secret_nothing_is_accepted(given: bytes) -> None:
    """It fails closed; an empty secret counts for none."""
    assert not accepts([], given)
    assert not accepts([b""], b"")


@pytest.mark.parametrize(
    ("secret", "fault"),
    [
        ("sixteen bytes or more", None),
        ("fifteen bytes..", "16 to 256"),
        ("x" * 257, "16 to 256"),
        (" blanks around them ", "header"),
        ("a line\r\nand another one", "header"),
        ("umlauts \u00e4\u00f6\u00fc in here", "header"),
    ],
)
def test_what_a_secret_must_be(secret: str, fault: str | None) -> None:
    """Hard to guess, and a header's value; the sentence does not show it."""
    told = fault_of(secret)

    assert (told is None) == (fault is None)
    assert (fault or "") in (told or "")
    assert secret not in (told or "")
