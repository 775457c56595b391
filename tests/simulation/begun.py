"""9: a fold that begins later gives the verdicts of one begun at the start, from 120 h after its beginning on."""

from collections.abc import Sequence

from connector.core.ledger import Fold, Step, Verdict
from connector.core.records import LedgerRecord
from tests.simulation.broker import Entry

AGREES_AFTER_MS = 120 * 3600 * 1000


def steps_from(log: Sequence[Entry], begin: int) -> list[Step]:
    """What a fold says that begins at this place of the log."""
    fold, steps = Fold(), []
    for entry in log[begin:]:
        record: LedgerRecord = entry.value  # type: ignore[assignment]  # the ledger holds these
        steps.append(fold.apply(entry.ms, record))
    return steps


def differences(log: Sequence[Entry], whole: Sequence[Step], begin: int) -> list[str]:
    """Where a fold that begins here says otherwise than ``whole``, which is all that the first one said."""
    found, newest_ms, agrees_ms = [], 0, log[begin].ms + AGREES_AFTER_MS
    for entry, step, ours in zip(log[begin:], steps_from(log, begin), whole[begin:], strict=True):
        newest_ms = max(newest_ms, entry.ms)
        if newest_ms >= agrees_ms and plain(step.verdict) != plain(ours.verdict):
            found.append(f"begun at {begin}, at {entry.offset}: {step.verdict} but {ours.verdict}")
    return found


def reaches(log: Sequence[Entry]) -> range:
    """Places to begin at which 120 h of the log follow."""
    newest_ms = max((entry.ms for entry in log), default=0)
    count = sum(entry.ms + AGREES_AFTER_MS <= newest_ms for entry in log)
    return range(0, count, max(count // 6, 1))


def plain(verdict: Verdict | None) -> str:
    """A verdict without what two replicas may remember differently."""
    standing = getattr(verdict, "standing", None)
    if standing is not None:
        return f"duplicate of {standing.status.name}"
    return type(verdict).__name__.lower() if verdict is not None else ""
