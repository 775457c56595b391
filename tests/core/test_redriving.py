"""Which dead letters go round again, and what a redriven record carries."""

from dataclasses import replace

import pytest

from connector.core.messages import MAX_AGE_MS, Disposition, SendRequest
from connector.core.redriving import (
    FIRST_ORIGIN,
    FIRST_TIME,
    IN_THE_FUTURE,
    INVALID,
    MAX_REDRIVES,
    NUMBER,
    TOO_MANY,
    Letter,
    Redriven,
    Terms,
    Why,
    choose,
    headers_of,
    partition_of,
    redriven,
)
from connector.core.refusals import REFUSALS
from connector.core.standing import Standing, Status

NOW, HOUR_MS = 1_700_000_000_000, 3600 * 1000
ORIGIN = "sendblue.requests/3/17"
REQUEST = SendRequest("r", number="+12025550123", content="hello")
LETTER = Letter("4002", "sender", ORIGIN, NOW - HOUR_MS, REQUEST)
TERMS = Terms(NOW, codes=("4002",))
REJECTED = Standing(Status.REJECTED, NOW, "a1", detail="4002", disposition=Disposition.REJECTED)
DROPPED = Standing(Status.CLOSED, NOW, "a1", detail="expired", disposition=Disposition.DROPPED)
EXPIRED = Standing(Status.CLOSED, NOW, detail="OUT_OF_TIME", disposition=Disposition.EXPIRED)
FIRST = Redriven(1, ORIGIN, NOW - HOUR_MS)
RISK, RENEW = replace(TERMS, accept_risk=True), replace(TERMS, renew=True)
OLD = replace(LETTER, time_ms=NOW - MAX_AGE_MS)


@pytest.mark.parametrize(
    ("letter", "standing", "terms", "choice"),
    [
        (LETTER, REJECTED, TERMS, FIRST),
        (LETTER, EXPIRED, TERMS, FIRST),
        (LETTER, None, TERMS, FIRST),
        # not asked for
        (LETTER, REJECTED, replace(TERMS, codes=("4000",)), Why.NOT_ASKED),
        (LETTER, REJECTED, replace(TERMS, since_ms=NOW), Why.NOT_ASKED),
        (LETTER, REJECTED, replace(TERMS, until_ms=NOW - HOUR_MS), Why.NOT_ASKED),
        (LETTER, REJECTED, replace(TERMS, until_ms=NOW, since_ms=NOW - HOUR_MS), FIRST),
        # never
        (replace(LETTER, stage="ingress"), None, RISK, Why.CALLBACK),
        (replace(LETTER, empty=True), None, RISK, Why.NO_BYTES),
        (LETTER, Standing(Status.SUBMITTED, NOW, "a1", detail="h"), RISK, Why.SUBMITTED),
        (LETTER, Standing(Status.FREE, NOW, "a1"), RISK, Why.ON_ITS_WAY),
        (LETTER, REJECTED._replace(redrive=1), RISK, Why.REDRIVEN),
        (replace(LETTER, number=MAX_REDRIVES), REJECTED, RISK, Why.TOO_OFTEN),
        # perhaps sent
        (LETTER, Standing(Status.OPEN, NOW, "a1"), TERMS, Why.MAY_HAVE_GONE_OUT),
        (LETTER, Standing(Status.PARKED, NOW, "a1"), TERMS, Why.MAY_HAVE_GONE_OUT),
        (LETTER, DROPPED, TERMS, Why.MAY_HAVE_GONE_OUT),
        (LETTER, Standing(Status.OPEN, NOW, "a1"), RISK, FIRST),
        (LETTER, Standing(Status.PARKED, NOW, "a1"), RISK, FIRST),
        (LETTER, DROPPED, RISK, FIRST),
        # where the ledger cannot tell
        (OLD, None, RENEW, Why.FORGOTTEN),
        (OLD, None, replace(RENEW, accept_risk=True), Redriven(1, ORIGIN, NOW)),
        (OLD, EXPIRED, RENEW, Redriven(1, ORIGIN, NOW)),
        (LETTER, None, replace(TERMS, park_before_ms=NOW), Why.FORGOTTEN),
        (LETTER, None, replace(RISK, park_before_ms=NOW), FIRST),
        # its time is over
        (replace(LETTER, time_ms=NOW - 25 * HOUR_MS), REJECTED, TERMS, Why.OUT_OF_TIME),
        (replace(LETTER, time_ms=NOW - 25 * HOUR_MS), REJECTED, RENEW, Redriven(1, ORIGIN, NOW)),
        (replace(LETTER, request=replace(REQUEST, expires_at_ms=NOW)), REJECTED, RENEW, Why.OUT_OF_TIME),
        (replace(LETTER, request=None, time_ms=NOW - MAX_AGE_MS - 1), None, RISK, Why.OUT_OF_TIME),
        # a second round
        (
            replace(LETTER, number=2, first_origin="t/0/1", first_time_ms=NOW - 2 * HOUR_MS),
            REJECTED._replace(redrive=2),
            TERMS,
            Redriven(3, "t/0/1", NOW - 2 * HOUR_MS),
        ),
        (
            replace(LETTER, request=replace(REQUEST, created_at_ms=NOW - 3 * HOUR_MS)),
            REJECTED,
            TERMS,
            Redriven(1, ORIGIN, NOW - 3 * HOUR_MS),
        ),
        (replace(LETTER, code="UNDECODABLE", request=None), None, replace(TERMS, codes=()), FIRST),
    ],
)
def test_which_letters_go(letter: Letter, standing: Standing | None, terms: Terms, choice: Redriven | Why) -> None:
    """Row by row: never what went out, at an accepted risk what may have, and with the age it had."""
    assert choice == choose(letter, standing, terms)


def test_32_a_redrive_is_admitted_and_a_replay_is_not() -> None:
    """The number in the header is higher than the one the ledger keeps; a replay of the first record has none."""
    choice = choose(LETTER, REJECTED, TERMS)
    assert isinstance(choice, Redriven)

    assert REJECTED.admits(choice.number)
    assert not REJECTED.admits(0)


def test_headers_there_and_back() -> None:
    """The producer's own stay, all of ours are replaced."""
    theirs = [("traceparent", b"00-x"), ("sendblue.error.code", b"4002"), ("__connect.errors.stage", b"sender")]
    written = headers_of([*theirs, (NUMBER, b"1"), (FIRST_ORIGIN, b"x"), (FIRST_TIME, b"1")], FIRST)

    assert written[0] == ("traceparent", b"00-x")
    assert len(written) == 4
    assert redriven(written, NOW) == FIRST


def headers(number: bytes = b"1", origin: bytes = ORIGIN.encode(), time: bytes = b"1000") -> list[tuple[str, bytes]]:
    """Headers of a redriven record."""
    return [(NUMBER, number), (FIRST_ORIGIN, origin), (FIRST_TIME, time)]


@pytest.mark.parametrize(
    ("given", "read"),
    [
        ([], None),
        ([("other", b"x"), (FIRST_TIME, b"rubbish")], None),
        (headers(), Redriven(1, ORIGIN, 1000)),
        (headers(number=b"5"), Redriven(5, ORIGIN, 1000)),
        (headers(number=b"6"), TOO_MANY),
        (headers(number=b"0"), INVALID),
        (headers(number=b"-1"), INVALID),
        (headers(number=b"one"), INVALID),
        (headers(number=b""), INVALID),
        (headers(number=b"9" * 5000), INVALID),
        (headers(time=b""), INVALID),
        (headers(time=b"0"), INVALID),
        (headers(time=b"1e3"), INVALID),
        (headers(time=str(NOW + 6 * 60_000).encode()), IN_THE_FUTURE),
        (headers(origin=b"topic"), INVALID),
        (headers(origin=b"/1/2"), INVALID),
        (headers(origin=b"t/1/x"), INVALID),
        (headers(origin=b"\xff"), INVALID),
        (headers()[:2], INVALID),
        ([*headers(), (NUMBER, b"2")], INVALID),
    ],
)
def test_headers_of_anybody(given: list[tuple[str, bytes]], read: Redriven | str | None) -> None:
    """They come from outside: what is not exactly right refuses the record by a code that has a sentence."""
    assert read == redriven(given, NOW)
    assert not isinstance(read, str) or read in REFUSALS


@pytest.mark.parametrize(
    ("origin", "partition"), [(ORIGIN, 3), ("other/3/17", -1), ("sendblue.requests/x/17", -1), ("", -1)]
)
def test_back_to_its_partition(origin: str, partition: int) -> None:
    """Whatever rule chose it; an origin that is none of this topic's leaves it to the producer."""
    assert partition == partition_of(origin, "sendblue.requests")
