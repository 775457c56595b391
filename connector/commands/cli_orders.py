"""The orders of operators: what must not be sent."""

import time
from datetime import UTC, datetime
from typing import Annotated

import typer

from connector.commands import operations
from connector.commands.cli_frame import AsJson, Config, on_kafka, settings_of
from connector.commands.cli_output import fail, out, print_json
from connector.core.messages import MAX_AGE_MS
from connector.core.orders import CancelRequest, CancelTag, Order

EFFECT = "takes effect within seconds, for requests that are not sent yet; each ends with a CANCELLED event"


def cancel(
    request_id: Annotated[str | None, typer.Argument(help="the request")] = None,
    tag: Annotated[str | None, typer.Option(help="instead: every request with this tag, NAME=VALUE")] = None,
    until: Annotated[
        str | None, typer.Option(help="with --tag: made before this time, ISO 8601 with its zone; default now")
    ] = None,
    config: Config = None,
    as_json: AsJson = False,
) -> None:
    """Cancel requests that are not sent yet, by id or by tag. What is granted or sent is not called back.

    Example: kafka-sendblue cancel --tag campaign=spring --until 2026-03-01T12:00:00Z
    """
    order = order_of(request_id, tag, until, time.time_ns() // 1_000_000)
    ended = on_kafka(operations.order(settings_of(config), order))
    if as_json:
        return print_json({"order": order._asdict(), "older_orders_ended": ended})
    return out.print(EFFECT, soft_wrap=True)


def order_of(request_id: str | None, tag: str | None, until: str | None, now_ms: int) -> Order:
    """What the command line says; ends with exit code 2 where it does not say one thing."""
    if (request_id is None) == (tag is None):
        fail("give a request id, or --tag NAME=VALUE", 2)
    if request_id is not None:
        if until is not None:
            fail("--until goes with --tag; a request is cancelled by its id whenever it was made", 2)
        return CancelRequest(request_id, now_ms)
    name, found, value = (tag or "").partition("=")
    if not (name and found):
        fail("--tag is NAME=VALUE", 2)
    return CancelTag(name, value, now_ms if until is None else _time_ms(until, now_ms))


def _time_ms(text: str, now_ms: int) -> int:
    try:
        time_of = datetime.fromisoformat(text)
    except ValueError:
        fail("--until is no time; write it like 2026-03-01T12:00:00Z", 2)
    if time_of.tzinfo is None:
        fail("--until has no zone; write it like 2026-03-01T12:00:00Z", 2)
    until_ms = int(time_of.astimezone(UTC).timestamp() * 1000)
    if until_ms > now_ms + MAX_AGE_MS:
        fail("--until is more than 72 hours ahead", 2)
    return until_ms
