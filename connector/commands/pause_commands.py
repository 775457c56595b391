"""Pausing, resuming, and what is ordered now, by the control topic of a real Kafka."""

import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple, assert_never

from connector.commands.cli_output import moment
from connector.commands.control_topic import control_codec, control_now, write_control
from connector.core.messages import MAX_AGE_MS
from connector.core.nearest import instead, no_line
from connector.core.orders import CancelRequest, CancelTag, Order
from connector.core.pauses import OfLine, Pause, Said, Scope, given_way, name_of
from connector.kafka.control import Control, order_record, past_record
from connector.settings import Settings
from connector.wiring.installation import aliases_of

HOLDS, OVER, RESUMED = "holds", "over", "resumed"


class Row(NamedTuple):
    """One order as it is shown. Times in ISO 8601, empty for none."""

    order: str
    what: str
    state: str
    since: str
    until: str
    operator: str = ""
    reason: str = ""
    resumed_at: str = ""
    resumed_by: str = ""
    resumed_reason: str = ""


async def pause(settings: Settings, given: Pause) -> None:
    """Order a pause; a former one of the same scope gives way to it. Raises ValueError for a line nobody knows."""
    codec = await control_codec(settings)
    control = await control_now(settings, codec)
    if isinstance(given.scope, OfLine):
        _check_line(given.scope.alias, control.partitions, settings)
    former = [past_record(codec, given_way(p, given)) for p in control.orders.pauses if p.scope == given.scope]
    await _order(settings, control, [*former, order_record(codec, given)])


async def resume(settings: Settings, scope: Scope, said: Said) -> Pause:
    """End the pause of this scope; return it. Raises ValueError when there is none, with the nearest ones."""
    codec = await control_codec(settings)
    control = await control_now(settings, codec)
    holding = {name_of(p.scope): p for p in control.orders.pauses.holding(said.at_ms)}
    if (found := holding.get(name_of(scope))) is None:
        raise ValueError(f"{name_of(scope)} is not paused{instead(name_of(scope), holding, 'what is', 'nothing is')}")
    await _order(settings, control, [order_record(codec, found._replace(resumed=said))])
    return found


async def orders(settings: Settings, *, ended: bool) -> list[Row]:
    """The orders that hold; with ``ended`` also those that do no more and are kept for the audit."""
    control = await control_now(settings, await control_codec(settings))
    every = (*control.orders, *control.orders.past.values())
    rows = [_row(order, time.time_ns() // 1_000_000) for order in every]
    return [row for row in rows if ended or row.state == HOLDS]


async def _order(settings: Settings, control: Control, records: Sequence[tuple[bytes, bytes]]) -> None:
    """Beside it, what holds for nothing any more and is old enough is taken out of the topic."""
    stale = control.orders.stale(time.time_ns() // 1_000_000)
    await write_control(settings, [*((key, None) for key in stale), *records])


def _check_line(alias: str, ever: Iterable[str], settings: Settings) -> None:
    """A line that is configured no more may have requests that wait."""
    names = sorted({*ever, *(line.alias for line in settings.lines)})
    if alias not in names:
        raise ValueError(no_line(alias, names, aliases_of(settings)))


def _row(order: Order, now_ms: int) -> Row:
    match order:
        case CancelRequest(request_id, until_ms):
            return _cancelled(f"request {request_id}", until_ms, now_ms)
        case CancelTag(name, value, until_ms):
            return _cancelled(f"tag {name}={value}", until_ms, now_ms)
        case Pause():
            return _paused(order, now_ms)
        case _:
            assert_never(order)


def _cancelled(what: str, until_ms: int, now_ms: int) -> Row:
    return Row("cancel", what, OVER if now_ms - until_ms > MAX_AGE_MS else HOLDS, moment(until_ms), "")


def _paused(order: Pause, now_ms: int) -> Row:
    state = HOLDS if order.left_s(now_ms) else OVER if order.resumed is None else RESUMED
    said, ended = order.paused, order.resumed or Said("", "", 0)
    told = (moment(said.at_ms), moment(order.until_ms or 0), said.operator, said.reason)
    return Row("pause", name_of(order.scope), state, *told, moment(ended.at_ms), ended.operator, ended.reason)
