"""Which line a request goes out from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from connector.core.messages import SendRequest


class Route(NamedTuple):
    line: str
    named: bool


class NoRoute(NamedTuple):
    code: str


@dataclass(frozen=True, slots=True)
class Lines:
    """``numbers`` maps our numbers to aliases; ``pool`` holds the aliases a new contact may be given."""

    numbers: Mapping[str, str]
    pool: tuple[str, ...]


def choose(request: SendRequest, contact: bytes, bound: str | None, lines: Lines) -> Route | NoRoute:
    raise NotImplementedError
