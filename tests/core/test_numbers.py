"""Phone numbers as we write them, however somebody else spells them."""

import pytest

from connector.core.numbers import number_of


@pytest.mark.parametrize(
    "text",
    [
        "+13035550100",
        "13035550100",
        " 1 303 555 0100\n",
        "+1 (303) 555-0100",
        "1.303.555.0100",
        "+1\u00a0303\u2011555-0100",
    ],
)
def test_a_number_is_one_however_it_is_spelled(text: str) -> None:
    """With or without its plus, with blanks, brackets and hyphens."""
    assert number_of(text) == "+13035550100"


@pytest.mark.parametrize(
    "text",
    ["", "sam1303555@example.com", "12345", "call 13035550100", "+0013035550100", "1" * 16, "sb_group_13035550100"],
)
def test_what_is_no_number_stays_as_it_is(text: str) -> None:
    """An address with digits, a short code, a sentence: none is taken for a contact's number."""
    assert number_of(f" {text} ") == text
