"""How each role is put together from the parts of one process."""

from collections.abc import Awaitable, Callable

from connector.core.delays import Delay
from connector.core.identities import body_hash, contact_hash
from connector.core.messages import SendRequest
from connector.kafka.log_end import LogEnd
from connector.kafka.since import SinceTail
from connector.roles.account import Account
from connector.roles.delayer import Delayer
from connector.roles.digester import Digester
from connector.roles.doubts import Doubts
from connector.roles.line_worker import work
from connector.roles.list_proofs import ListProofs
from connector.roles.parked_looks import ParkedLooks
from connector.roles.reconciler import Reconciler
from connector.roles.router import Router
from connector.roles.sender import Sender
from connector.roles.surroundings import Surroundings
from connector.roles.sweeper import Sweeper
from connector.sendblue.client import SendblueClient
from connector.system import possible
from connector.time_zones import TimeZones
from connector.wiring.door import door_of
from connector.wiring.inbound import EventsBack, delays_into, dispatch_into, parked_into, requests_into
from connector.wiring.ingress import ingress_app
from connector.wiring.installation import line_infos_of, policy_of, preparing_of
from connector.wiring.message_list import ListedMessages
from connector.wiring.message_statuses import ListedStatuses
from connector.wiring.outbound import Calls
from connector.wiring.parts import Parts
from connector.wiring.preparations import Asking


def start_digester(parts: Parts) -> None:
    """No role: every replica's verdicts are compared with those of the others."""
    digester = Digester(parts.replica, parts.system)
    parts.watches.append(digester.watch)
    parts.closers.append(digester.close)


async def start_router(parts: Parts) -> None:
    """Requests to dispatch, and back to it what was delayed."""
    parts.watch_lines()
    router = Router(
        parts.replica,
        parts.known.lines,
        parts.ends("router"),
        possible,
        parts.system.now_ms,
        parts.observe,
        parts.hash_key,
        lambda partition, full: parts.pause(parts.names.requests, partition, full),
        parts.tracing,
        preparing_of(parts.settings),
        parts.known.pick,
    )
    parts.router = router
    parts.watches.append(router.watch)
    parts.consume("router", parts.names.requests, requests_into(router, parts.reader))
    for delay in Delay:
        start_delayer(parts, delay)


def start_delayer(parts: Parts, delay: Delay) -> None:
    """A delay topic back to dispatch; part of the router's role."""
    topic, name = parts.names.delay(delay), f"delay.{delay}"
    delayer = Delayer(
        delay, parts.out, parts.system, parts.observe, lambda partition, full: parts.pause(topic, partition, full)
    )
    parts.watches.append(delayer.watch)
    parts.consume(name, topic, delays_into(delayer, parts.reader))


async def start_sender(parts: Parts) -> None:
    """Dispatch to Sendblue."""
    settings, system = parts.settings, parts.system
    client = parts.client()
    numbers = {line.alias: line.number for line in settings.lines}
    calls = Calls(client, numbers, parts.ring(), settings.callbacks.public_url, system.now_ms)
    account = parts.account = Account(calls.probe, system.mono, parts.stir, parts.observe)
    parts.closers.append(account.close)
    parts.watches.append(account.watch)
    proofs = _list_proofs(parts, client, numbers)
    doubts = Doubts(parts.replica, proofs, system, parts.looks_rate, parts.wake, parts.observe)
    parts.closers.append(doubts.close)
    parts.watches.append(doubts.watch)
    asking = Asking(settings, parts.client(), system, system.jitter, parts.wake, parts.looks_rate, parts.observe)
    parts.closers.append(asking.close)
    parts.watches += asking.watches
    around = Surroundings(
        parts.replica,
        calls,
        parts.ends("sender"),
        account,
        doubts,
        policy_of(settings),
        system,
        system,
        parts.observe,
        parts.hash_key,
        parts.orders,
        tracing=parts.tracing,
        call_s=settings.sendblue.deadline_s,
        preparations=asking.preparations,
        opted_out=parts.opt_outs.known,
        refused=parts.opt_outs.refused,
        facts=parts.known.facts,
        pool=parts.known.pool,
        local_time=TimeZones(settings.quiet_hours_zone, needed=settings.quiet_hours != "none"),
    )
    parts.watch_lines()
    lines = line_infos_of(settings, parts.partitions)
    topic = parts.names.dispatch
    parts.sender = Sender(lines, around, work, lambda p, full: parts.pause(topic, p, full), parts.partitions)
    parts.watches.append(parts.sender.watch)
    parts.consume("sender", topic, dispatch_into(parts.sender, parts.reader))


async def start_ingress(parts: Parts) -> None:
    """Callbacks to events; replies, and whatever else the account is told."""
    web, parts.certificate = door_of(parts.settings, ingress_app(parts))
    if parts.certificate is not None:
        parts.noted.append(parts.certificate.notes)
    await web.start()
    parts.callback_port = web.port
    parts.closers.append(web.stop)


async def start_reconciler(parts: Parts) -> None:
    """Parked requests to their end; the contacts topic; what no callback told."""

    def hashes(request: SendRequest) -> tuple[bytes, bytes]:
        return contact_hash(request, parts.hash_key), body_hash(request, parts.hash_key)

    ends, log_end = parts.ends("reconciler"), LogEnd(parts.clients, parts.names.ledger)
    reconciler = Reconciler(parts.replica, ends, parts.out, parts.system.mono, parts.observe, log_end)
    sweeper = parts.sweeper = _sweeper(parts, reconciler)
    parts.reconciler = reconciler
    parts.watches += [reconciler.watch, sweeper.watch]
    feed = parked_into(reconciler, parts.reader, hashes, sweeper)
    parts.consume("reconciler", parts.names.parked, feed, ends=False, whole=True)


def _sweeper(parts: Parts, reconciler: Reconciler) -> Sweeper:
    settings, system = parts.settings, parts.system
    client = parts.client()
    numbers = {line.alias: line.number for line in settings.lines}
    proofs = _list_proofs(parts, client, numbers)
    return Sweeper(
        ListedStatuses(client, numbers.values(), system.now_ms),
        EventsBack(lambda: SinceTail(parts.clients, parts.names.events), parts.reader),
        parts.ends("reconciler"),
        ParkedLooks(parts.replica, proofs, reconciler.parked, system.now_ms, parts.observe),
        system,
        parts.observe,
        opted=parts.opt_outs.told,
    )


def _list_proofs(parts: Parts, client: SendblueClient, numbers: dict[str, str]) -> ListProofs:
    """Looks at Sendblue's message list, judged on a ledger that is read up to its end."""
    messages = ListedMessages(client, numbers, parts.system.now_ms)
    return ListProofs(parts.replica, messages, parts.system, LogEnd(parts.clients, parts.names.ledger))


ROLES: dict[str, Callable[[Parts], Awaitable[None]]] = {
    "router": start_router,
    "sender": start_sender,
    "ingress": start_ingress,
    "reconciler": start_reconciler,
}
