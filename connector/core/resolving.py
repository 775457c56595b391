"""What a person may say of a parked attempt, judged against what the ledger says of its request.

Three words: it was *sent* (with the handle that proves it), it was *not sent*, or *drop* it. Only this look decides,
before anything is appended; the fold takes the word if the attempt is still parked when it lands, and what it then says
is what counts. "Not sent" is the dangerous one: the request is sent again, so if the person errs, somebody is texted
twice. It needs the risk accepted, unless the attempt is proved unsent (counter-examples 24 and 30).
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import assert_never

from connector.core.records import LedgerRecord, Outcome, Park, Resolution, Resolve, Result
from connector.core.standing import MAX_DETAIL_BYTES, Standing, Status

OPERATOR = re.compile(r"[A-Za-z][A-Za-z0-9._-]{0,31}")
"""A person's name as the ledger keeps it: nothing that could be a number, or a code of ours in capitals."""
_NUMBER = re.compile(r"\+?[0-9 ().-]{7,}")


class Word(StrEnum):
    """What a person says."""

    SENT = "sent"
    NOT_SENT = "not sent"
    DROP = "drop"


@dataclass(frozen=True, slots=True)
class May:
    """Nothing is in the way."""


@dataclass(frozen=True, slots=True)
class Contradicted:
    """The ledger says otherwise; ``sentence`` says what."""

    sentence: str


@dataclass(frozen=True, slots=True)
class Risky:
    """Only if the risk that ``sentence`` names is accepted."""

    sentence: str


Judgement = May | Contradicted | Risky
RISK = (
    "nobody can prove that this text did not go out; said to be not sent, it is sent again, and if it did go out the "
    "person is texted twice"
)


def judge(standing: Standing | None, attempt: str, word: Word) -> Judgement:
    """Whether this word may be said of this attempt, where its request stands so."""
    if standing is None:
        return Contradicted("the ledger does not know this request, or no longer: it forgets after 72 h")
    if standing.status is not Status.PARKED:
        return Contradicted(how_it_stands(standing))
    if standing.attempt != attempt:
        return Contradicted(f"the request is parked by another attempt, {standing.attempt}")
    if word is Word.NOT_SENT and not standing.proved_unsent:
        return Risky(RISK)
    return May()


def how_it_stands(standing: Standing) -> str:
    """One clause for a person."""
    match standing.status:
        case Status.FREE:
            return "its attempt is proved unsent and the request is on its way again"
        case Status.OPEN:
            return f"attempt {standing.attempt} is in flight or in doubt, not parked yet"
        case Status.PARKED:
            return f"attempt {standing.attempt} is parked"
        case Status.SUBMITTED:
            return f"already settled: SUBMITTED with handle {standing.detail}, by attempt {standing.attempt}"
        case Status.REJECTED:
            return f"already settled: REJECTED, {standing.detail}"
        case Status.CLOSED:
            return f"already settled: {standing.disposition}, {standing.detail}"
        case _:
            assert_never(standing.status)


def record_of(park: Park, word: Word, handle: str, operator: str) -> LedgerRecord:
    """The record that says it."""
    match word:
        case Word.SENT:
            return Outcome(
                park.attempt, park.request_id, park.line, park.contact, Result.SUBMITTED, handle, via="operator"
            )
        case Word.NOT_SENT:
            return _resolve(park, Resolution.NOT_SENT, operator)
        case Word.DROP:
            return _resolve(park, Resolution.DROP, operator)
        case _:
            assert_never(word)


def took(standing: Standing | None, attempt: str, word: Word) -> bool:
    """Whether the request stands as it must once this word has landed: the same word from somebody else counts."""
    if standing is None:
        return False
    match word:
        case Word.SENT:
            return standing.status is Status.SUBMITTED
        case Word.NOT_SENT:
            return standing.status is Status.FREE or standing.attempt != attempt
        case Word.DROP:
            return standing.status is Status.CLOSED and standing.attempt == attempt
        case _:
            assert_never(word)


def bad_handle(handle: str) -> str | None:
    """Why this is no message handle, in one sentence."""
    if not handle.strip() or len(handle.encode()) > MAX_DETAIL_BYTES or not handle.isprintable():
        return f"a message handle is 1 to {MAX_DETAIL_BYTES} printable characters"
    if _NUMBER.fullmatch(handle):
        return "this reads like a phone number; the message handle is what Sendblue calls it"
    return None


def _resolve(park: Park, resolution: Resolution, operator: str) -> Resolve:
    return Resolve(park.attempt, park.request_id, park.origin, park.line, park.contact, resolution, operator)
