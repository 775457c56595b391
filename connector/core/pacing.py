"""When a line may write to its socket again."""

from typing import NamedTuple, TypeAlias


class ForeignGrants(NamedTuple):
    open_since: tuple[float, ...] = ()
    last_close: float | None = None


class Go(NamedTuple):
    pass


class WaitUntil(NamedTuple):
    at: float


class Late(NamedTuple):
    pass


Pace: TypeAlias = Go | WaitUntil | Late


def write_at(own_last_write: float | None, gap_s: float, foreign: ForeignGrants, lease_s: float) -> float:
    raise NotImplementedError


def verdict(write_at: float, now: float, lease_end: float) -> Pace:
    raise NotImplementedError
