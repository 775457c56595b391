"""Where a number's owner may be, and the clock there, by the databases of this machine."""

import subprocess
import sys
import zoneinfo
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from connector.core import quiet
from connector.core.messages import SendRequest
from connector.core.quiet import Hours, Zone, allowed_ms
from connector.roles.local_time import UtcOnly, quiet_until
from connector.settings import Settings
from connector.time_zones import TimeZones, known_zone

HOUR_MS = 3_600_000
NIGHT = Hours(21 * 60, 8 * 60)
PEOPLE = TimeZones()


def ms(text: str) -> int:
    """Milliseconds of a moment in UTC."""
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


def offsets(zone: Zone) -> list[int]:
    """In minutes, one after the other."""
    return [offset // 60_000 for _, offset in zone.changes]


@pytest.mark.parametrize(
    ("number", "now", "expected"),
    [
        ("+12025550123", "2026-01-15 12:00", [[-300]]),
        ("+12025550123", "2026-03-07 12:00", [[-300, -240]]),
        ("+13035550123", "2026-10-31 12:00", [[-360, -420]]),
        ("+447700900123", "2026-06-15 12:00", [[60]]),  # three zones with one clock
        ("+18085550123", "2026-06-15 12:00", [[-600]]),
        ("+999123456789", "2026-06-15 12:00", []),
    ],
)
def test_the_zones_of_a_number(number: str, now: str, expected: list[list[int]]) -> None:
    """By its first digits, fictional numbers too; alike ones once, none where nobody knows."""
    assert [offsets(zone) for zone in PEOPLE.zones(number, ms(now))] == expected


def test_a_change_of_the_clocks_is_known_to_the_minute() -> None:
    """Two in the morning of the second Sunday of March; half an hour on Lord Howe Island."""
    (new_york,) = PEOPLE.zones("+12025550123", ms("2026-03-07 12:00"))
    howe = TimeZones("Australia/Lord_Howe").otherwise(ms("2026-04-03 12:00"))

    assert new_york.changes[1] == (ms("2026-03-08 07:00"), -4 * HOUR_MS)
    assert howe.changes[1] == (ms("2026-04-04 15:00"), 630 * 60_000)


def test_a_toll_free_number_may_be_anywhere_in_america() -> None:
    """Quiet from Guam to Newfoundland leaves an hour and a half of the day, and it is found."""
    zones = PEOPLE.zones("+18005550123", ms("2026-01-15 12:00"))
    allowed = allowed_ms(NIGHT, zones, quiet.UTC, ms("2026-01-15 12:00"))

    assert len(zones) >= 10
    assert allowed == ms("2026-01-15 22:00")


def test_a_group_waits_for_its_last_member_to_wake_up() -> None:
    """The strictest over all of them; for a group known by its id alone the zone of the settings counts."""
    both = SendRequest("g", numbers=("+12025550123", "+13035550123"), content="hello")
    known_by_id = SendRequest("g", group_id="g-1", content="hello")
    now = ms("2026-01-15 12:30")  # 07:30 in New York, 05:30 in Denver

    assert quiet_until(both, NIGHT, PEOPLE, now) == ms("2026-01-15 15:00")
    assert quiet_until(known_by_id, NIGHT, PEOPLE, now) == now
    assert quiet_until(known_by_id, NIGHT, TimeZones("Asia/Tokyo"), now) == ms("2026-01-15 23:00")


def test_without_hours_nobody_is_asked_where_they_are() -> None:
    """Neither by the settings, nor where a request lifts them."""
    lifted = SendRequest("r", number="+12025550123", content="hello", quiet_hours="none")

    assert quiet_until(lifted, NIGHT, UtcOnly(), 5) == 5
    assert quiet_until(lifted, None, UtcOnly(), 5) == 5


ASK_FOR_ALL = """
from phonenumbers.tzdata import TIMEZONE_DATA
from connector.time_zones import TimeZones, known_zone
for name in {name for names in TIMEZONE_DATA.values() for name in names}:
    known_zone(name)
print(len(TimeZones().zones("+919810012345", 0)))
"""


def test_every_zone_of_the_numbering_plan_is_known_without_former_names(tmp_path: Path) -> None:
    """A database of today's names alone, as images have it; one that is missing would have people texted at night."""
    database = next(folder for folder in map(Path, zoneinfo.TZPATH) if (folder / "zone.tab").exists())
    lines = (database / "zone.tab").read_text().splitlines()
    for name in {line.split("\t")[2] for line in lines if not line.startswith("#")}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).symlink_to(database / name)
    asked = subprocess.run(  # the path of the database is read once, as a process begins
        [sys.executable, "-c", ASK_FOR_ALL],
        env={"PYTHONTZPATH": str(tmp_path), "PYTHONPATH": str(Path(__file__).parents[1])},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (asked.stdout.strip(), asked.stderr) == ("1", "")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../zone", "/etc/passwd"])
def test_a_zone_that_is_none_refuses_the_settings(name: str) -> None:
    """Before anything starts, and with what would be one."""
    with pytest.raises(ValueError, match="IANA"):
        known_zone(name)
    with pytest.raises(ValidationError, match="no time zone"):
        Settings(quiet_hours_zone=name)


def test_hours_that_are_none_refuse_the_settings() -> None:
    """The whole day would be no sending at all."""
    with pytest.raises(ValidationError, match="two times of day"):
        Settings(quiet_hours="08:00-08:00")
    assert Settings(quiet_hours="21:00-08:00").quiet_hours == "21:00-08:00"
