"""A process as it is put together: what one part learns, the others go by. A role that lacks a part would miss it."""

import asyncio

from connector.app import Connector
from connector.demo import _assign, _upstream
from connector.simulator.broker import CLIENT
from connector.time_zones import TimeZones
from tests.installed import installed
from tests.test_draining import ready


async def test_the_roles_share_what_the_process_knows() -> None:
    """Orders, opt-outs, lines, their partitions, fuses, what is asked before a text: one of each in a process."""
    stop = asyncio.Event()
    async with installed() as settings, _upstream(settings) as (codec, producer, _):
        await _assign(codec, producer, settings)
        connector = Connector(settings, ("router", "sender"), client_extra=CLIENT, preflight=False)
        running = await ready(settings, connector, stop)
        parts = connector.parts
        try:
            assert parts is not None
            assert parts.sender is not None
            assert parts.router is not None
            around, router = parts.sender._around, parts.router
            shared = [
                (around.orders, parts.orders),
                (around.orders, connector._orders and connector._orders.control.orders),
                (around.opted_out, parts.opt_outs.known),
                (around.opted_out, connector._opt_outs and connector._opt_outs.known),
                (around.facts, parts.known.facts),
                (around.facts._moves, connector._orders and connector._orders.control.moves),
                (around.pool, parts.known.pool),
                (parts.known.pool._pauses, parts.orders.pauses),
                (around.account, parts.account),
                (router._lines, parts.known.lines),
                (parts.sender._lines["line-0"]._given, parts.partitions),
            ]

            assert [n for n, (one, other) in enumerate(shared) if one is not other] == []
            assert (around.refused, router._pick) == (parts.opt_outs.refused, parts.known.pick)
            assert around.preparations._services is not None
            assert around.preparations._preparing == around.policy.preparing == router._preparing
            assert isinstance(around.local_time, TimeZones)
            assert parts.known.watch is not None
            assert around.replica.fuses._limits.per_minute == settings.fuses.contact_per_minute
        finally:
            stop.set()
            await running
