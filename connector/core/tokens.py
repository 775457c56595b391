"""Signed callback tokens: one per attempt, so that a callback says by itself what it is about."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple


class Claim(NamedTuple):
    request_id: str
    attempt: str
    issued_hour: int


@dataclass(frozen=True, slots=True, repr=False)
class Ring:
    keys: Mapping[str, bytes]
    signing: str


def sign(ring: Ring, request_id: str, attempt: str, issued_hour: int) -> str:
    raise NotImplementedError


def verify(ring: Ring, token: str) -> Claim | None:
    raise NotImplementedError


def is_stale(claim: Claim, now_ms: int) -> bool:
    raise NotImplementedError
