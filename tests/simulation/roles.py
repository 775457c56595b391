"""How a process starts its roles, as ``connector.wiring.assembly`` does: a new role is one more function here.

Each gets the process, builds the real class over ``process.edges`` and joins its group, if it has one.
"""

import asyncio
from collections.abc import Awaitable, Callable
from functools import cache
from json import loads
from typing import TYPE_CHECKING, cast

from connector.core.delays import Delay
from connector.core.identities import body_hash, contact_hash
from connector.core.looks import senders_rate
from connector.core.messages import Dispatch, Origin, Source
from connector.core.pool import Pool
from connector.core.routing import Lines
from connector.core.seen import Policy
from connector.core.steps import Held
from connector.kafka.records import KafkaRecord
from connector.roles.delayer import Delayer, DelayRecord
from connector.roles.digester import Digester
from connector.roles.doubts import Doubts
from connector.roles.ends import Ends, PublishFailed
from connector.roles.line_worker import work
from connector.roles.list_proofs import ListProofs
from connector.roles.parked_looks import ParkedLooks
from connector.roles.reconciler import ParkedRecord, Reconciler
from connector.roles.router import RequestRecord, Router
from connector.roles.sender import Sender
from connector.roles.surroundings import DispatchRecord, LineInfo, Surroundings
from connector.roles.sweeper import Sweeper
from connector.wiring.feed import Feed, Role
from connector.wiring.inbound import Elected
from tests.simulation.content import PREPARING, preparations_of
from tests.simulation.following import EventsBack
from tests.simulation.groups import Fetched, Member
from tests.simulation.listing import MessageList
from tests.simulation.messages import NUMBERS
from tests.simulation.plan import LINES, PLACES
from tests.simulation.rooms import watch_lines
from tests.simulation.sendblue import RING
from tests.simulation.webhooks import hooks_of

if TYPE_CHECKING:
    from tests.simulation.process import Process

HASH_KEY = b"k" * 16
RECORD_BYTES = 300  # what a dispatch record weighs in its window
Read = Callable[[KafkaRecord], Awaitable[None]]
Give = Callable[[KafkaRecord, None], None]


@cache
def _lines(pool: tuple[str, ...]) -> Lines:
    """Shared by all worlds: it never changes, and its circle is dear."""
    return Lines({NUMBERS[line]: line for line in LINES}, pool)


def start_lines(process: "Process") -> None:
    """What is known of the lines."""

    def stir(lines: frozenset[str]) -> None:
        if process.sender is not None:
            process.sender.stir(lines)

    firsts = lambda: process.replica.views.firsts  # noqa: E731 - asked again and again
    process.facts = process.world.teeth.facts({NUMBERS[line]: line for line in LINES}, firsts, stir)
    process.facts.obey(process.obedience.moves, process.obedience.blocks)
    process.pool = Pool(_lines(process.setup.pool).circle, process.facts)
    process.pool.obey(process.obedience.orders.pauses)
    if process.world.plan.hourly:
        watch_lines(process)


def start_router(process: "Process") -> None:
    """Requests to dispatch."""
    edges = process.edges
    router = Router(
        process.replica,
        _lines(process.setup.pool),
        Ends(edges, edges.now_ms, process.observe, "router"),
        lambda _: True,
        edges.now_ms,
        process.observe,
        HASH_KEY,
        lambda partition, full: process.world.groups["requests"].pause(process, partition, full),
        preparing=PREPARING,
        pick=lambda contact: process.pool.line_of(contact, edges.mono(), edges.now_ms()),
    )

    def give(record: Fetched, _: None) -> None:
        entry = record.entry
        request, headers, value = process.world.upstream.asked(entry)
        source = Source(entry.key, value or b"%d/%d" % (entry.partition, entry.offset), tuple(headers), entry.ms)
        origin = Origin("requests", entry.partition, entry.offset)
        router.records([RequestRecord(origin, source, request, entry.ms)])

    process.router = router
    process.watches.append(router.watch)
    _join(process, "requests", router, give)


def start_delayers(process: "Process") -> None:
    """What was delayed, back to dispatch."""
    for delay in Delay:
        _start_delayer(process, delay, f"delay.{delay}")


def _start_delayer(process: "Process", delay: Delay, topic: str) -> None:
    delayer = Delayer(
        delay,
        process.edges,
        process.edges,
        process.observe,
        lambda partition, full: process.world.groups[topic].pause(process, partition, full),
    )

    def give(record: Fetched, _: None) -> None:
        entry = record.entry
        dispatch = cast("Dispatch", entry.value)
        place = f"{topic}/{entry.partition}/{entry.offset}".encode()
        lane = dispatch.line, place, dispatch.request.priority
        delayer.records([DelayRecord(entry.partition, entry.offset, entry.ms, *lane)])

    process.watches.append(delayer.watch)
    _join(process, topic, delayer, give)


def start_sender(process: "Process") -> None:
    """Dispatch to Sendblue."""
    edges, setup = process.edges, process.setup
    policy = process.world.teeth.policy(
        Policy(in_doubt=setup.in_doubt, park_after_s=setup.park_after_s, lease_s=setup.lease_s, preparing=PREPARING)
    )
    ends = process.world.teeth.ends(edges, edges.now_ms, process.observe, "sender")
    doubts = Doubts(
        process.replica,
        ListProofs(process.replica, MessageList(process), edges, edges.log_end),
        edges,
        lambda: senders_rate(len(process.sender.lanes), process.sender.places) if process.sender else 0.0,
        lambda names: process.sender.wake(names) if process.sender else None,
        process.observe,
    )
    process.watches += [doubts.watch, edges.account.watch]
    process.closers.append(doubts.close)
    around = Surroundings(
        *(
            process.replica,
            process.world.teeth.sendblue(edges),
            ends,
            edges.account,
            doubts,
            policy,
            edges,
            edges,
            process.observe,
            HASH_KEY,
        ),
        orders=process.obedience.orders,
        opted_out=process.ears.known,
        refused=process.ears.role.refused,
        budget=process.budget,
        preparations=preparations_of(process),
        facts=process.facts,
        pool=process.pool,
    )
    lines = [LineInfo(line, place.normal, setup.gap_s, setup.in_flight, place.reply) for line, place in PLACES.items()]
    sender = Sender(
        lines, around, work, lambda partition, full: process.world.groups["dispatch"].pause(process, partition, full)
    )

    def give(record: Fetched, _: None) -> None:
        entry = record.entry
        dispatch = cast("Dispatch", entry.value)
        time_ms = dispatch.source.timestamp_ms
        sender.records([DispatchRecord(entry.partition, entry.offset, time_ms, RECORD_BYTES, dispatch)])

    process.sender = sender
    process.watches.append(sender.watch)
    _join(process, "dispatch", sender, give)


def start_ingress(process: "Process") -> None:
    """Callbacks to events."""
    edges = process.edges
    process.ingress = process.world.teeth.ingress(
        *(lambda: RING, process.replica, edges, edges, loads, edges.now_ms, process.observe, (PublishFailed,)),
        opt_outs=process.ears.role.told,
    )
    process.hooks = hooks_of(process)


def start_reconciler(process: "Process") -> None:
    """Parked requests to their end; the contacts topic; what no callback told."""
    edges, statuses = process.edges, MessageList(process)
    ends = Ends(edges, edges.now_ms, process.observe, "reconciler")
    reconciler = Reconciler(process.replica, ends, edges, edges.mono, process.observe, edges.log_end)
    looks = ParkedLooks(
        process.replica,
        ListProofs(process.replica, statuses, edges, edges.log_end),
        reconciler.parked,
        edges.now_ms,
        process.observe,
    )
    told = process.ears.role.told
    sweeper = Sweeper(statuses, EventsBack(process), ends, looks, edges, process.observe, opted=told)

    def give(record: Fetched, _: None) -> None:
        key, value = record.entry.key or b"", record.entry.value
        if value is None:
            return reconciler.record(key, None)
        held, attempt = cast("tuple[Held, str]", value)
        request = held.dispatch.request
        whole = Held(held.dispatch, held.record_time_ms, contact_hash(request, HASH_KEY), body_hash(request, HASH_KEY))
        return reconciler.record(key, ParkedRecord(whole, attempt, record.entry.ms))

    process.reconciler = reconciler
    process.watches += [reconciler.watch, sweeper.watch]
    _join(process, "parked", Elected(reconciler, sweeper), give)


def _join(process: "Process", topic: str, role: Role, give: Callable[[Fetched, None], None]) -> None:
    async def read(_: Fetched) -> None:
        """Nearly always at once; now and then a schema has to be asked for."""
        if process.world.plan.chance(0.01) and not process.world.plan.crowd:
            process.world.saw("a slow registry")
            await asyncio.sleep(process.world.plan.span(0.1, 8))

    feed = Feed(role, cast("Read", read), cast("Give", give), lagging=topic != "parked")
    process.groups[topic] = feed
    process.watches.append(feed.watch)
    process.world.groups[topic].join(process, cast("Member", feed))


def start_digester(process: "Process") -> None:
    """The comparison of verdicts."""
    digester = Digester(process.replica, process.edges)
    process.watches += [digester.watch, process.replica.watch]
    process.closers.append(digester.close)


ROLES: tuple[Callable[["Process"], None], ...] = (
    start_lines,
    start_router,
    start_delayers,
    start_sender,
    start_ingress,
    start_reconciler,
    start_digester,
)
"""In the order in which they are started; seats for the ones to come."""
