"""Histories damaged by hand, to see that the oracle notices: each lands what no rule allows in a world as it is.

``DAMAGED`` names the rule that must be reported, by its number in docs/reliability.md, "Invariants".
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from random import Random

from connector.core.auditing import Kind
from connector.core.callbacks import parse
from connector.core.calls import Answer
from connector.core.events import MessageEvent, status_event, status_timeout_event
from connector.core.facts import AuditFound
from connector.core.messages import Dispatch, Origin, SendRequest, Source
from connector.core.opt_outs import Source as Heard
from connector.core.opt_outs import Word
from connector.core.orders import CancelRequest
from connector.core.records import Intent, Outcome, Result
from connector.core.statuses import Flags, Seen
from connector.core.tokens import Claim
from connector.core.window import MAX_RECORDS
from connector.roles.ends import DeadLetter
from connector.roles.surroundings import DispatchRecord
from tests.simulation.groups import BURST
from tests.simulation.messages import NUMBERS, Message, Moment, Text
from tests.simulation.plan import Plan
from tests.simulation.roles import RECORD_BYTES
from tests.simulation.upstream import HELLO, PEOPLE, Asked
from tests.simulation.world import World

HOUR_S = 3600.0
CONTACT, BODY = b"contact.", b"the body"
REQUEST = SendRequest("r1", number=PEOPLE[0], content=HELLO)
ORIGIN = Origin("requests", 0, 0)
STORY = (Moment(1.0, "QUEUED"), Moment(2.0, "SENT"))


def still() -> World:
    """One process, and nothing that breaks."""
    world = World(1, plan=Plan(1, Random(1), calm=True, roughness=0.0))
    world.spawn("P1")
    world.scheduler.run(1.0)
    return world


def intend(world: World, attempt: str = "a" * 16, request_id: str = "r1") -> None:
    """A granted attempt of somebody who is gone."""
    intent = Intent(attempt, request_id, "a", CONTACT, BODY, world.broker.now_ms, ORIGIN, 0, "somebody")
    world.broker.land("ledger", 0, intent)


def text_of(world: World, request_id: str = "r1") -> Text:
    dispatch = Dispatch(replace(REQUEST, request_id=request_id), ORIGIN, world.broker.now_ms, "a")
    return Text(world.processes[0], dispatch, "a" * 16, CONTACT, 0.0, 5.0)


def _message(world: World, by_hand: bool = False) -> Message:
    text = None if by_hand else text_of(world)
    message = world.sendblue.messages["h"] = Message("h", REQUEST, "a", 1.0, 1.0, "iMessage", STORY, text)
    if not by_hand:
        world.statuses.submitted["h"] = world.statuses.begun["h"] = 1.0
    return message


def _status(world: World, message: Message, moment: Moment, **changes: object) -> None:
    report = parse(message.body(moment))
    flags = Flags(False, Seen(moment.status))
    event = status_event(report, Claim("r1", "a" * 16, 0), flags, world.broker.now_ms)
    world.broker.land("events", 0, replace(event, **changes))  # type: ignore[arg-type]  # fields by name


def told_what_never_was() -> World:
    """A status that Sendblue never gave the message."""
    world = still()
    _status(world, _message(world), Moment(2.0, "DECLINED"))
    return world


def told_of_another_request() -> World:
    """A status under an attempt that is not the message's."""
    world = still()
    _status(world, _message(world), STORY[1], attempt="b" * 16)
    return world


def a_row_sent_by_hand_is_told() -> World:
    """A status of a message that nobody here sent."""
    world = still()
    _status(world, _message(world, by_hand=True), STORY[1])
    return world


def two_ids_of_one_status() -> World:
    """The callback's status and the sweep's cannot be known for the same."""
    world = still()
    message = _message(world)
    _status(world, message, STORY[1])
    _status(world, message, STORY[1], event_id="another")
    return world


def a_view_goes_back() -> World:
    """A later status is flagged, an earlier one is not: the query takes the earlier one."""
    world = still()
    message = _message(world)
    _status(world, message, STORY[1], out_of_order=True)
    _status(world, message, STORY[0])
    return world


def given_up_too_early() -> World:
    """STATUS_TIMEOUT after an hour."""
    world = still()
    _message(world)
    world.scheduler.run(HOUR_S)
    world.broker.land("events", 0, _timeout(world))
    return world


def given_up_though_it_ended() -> World:
    """STATUS_TIMEOUT of a message whose row says DELIVERED."""
    world = still()
    _message(world).story = (*STORY, Moment(5.0, "DELIVERED"))
    world.scheduler.sleep(25 * HOUR_S)
    world.broker.land("events", 0, _timeout(world))
    return world


def _timeout(world: World) -> MessageEvent:
    return status_timeout_event("h", Claim("r1", "a" * 16, 0), "a", world.broker.now_ms)


def never_given_up() -> World:
    """A message without an end, two days later."""
    world = still()
    _message(world)
    world.processes[0].kill("nobody sweeps")
    world.scheduler.sleep(48 * HOUR_S)
    world.statuses.finish()
    return world


def the_audit_takes_ours_for_foreign() -> World:
    """A finding of a message whose SUBMITTED everybody could read."""
    world = still()
    _message(world)
    world.scheduler.run(HOUR_S)
    world.statuses.told(world.processes[0], AuditFound(Kind.FOREIGN, "h"))
    return world


def the_audit_misses_what_is_listed() -> World:
    """A finding of a message that the list has shown all along."""
    world = still()
    _message(world)
    world.statuses.told(world.processes[0], AuditFound(Kind.MISSING, "h"))
    return world


def the_audit_overlooks_a_copy() -> World:
    """Somebody sent our text once more, and nothing was found."""
    world = still()
    _message(world)
    world.operators.echo()
    world.statuses.finish()
    return world


def in_doubt_for_ever() -> World:
    """An attempt that is open and that nobody holds."""
    world = still()
    intend(world)
    world.scheduler.run(HOUR_S)
    return world


def reads_on_though_full() -> World:
    """A window that holds more than it may, and than a burst in flight explains."""
    world = still()
    for n in range(MAX_RECORDS + BURST + 1):
        _queue(world, n)
    world.bounds.look()
    return world


def over_its_budget() -> World:
    """All windows together hold more than the process may."""
    world = still()
    world.plan.budget_bytes = 0
    for n in range(3 * BURST + 1):
        _queue(world, n, size=2 * RECORD_BYTES)
    world.bounds.look()
    return world


def _queue(world: World, n: int, size: int = 1) -> None:
    sender = world.processes[0].sender
    assert sender is not None
    dispatch = Dispatch(replace(REQUEST, request_id=f"q{n}"), Origin("requests", 0, n), world.broker.now_ms, "a")
    sender.records([DispatchRecord(0, n, world.broker.now_ms, size, dispatch)])


def writes_on_after_a_401() -> World:
    """A process that was refused proposes the next one, and writes it."""
    world = still()
    text = text_of(world)
    world.bounds.heard(text, Answer(status=401))
    world.oracle.proposals[text.attempt] = world.scheduler.now + 1
    world.bounds.checked(text)
    return world


def dead_lettered_for_a_401() -> World:
    """A refused key is held against the message."""
    world = still()
    world.broker.land("requests", 0, Asked(REQUEST), b"key")
    source = Source(b"key", b"0/0", (), world.broker.now_ms)
    world.broker.land("dlq", 0, DeadLetter(source, ORIGIN, "UNAUTHORIZED", "", "sender"))
    return world


def many_in_doubt() -> World:
    """A dozen attempts are written into silence."""
    world = still()
    world.sendblue.silent_until = world.scheduler.now + HOUR_S
    for n in range(12):
        intend(world, f"{n:016x}", f"r{n}")
        world.oracle.by_attempt[f"{n:016x}"] = text_of(world, f"r{n}")
    world.bounds.wrote()
    return world


def a_number_in_the_ledger() -> World:
    """A handle that is a phone number."""
    world = still()
    outcome = Outcome("a" * 16, "r1", "a", CONTACT, Result.REJECTED, f"no such {NUMBERS['a']}", "sender")
    world.broker.land("ledger", 0, outcome)
    return world


def a_text_in_the_control_topic() -> World:
    """An order that repeats what it cancels."""
    world = still()
    world.broker.land("control", 0, CancelRequest(HELLO, 0), b"cancel")
    return world


def proposed_without_looking() -> World:
    """A phantom: one proposes what its fold shows submitted. Whoever begins to read later takes that for the grant."""
    world = still()
    world.processes[0].kill("nobody answers")
    for hours, name in enumerate(("1", "", "2", "3", "4")):
        world.scheduler.sleep((0, 50, 10, 71, 40)[hours] * HOUR_S)
        intend(world, name.ljust(16, "0"), request_id="r1" if name else "r0")
        if name == "1":
            sent = Outcome("1".ljust(16, "0"), "r1", "a", CONTACT, Result.SUBMITTED, "h", "sender")
            world.broker.land("ledger", 0, sent)
    world.oracle.finish()
    return world


def proposed_for_who_is_out() -> World:
    """A process has read that the contact is out, and proposes all the same."""
    world = still()
    world.broker.land("optouts", 0, Word(1, True, Heard.INBOUND), CONTACT)
    world.scheduler.run(5.0)
    world.upstream.origins[str(ORIGIN)], process = REQUEST, world.processes[0]
    world.oracle.proposed(process, Intent("a" * 16, "r1", "a", CONTACT, BODY, 1, ORIGIN, 0, process.owner))
    return world


def words_that_crossed_for_good() -> World:
    """START landed before the STOP that it answers, and nobody puts it right."""
    world = still()
    world.processes[0].kill("nobody mends")
    for word in (Word(2, False, Heard.INBOUND), Word(1, True, Heard.INBOUND)):
        world.broker.land("optouts", 0, word, CONTACT)
    world.consents.finish()
    return world


DAMAGED: Mapping[str, tuple[Callable[[], World], ...]] = {
    "9 verdicts": (proposed_without_looking,),
    "12 event": (told_what_never_was, told_of_another_request, a_row_sent_by_hand_is_told),
    "13 event id": (two_ids_of_one_status,),
    "14 view": (a_view_goes_back,),
    "15 given up": (given_up_too_early, given_up_though_it_ended),
    "15 outstanding": (never_given_up,),
    "16 in doubt": (in_doubt_for_ever,),
    "18 window": (reads_on_though_full,),
    "18 budget": (over_its_budget,),
    "19 refused": (writes_on_after_a_401,),
    "19 letter": (dead_lettered_for_a_401,),
    "19 outage": (many_in_doubt,),
    "21 marks": (a_number_in_the_ledger, a_text_in_the_control_topic),
    "26 out": (proposed_for_who_is_out,),
    "26 compacted": (words_that_crossed_for_good,),
    "audit": (the_audit_takes_ours_for_foreign, the_audit_misses_what_is_listed, the_audit_overlooks_a_copy),
}
