"""Paths that are rarely taken, counted: a run in which one is never reached has proved nothing about it."""

from typing import TYPE_CHECKING

from connector.core.facts import BreakerTurned, DoubtLooked, Fact, FuseBlown
from connector.core.ledger import GRANTED, Duplicate, Step
from connector.core.messages import Disposition
from connector.core.records import Close, Intent, LedgerRecord, Outcome, Park, Rebind, Resolution, Resolve, Result
from connector.core.standing import Status

if TYPE_CHECKING:
    from tests.simulation.world import World

MUST = (
    "a lost race",
    "a duplicate by another origin",
    "a zombie's intent",
    "a zombie's grant",
    "late",
    "busy",
    "wrong line",
    "a late grant given back",
    "proof by callback of an attempt in doubt",
    "proof by the list",
    "a slow registry",
    "a look: absent",
    "a breaker opened",
    "SUBMITTED of a parked attempt",
    "UNSENT of a parked attempt",
    "SUBMITTED after a drop",
    "PARK",
    "a drop by policy",
    "a drop after 71 h",
    "resolved as not sent",
    "a redrive granted",
    "CLOSE as expired",
    "CLOSE for a line conflict",
    "a rebind",
    "a hop to the bound line",
    "a hop through delay.1m",
    "a restart with a truncated log",
    "unknown rules",
    "the next rules",
    "offsets reset",
    "an event again",
    "a write after the lease",
    "not written",
    "a request lost",
    "an answer lost",
    "5xx after",
    "429",
    "window",
    "401",
    "a late arrival",
    "an arrival after the kill",
    "a callback lost",
    "a callback refused",
    "REJECTED by Sendblue",
    "an id used again",
    "killed after Intent",
    "killed before the write",
    "killed after the write",
    "killed at the answer",
    "killed before an event",
    "frozen at the write",
    "an ack lost",
    "an append that landed late",
    "a text to a group",
    "a group parked",
    "CLOSE for CANCELLED",
    "CLOSE for CANCELLED_BY_TAG",
    "CLOSE for OPTED_OUT",
    "opted out",
    "refused as opted out",
    "a word put right",
    "a pause",
    "a resume",
    "paused",
    "a fuse: contact_rate",
    "said to be sent",
    "a risk accepted",
    "a redrive",
    "not redriven: REDRIVEN",
    "not redriven: SUBMITTED",
    "absent",
    "an absent text sent again",
    "a look: ambiguous",
    "proof by the list of a parked attempt",
    "a status by the sweep",
    "a status without its request",
    "STATUS_TIMEOUT",
    "the audit found a foreign",
    "the audit found a duplicate",
    "a forged callback",
    "a write into silence",
    "a full window",
    "a tight budget",
    "a fold begun later",
    "CLOSE for NOT_IMESSAGE",
    "a text with an uploaded file",
    "a question without an answer",
    "a line moved",
    "a line retired",
    "a move taken back",
    "a move broken off",
    "a move waits for a text in flight",
    "a contact moved",
    "a contact that may not go any more",
    "a parked contact stays",
    "a parked contact moved",
    "a named line followed",
    "a new contact on another line",
    "a new contact refused",
    "a line is offline",
    "a line is blocked",
    "a line is degraded",
    "a line's block told",
    "a webhook refused",
    "a webhook's event again",
    "a forged webhook",
)
"""What a run must have seen at least once over all its seeds."""


_CLOSED = {"LINE_CONFLICT": "CLOSE for a line conflict", "LINE_NOT_OURS": "CLOSE for a line that is not ours"}


def ledger_rarities(world: "World", record: LedgerRecord, step: Step) -> None:
    """Count what a record of the ledger shows to have happened."""
    saw = world.saw
    match record:
        case Intent():
            _intent(world, record, step)
        case Outcome():
            _outcome(world, record, step)
        case Park():
            saw("PARK")
            request = world.upstream.origins[str(record.origin)]
            if request is not None and request.is_group:
                saw("a group parked")
        case Resolve(resolution=Resolution.NOT_SENT):
            saw("resolved as not sent")
        case Resolve():
            saw("a drop after 71 h" if record.operator == "expired" else f"a drop by {record.operator}")
        case Close():
            expired = record.disposition is Disposition.EXPIRED
            saw(
                "CLOSE as expired"
                if expired
                else f"CLOSE for {record.code}".replace("LINE_CONFLICT", "a line conflict")
            )
        case Rebind():
            saw("a rebind")


def fact_rarities(world: "World", fact: Fact) -> None:
    """Count the facts that tell of rare paths."""
    match fact:
        case BreakerTurned(to="opened"):
            world.saw("a breaker opened")
        case FuseBlown(fuse):
            world.saw(f"a fuse: {fuse}")
        case DoubtLooked(found):
            world.saw(f"a look: {found}")


def _outcome(world: "World", outcome: Outcome, step: Step) -> None:
    was = step.was.status if step.was is not None and step.was is not step.now else None
    match outcome.result:
        case Result.SUBMITTED:
            if was is Status.PARKED:
                world.saw("SUBMITTED of a parked attempt")
            if was is Status.OPEN and outcome.via == "callback":
                world.saw("proof by callback of an attempt in doubt")
            if outcome.via == "list":
                world.saw("proof by the list" if was is Status.OPEN else "proof by the list of a parked attempt")
            if outcome.via == "operator":
                world.saw("said to be sent")
        case Result.UNSENT:
            if outcome.via == "abandoned":
                world.saw("a late grant given back")
            if step.now is not None and step.now.proved_unsent:
                world.saw("UNSENT of a parked attempt")
            world.saw(outcome.detail.lower().replace("_", " "))
        case Result.REJECTED:
            world.saw("REJECTED by Sendblue")


def _intent(world: "World", intent: Intent, step: Step) -> None:
    if isinstance(step.verdict, Duplicate):
        open_now = step.verdict.standing.status is Status.OPEN
        world.saw("a lost race" if open_now else f"duplicate of {step.verdict.standing.status.name}")
    if step.verdict is GRANTED and intent.redrive:
        world.saw("a redrive granted")
    if step.verdict is GRANTED and any(intent.request_id == r for r in world.oracle.absent.values()):
        world.saw("an absent text sent again")
    if not world.owns(intent.owner, intent.line):
        world.saw("a zombie's intent")
        if step.verdict is GRANTED:
            world.saw("a zombie's grant")
