"""Lines of contacts from a snapshot and the rest of the log: the same as from the whole log."""

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from connector.core.records import Intent, LedgerRecord, Outcome, Park, Resolution, Resolve, Result
from tests.core.ledger_story import (
    Reader,
    Story,
    contact_id,
    intent,
    outcome,
    park,
    rebind,
    resolve,
    submitted,
)

CONTACTS = tuple(map(contact_id, "cd"))


def unsigned(record: Outcome) -> Outcome:
    """The proof an ingress appends that does not know the attempt (any more): without line and contact."""
    return record._replace(line="", contact=b"")


@st.composite
def logs(draw: st.DrawFn) -> list[LedgerRecord]:
    """A few requests of two contacts on two lines, each granted once, and what is said of them in any order."""
    log: list[LedgerRecord] = []
    intents: list[Intent] = []
    for n in range(draw(st.integers(2, 5))):
        line, contact = draw(st.sampled_from("AB")), draw(st.sampled_from("ccd"))
        intents.append(intent(f"a{n}", f"r{n}", f"o{n}", line=line, contact=contact))
    waiting = list(intents)
    for _ in range(draw(st.integers(4, 14))):
        if waiting and (len(waiting) == len(intents) or draw(st.booleans())):
            log.append(waiting.pop(0))
        else:
            log.append(_said_of(draw, intents[: len(intents) - len(waiting)]))
    return log


def _said_of(draw: st.DrawFn, known: list[Intent]) -> LedgerRecord:
    of = draw(st.sampled_from(known))
    kinds = ("park", "park", "submitted", "unsigned", "unsent", "rejected", "resolve", "drop", "rebind")
    match draw(st.sampled_from(kinds)):
        case "park":
            return park(of)
        case "submitted":
            return submitted(of)
        case "unsigned":
            return unsigned(submitted(of))
        case "unsent":
            return outcome(of, Result.UNSENT, draw(st.sampled_from(("LATE", "HTTP_429"))))
        case "rejected":
            return outcome(of, Result.REJECTED)
        case "resolve":
            return resolve(of, Resolution.NOT_SENT)
        case "drop":
            return resolve(of, Resolution.DROP)
    return rebind(draw(st.sampled_from("cd")), draw(st.sampled_from("AB")))


def read(reader: Reader, log: list[LedgerRecord], begin: int, end: int) -> Reader:
    """Bring the reader from one offset to before another."""
    for offset in range(begin, end):
        reader.read(offset, 1_000 * offset, log[offset])
    return reader


def from_snapshot(log: list[LedgerRecord], upto: int, begin: int) -> Reader:
    """A replica that loads the contacts topic as it stood after ``upto`` records and reads the log from ``begin``."""
    writer, reader = read(Reader(), log, 0, upto), Reader("Q")
    for contact in writer.views.moved_contacts():
        line = writer.views.line_of(contact)

        assert line is not None
        reader.views.load_binding(contact, line, writer.views.bound_by_park(contact))
    return read(reader, log, begin, len(log))


def out_of_reach(log: list[LedgerRecord], upto: int, begin: int) -> bool:
    """Two cases that are left out, since in both the proof of either line takes the contact there in all replicas.

    A record behind the snapshot settles an attempt from before the log, which begins 120 h before its reader: the
    contacts topic would be two days behind. A PARK lands after the end of its attempt, whose INTENT is before the log.
    """
    earlier = {r.attempt for r in log[:begin] if isinstance(r, Intent)}
    behind = any(isinstance(r, Park | Outcome) and r.attempt in earlier for r in log[upto:])
    return behind or any(isinstance(r, Park) and r.attempt in earlier & ended(log[:n]) for n, r in enumerate(log))


def ended(log: list[LedgerRecord]) -> set[str]:
    """The attempts whose end the log tells."""
    return {r.attempt for r in log if isinstance(r, Outcome | Resolve)}


@given(logs(), st.integers(0, 14), st.integers(0, 14))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_snapshot_and_the_rest_give_the_lines_of_the_whole_log(log: list[LedgerRecord], k: int, back: int) -> None:
    """Whatever lies before the snapshot may be read once more on top of it."""
    upto = min(k, len(log))
    begin = max(upto - back, 0)
    assume(not out_of_reach(log, upto, begin))
    whole, cut = read(Reader(), log, 0, len(log)), from_snapshot(log, upto, begin)

    assert [cut.views.line_of(c) for c in CONTACTS] == [whole.views.line_of(c) for c in CONTACTS]
    assert [cut.views.bound_by_park(c) for c in CONTACTS] == [whole.views.bound_by_park(c) for c in CONTACTS]


def test_a_park_from_before_the_log_does_not_move_what_the_snapshot_says() -> None:
    """The earlier grant a1 bound the contact to A; a log that begins behind both grants must not say B."""
    a1, b2 = intent("a1"), intent("b2", "r2", "o2", line="B")
    log: list[LedgerRecord] = [a1, b2, park(b2), park(a1)]
    story = Story()
    story.at(1, *log)
    cut = from_snapshot(log, 4, 2)

    assert story.reader.views.line_of(contact_id("c")) == "A"
    assert cut.views.line_of(contact_id("c")) == "A"
