"""Times as people read them: ISO 8601 in UTC.

Producers, Sendblue and people say times that no calendar has: microseconds for milliseconds, the last second of 9999
west of Greenwich. Such a time is shown as the number that it is; whatever shows it goes on.
"""

from datetime import UTC, datetime


def moment(time_ms: int, timespec: str = "seconds") -> str:
    """A time in milliseconds since the epoch; ``timespec`` as of ``datetime.isoformat``."""
    try:
        return datetime.fromtimestamp(time_ms / 1000, UTC).isoformat(timespec=timespec)
    except (ValueError, OverflowError, OSError):
        return f"{time_ms} ms"
