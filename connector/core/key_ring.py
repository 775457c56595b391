"""Which key of the callback URLs signs, since when, and when one may go: what a rotation rests on.

Many processes read the same keys, none knows when another one has read them, and an address that was signed is out in
the world for days. So a rotation has three steps, each with a wait before the next: a new key is accepted, it signs,
the former one goes. Who signs is told by a history, one line a change: ``<key id> <time since>``, the last one signs.

What the history does not know is judged as the worse case: a key without a line may have signed until the first one.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from connector.core.messages import MAX_AGE_MS

HOUR_MS = 3_600_000
GONE_MS = MAX_AGE_MS + HOUR_MS
"""So long after it last signed, a key's tokens prove nothing any more (``tokens.is_stale``): 73 h."""
SETTLE_MS = 120_000
"""How old a key is before it signs. Processes look once a second; a mounted Secret takes up to two minutes."""


class Signs(NamedTuple):
    """From then on (ms since the epoch) this key signed."""

    key_id: str
    since_ms: int


History = tuple[Signs, ...]
"""In the order of time; the last one signs."""


def read_history(text: str) -> History:
    """The history as it stands in its file. Raises ValueError, without the text, for anything else."""
    try:
        return tuple(_read(*line.split()) for line in text.splitlines() if line.strip())
    except (ValueError, TypeError):
        raise ValueError("each line must be a key id and a time, as in: k1 2026-03-01T12:00:00+00:00") from None


def write_history(history: Iterable[Signs]) -> str:
    """The text of a history."""
    return "".join(f"{key_id} {_moment(since_ms)}\n" for key_id, since_ms in history)


def signed_until(history: History, key_id: str, now_ms: int) -> int:
    """When this key signed last, in ms since the epoch; ``now_ms`` when it signs still, or nothing is known."""
    ends = [*(one.since_ms for one in history[1:]), now_ms]
    own = [end for one, end in zip(history, ends, strict=False) if one.key_id == key_id]
    return own[-1] if own else (history[0].since_ms if history else now_ms)


def signs_from(history: History, key_id: str, now_ms: int) -> History:
    """The history in which this key signs from now on."""
    return history if history and history[-1].key_id == key_id else (*history, Signs(key_id, now_ms))


def without(history: History, key_id: str) -> History:
    """The history without a key that is gone."""
    return tuple(one for one in history if one.key_id != key_id)


def new_id(now_ms: int, known: Sequence[str]) -> str:
    """An id that is not known yet, by its day: ``k-2026-03-01``, and with a number from the second one on."""
    day = f"k-{_moment(now_ms)[:10]}"
    names = [day, *(f"{day}-{n}" for n in range(2, 1_000))]
    return next(name for name in names if name not in known)


def _read(key_id: str, time: str) -> Signs:
    moment = datetime.fromisoformat(time)
    return Signs(key_id, int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()) * 1000)


def _moment(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms // 1000, UTC).isoformat()
