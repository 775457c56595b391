"""What is wrong with a request, judged by its bytes alone, and the times that follow from them."""

from collections.abc import Mapping
from typing import NamedTuple

from connector.core.messages import Dispatch, SendRequest

DEFAULT_TTL_MS = 24 * 3600 * 1000

REFUSALS: Mapping[str, str] = {}


class Refusal(NamedTuple):
    code: str
    sentence: str


def refusal(code: str) -> Refusal:
    raise NotImplementedError


def refusals(request: SendRequest, record_time_ms: int | None) -> tuple[Refusal, ...]:
    raise NotImplementedError


def id_is_usable(request_id: str) -> bool:
    raise NotImplementedError


def content_of(request: SendRequest) -> str | None:
    raise NotImplementedError


def media_of(request: SendRequest) -> str | None:
    raise NotImplementedError


def request_time_ms(request: SendRequest, record_time_ms: int) -> int:
    raise NotImplementedError


def too_new(request: SendRequest, record_time_ms: int, now_ms: int) -> Refusal | None:
    raise NotImplementedError


def too_old(request_time_ms: int, now_ms: int) -> bool:
    raise NotImplementedError


def due_ms(dispatch: Dispatch) -> int:
    raise NotImplementedError


def expires_ms(dispatch: Dispatch, default_ttl_ms: int = DEFAULT_TTL_MS) -> int:
    raise NotImplementedError
