"""Phone numbers as we write them (E.164), however somebody else spells them.

A contact is known by its number's hash, a line by its number: "13035550100" and "+1 (303) 555-0100" must meet what a
request calls +13035550100. Only a whole text that is spelled like a number is read as one; an e-mail address or a short
code stays as it is.

What is ugly: a number without its country code (303-555-0100) is not known from one of another country, and is not
guessed at.
"""

import re

from connector.core.requests import E164

_SPELLED = re.compile("\\+?[0-9 ().\\-\u00a0\u2010-\u2015]+")


def digits_of(text: str) -> str:
    """What is known to be a number, as E.164."""
    return "+" + "".join(filter(str.isdigit, text))


def number_of(text: str) -> str:
    """The text as E.164 where it is spelled like a number, else without the blanks around it."""
    bare = text.strip()
    number = digits_of(bare)
    return number if _SPELLED.fullmatch(bare) and E164.fullmatch(number) else bare
