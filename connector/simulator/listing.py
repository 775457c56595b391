"""Looking messages up: one by its handle, its status, and the list with its filters.

The list is behind by ``lag_s``, as a read replica is; a look-up by handle is not. It takes 100 requests in 10 seconds.
A filter or a value it does not understand is ignored, so that a misspelt filter lists everything. Without an order the
newest message comes first (no page says so).
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from connector.simulator.account import Account
from connector.simulator.answers import answer, error
from connector.simulator.archive import Query

LIST_MAX = 100
LIST_DEFAULT = 50
ORDERS = {
    **dict.fromkeys(("createdAt", "created_at", "sentAt", "sent_at"), "created"),
    **dict.fromkeys(("updatedAt", "updated_at"), "updated"),
}
STATUSES = frozenset(
    {
        *("REGISTERED", "PENDING", "QUEUED", "ACCEPTED", "SENT", "DELIVERED", "DECLINED", "ERROR", "RECEIVED"),
        *("SUCCESS",),
    }
)
Values = Mapping[str, str]


class Listing:
    """``GET /api/status``, ``/api/v2/messages/{handle}`` and ``/api/v2/messages``."""

    def __init__(self, account: Account) -> None:
        self._account = account

    async def status(self, request: Request) -> Response:
        """The bare message."""
        text = self._account.archive.texts.get(request.query_params.get("handle", ""))
        return answer(200, self._account.wire(text)) if text else _missing()

    async def one(self, request: Request) -> Response:
        """The message under ``data``."""
        text = self._account.archive.texts.get(request.path_params["handle"])
        return answer(200, {"status": "OK", "data": self._account.wire(text)}) if text else _missing()

    async def page(self, request: Request) -> Response:
        """A page of the list."""
        account, values = self._account, request.query_params
        if not account.limits.lists.take(account.now()):
            return error(429, "Too Many Requests")
        as_of = round(account.now() - account.settings.lag_s, 3)
        texts = account.archive.find(query_of(values), as_of)
        limit = min(_number(values.get("limit"), 1, LIST_DEFAULT), LIST_MAX)
        offset = _number(values.get("offset"), 0, 0)
        page = [account.wire(text, text.as_of(as_of)) for text in texts[offset : offset + limit]]
        more = offset + limit < len(texts)
        pagination = {"total": len(texts), "limit": limit, "offset": offset, "hasMore": more}
        return answer(200, {"status": "OK", "data": page, "pagination": pagination})


def query_of(values: Values) -> Query:
    """The filters that can be understood. Sendblue calls a message's creation "sent" in places: both filter it."""
    return Query(
        number=values.get("number"),
        from_number=values.get("from_number"),
        to_number=values.get("to_number"),
        sendblue_number=values.get("sendblue_number"),
        group_id=values.get("group_id"),
        is_outbound=_of({"true": True, "false": False}, values.get("is_outbound")),
        message_type=_of({"message": "message", "group": "group"}, values.get("message_type")),
        service=_of({"iMessage": "iMessage", "SMS": "SMS", "RCS": "RCS"}, values.get("service")),
        status=_of({status: status for status in STATUSES}, values.get("status")),
        created_gte=_stricter(max, values, "created_at_gte", "sent_at_gte"),
        created_lte=_stricter(min, values, "created_at_lte", "sent_at_lte"),
        updated_gte=_time(values.get("updated_at_gte")),
        updated_lte=_time(values.get("updated_at_lte")),
        order_by=ORDERS.get(values.get("order_by", ""), "created"),
        descending=values.get("order_direction", "").lower() != "asc",
    )


def _of(known: Mapping[str, Any], value: str | None) -> Any:
    return known.get(value) if value is not None else None


def _stricter(choose: Callable[[list[float]], float], values: Values, *names: str) -> float | None:
    times = [at for name in names if (at := _time(values.get(name))) is not None]
    return choose(times) if times else None


def _time(value: str | None) -> float | None:
    """Seconds since the epoch, to the millisecond; None for what is no date. Without a zone it is UTC."""
    try:
        at = datetime.fromisoformat(value or "")
        return round((at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp(), 3)
    except (ValueError, OverflowError):
        return None


def _number(value: str | None, least: int, otherwise: int) -> int:
    if value is None or not value.isascii() or not value.isdigit() or len(value) > 9:
        return otherwise
    return int(value) if int(value) >= least else otherwise


def _missing() -> Response:
    return error(404, "Message not found")
