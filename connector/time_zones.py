"""Where a number's owner may be, by the numbering plan, and the clock there, by the machine's time zone database.

A zone is handed on as a value for the days around a moment, found by asking the database hour by hour. Both answers are
kept: a number's zones as long as others do not push them out, a zone's offsets for a day.

The numbering plan calls some zones by names that the database gave up long ago, Asia/Calcutta for one. Systems may keep
those in a package of their own, which an image lacks (Debian since 13): so such zones are asked for by today's names.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone

from connector.core import quiet
from connector.core.quiet import Zone

HOUR_MS, DAY_MS = 3_600_000, 24 * 3_600_000
BEHIND_DAYS, AHEAD_DAYS = 1, 5  # more than two days of looking for a minute that is allowed
KNOWN_NUMBERS = 20_000  # about 4 MB
RENAMED: Mapping[str, str] = {
    "Africa/Asmera": "Africa/Asmara",
    "America/Buenos_Aires": "America/Argentina/Buenos_Aires",
    "America/Godthab": "America/Nuuk",
    "Asia/Calcutta": "Asia/Kolkata",
    "Asia/Choibalsan": "Asia/Ulaanbaatar",
    "Asia/Katmandu": "Asia/Kathmandu",
    "Asia/Rangoon": "Asia/Yangon",
    "Atlantic/Faeroe": "Atlantic/Faroe",
    "Pacific/Enderbury": "Pacific/Kanton",
    "Pacific/Ponape": "Pacific/Pohnpei",
    "Pacific/Truk": "Pacific/Chuuk",
}
"""Former names in the numbering plan, and today's."""


def known_zone(name: str) -> str:
    """The name as it is. Raises ValueError when there is no such time zone on this machine."""
    if _found(name, 0) is None:
        raise ValueError(f"there is no time zone {name!r} here; name one of the IANA database, as America/New_York")
    return name


class TimeZones:
    """``elsewhere``: the name of the zone for whoever may be anywhere. ``needed``: they are asked for every request.

    Raises ValueError when there is no such zone, or, where they are needed, no database.
    """

    def __init__(self, elsewhere: str = "UTC", *, needed: bool = False) -> None:
        self._elsewhere = known_zone(elsewhere)
        if needed:
            known_zone("America/New_York")

    def zones(self, number: str, now_ms: int) -> tuple[Zone, ...]:
        """The zones of a number, those alike once; a zone that the database does not have is left out."""
        found = (_found(name, now_ms // DAY_MS) for name in _names(number))
        return tuple(dict.fromkeys(zone for zone in found if zone is not None))

    def otherwise(self, now_ms: int) -> Zone:
        """The zone for whoever may be anywhere."""
        return _found(self._elsewhere, now_ms // DAY_MS) or quiet.UTC


@lru_cache(KNOWN_NUMBERS)
def _names(number: str) -> tuple[str, ...]:
    """By the number's first digits alone, so that fictional numbers have a place too."""
    try:
        return tuple(timezone.time_zones_for_geographical_number(phonenumbers.parse(number)))
    except phonenumbers.NumberParseException:
        return ()


@lru_cache(2_000)
def _found(name: str, day: int) -> Zone | None:
    if name == "UTC":
        return quiet.UTC
    if (zone := _asked(RENAMED.get(name, name)) or _asked(name)) is None:
        return None
    begin, end = (day - BEHIND_DAYS) * DAY_MS, (day + AHEAD_DAYS) * DAY_MS
    changes = [(begin, _offset_ms(zone, begin))]
    for at in range(begin + HOUR_MS, end + HOUR_MS, HOUR_MS):
        if _offset_ms(zone, at) != changes[-1][1]:
            changes.append(_change(zone, at - HOUR_MS, at))
    return Zone(tuple(changes))


def _asked(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def _change(zone: ZoneInfo, before: int, after: int) -> tuple[int, int]:
    """The minute of the change between two moments, and the offset from then on."""
    offset = _offset_ms(zone, after)
    while after - before > quiet.MINUTE_MS:
        middle = (before + after) // (2 * quiet.MINUTE_MS) * quiet.MINUTE_MS
        before, after = (before, middle) if _offset_ms(zone, middle) == offset else (middle, after)
    return after, offset


def _offset_ms(zone: ZoneInfo, at_ms: int) -> int:
    offset = datetime.fromtimestamp(at_ms / 1000, UTC).astimezone(zone).utcoffset()
    return 0 if offset is None else round(offset.total_seconds() * 1000)
