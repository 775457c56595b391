"""What waits for a person, and what a person says of it, against a real Kafka; ``core.waiting`` and ``core.resolving``
decide.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from connector.commands.heeding import so_far
from connector.commands.ledger_reading import LedgerSaysOtherwise, RiskNotAccepted, entered_in_time, in_time, reading
from connector.core.nearest import nearest
from connector.core.records import Park
from connector.core.resolving import Contradicted, Risky, Word, how_it_stands, judge, record_of, took
from connector.core.story import Entry
from connector.core.waiting import Parking, Waiting, waiting
from connector.kafka.avro import Codec, Undecodable
from connector.kafka.registry import UnknownSchema
from connector.kafka.schemas import SchemaName
from connector.kafka.tail import read_table
from connector.kafka.wire_requests import request_of
from connector.roles.replica import Replica
from connector.settings import Settings
from connector.wiring.installation import clients_of, names_of, registry_of

Confirm = Callable[[str], bool]
"""Asks a person; blocks."""
Ask = Callable[[str], Awaitable[bool]]
"""Asks a person, who may think for as long as need be."""
UNREADABLE = "(unreadable)"
SAY_AGAIN = "what was said may have been recorded: say it again, and you are told if it was"


@dataclass
class Parkings:
    """Every PARK that was read, by attempt; the first one of an attempt counts, as it does for the fold."""

    by_attempt: dict[str, Parking] = field(default_factory=dict)

    def listen(self, entry: Entry) -> None:
        """Take the next record of the ledger."""
        if isinstance(entry.record, Park):
            self.by_attempt.setdefault(entry.record.attempt, Parking(entry.record, entry.append_ms))

    def find(self, wanted: str, replica: Replica) -> Park | None:
        """The PARK of an attempt, or the one that parks a request now, or the last one of a request."""
        if (found := self.by_attempt.get(wanted)) is not None:
            return found.park
        standing = replica.fold.standing(wanted)
        if standing is not None and standing.attempt in self.by_attempt:
            return self.by_attempt[standing.attempt].park
        return next((p.park for p in reversed(self.by_attempt.values()) if p.park.request_id == wanted), None)


@dataclass(frozen=True, slots=True)
class Said:
    """What is said of a request or attempt. ``handle``: of a text that was sent; ``operator``: who says it."""

    wanted: str
    word: Word
    handle: str = ""
    operator: str = "operator"
    accept_risk: bool = False


async def parked(settings: Settings) -> list[Waiting]:
    """What is parked, the longest first."""
    parkings = Parkings()
    async with in_time(), reading(settings, parkings.listen) as replica:
        kept = await _kept(settings)
        return waiting(replica.fold, parkings.by_attempt, kept)


async def resolve(settings: Settings, said: Said, confirm: Confirm | None) -> str:
    """Append what is said, and return how the request stands once it has been read back.

    ``confirm`` asks a person where there is one; None where there is none, or who has said yes already. Raises
    LedgerSaysOtherwise, RiskNotAccepted.
    """
    parkings = Parkings()
    with so_far(lambda: SAY_AGAIN):
        async with entered_in_time(reading(settings, parkings.listen)) as replica:
            return await say(replica, parkings, said, None if confirm is None else _in_a_thread(confirm))


def _in_a_thread(confirm: Confirm) -> Ask:
    return lambda sentence: asyncio.to_thread(confirm, sentence)


async def say(replica: Replica, parkings: Parkings, said: Said, ask: Ask | None) -> str:
    """The same, once the ledger is read. Only the append is bounded in time, from the answer on."""
    park = parkings.find(said.wanted, replica)
    if park is None:
        raise LedgerSaysOtherwise(_unknown(said.wanted, replica, parkings))
    await _may(replica, park, said, ask)
    async with in_time():
        await replica.record(record_of(park, said.word, said.handle, said.operator))
    standing = replica.fold.standing(park.request_id)
    told = how_it_stands(standing) if standing else "the ledger does not know the request any more"
    if not took(standing, park.attempt, said.word):
        raise LedgerSaysOtherwise(f"somebody was faster: {told}")
    return f"{park.request_id}: {told}"


async def _may(replica: Replica, park: Park, said: Said, ask: Ask | None) -> None:
    """Judge; ask a person if there is one; judge again, for the ledger goes on while a person thinks."""
    risk = _judged(replica, park, said)
    if risk and ask is None and not said.accept_risk:
        raise RiskNotAccepted(f"{risk}; say --accept-duplicate-risk if that is accepted")
    if ask is not None:
        danger = f"{risk}. " if risk and not said.accept_risk else ""
        asked = f"{danger}Say of {park.request_id} (attempt {park.attempt}): {said.word}?"
        if not await ask(asked):
            raise RiskNotAccepted("nothing was said")
        _judged(replica, park, said)


def _judged(replica: Replica, park: Park, said: Said) -> str | None:
    """The risk, if there is one. Raises LedgerSaysOtherwise."""
    judgement = judge(replica.fold.standing(park.request_id), park.attempt, said.word)
    if isinstance(judgement, Contradicted):
        raise LedgerSaysOtherwise(f"{park.request_id}: {judgement.sentence}")
    return judgement.sentence if isinstance(judgement, Risky) else None


def _unknown(wanted: str, replica: Replica, parkings: Parkings) -> str:
    standing = replica.fold.standing(wanted)
    if standing is None:
        near = nearest(wanted, [*parkings.by_attempt, *{p.park.request_id for p in parkings.by_attempt.values()}])
        return f"the ledger knows no request or parked attempt {wanted}; see `kafka-sendblue parked list`{near}"
    return f"{wanted}: {how_it_stands(standing)}"


async def _kept(settings: Settings) -> dict[str, str]:
    """Attempt -> request id of every record in the parked topic."""
    table = await asyncio.to_thread(read_table, clients_of(settings), names_of(settings).parked)
    codec, kept = Codec(registry_of(settings), {}), {}
    for record in table.values():
        request_id, attempt = UNREADABLE, (record.key or b"").decode(errors="replace").rpartition("/")[2]
        with contextlib.suppress(Undecodable, UnknownSchema, KeyError, TypeError, ValueError):
            inner = (await codec.read(SchemaName.PARKED, record.value))["dispatch"]
            dispatch = await codec.read(SchemaName.DISPATCH, inner)
            request_id = request_of(await codec.read(SchemaName.SEND_REQUEST, dispatch["value"])).request_id
        kept[attempt] = request_id
    return kept
