"""What a line may do: bursts, new contacts by the hour and by the day, texts before a reply, nobody who opted out."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from connector.simulator.limits import day_start, next_reset
from connector.simulator.texts import stamp
from tests.simulator.stage import ANOTHER, BEGIN, LINE, OTHER_LINE, PERSON, Stage

NEW_YORK = ZoneInfo("America/New_York")


def number(n: int) -> str:
    return f"+1202555{n:04d}"


async def refused(stage: Stage, to: str, line: str = LINE, **more: Any) -> tuple[int, int | None, str | None] | None:
    """HTTP status, code and key of a refusal; None for a text that was accepted."""
    answer = await stage.send(to, line, **more)
    body = answer.json()
    return None if answer.status_code == 202 else (answer.status_code, body["error_code"], body["error_key"])


async def test_a_burst_is_429() -> None:
    """A line's rate and one more in a second; another line is not concerned; refusals are not counted as texts."""
    stage = Stage(line_rate=2.0)
    codes = [(await stage.send()).status_code for _ in range(4)]
    other = (await stage.send(line=OTHER_LINE)).status_code
    stage.now += 1

    assert [202, 202, 202, 429] == codes
    assert (202, 202) == (other, (await stage.send()).status_code)
    assert {"status": "ERROR", "message": "Too Many Requests"} == (await burst(stage)).json()


async def burst(stage: Stage) -> Any:
    answers = [await stage.send() for _ in range(4)]
    return answers[-1]


async def test_new_contacts_of_a_rolling_hour() -> None:
    """The sixteenth is a 400 with a 429 inside, known contacts go on, and each slot comes back after its hour."""
    stage = Stage(new_contacts_hourly=15)
    for n in range(15):
        assert await refused(stage, number(n)) is None
        stage.now += 60
    key = (400, 429, "LINE_HOURLY_LIMIT_REACHED")

    assert key == await refused(stage, number(15))
    assert [None, None] == [await refused(stage, number(3)), await refused(stage, number(15), OTHER_LINE)]
    stage.now = BEGIN + 3599
    assert key == await refused(stage, number(15))
    stage.now = BEGIN + 3600
    assert [None, key] == [await refused(stage, number(15)), await refused(stage, number(16))]


async def test_new_contacts_of_a_day() -> None:
    """Until 3 AM in New York; what was refused was not counted."""
    stage = Stage(new_contacts_daily=2)
    ends = [await refused(stage, number(n)) for n in range(5)]
    reset = next_reset(stage.now)
    stage.now = reset - 1
    before = await refused(stage, number(5))
    stage.now = reset

    assert [None, None, *[(400, 429, "LINE_DAILY_LIMIT_REACHED")] * 3] == ends
    assert (400, 429, "LINE_DAILY_LIMIT_REACHED") == before
    assert [None, None] == [await refused(stage, number(n)) for n in (5, 6)]


@pytest.mark.parametrize(
    ("now", "began", "ends"),
    [
        ((2026, 2, 2, 2, 59), (2026, 2, 1, 3), (2026, 2, 2, 3)),
        ((2026, 2, 2, 3, 0), (2026, 2, 2, 3), (2026, 2, 3, 3)),
        ((2026, 3, 7, 12, 0), (2026, 3, 7, 3), (2026, 3, 8, 3)),
        ((2026, 3, 8, 1, 30), (2026, 3, 7, 3), (2026, 3, 8, 3)),
        ((2026, 10, 31, 12, 0), (2026, 10, 31, 3), (2026, 11, 1, 3)),
    ],
)
def test_the_day_ends_by_the_clock_of_new_york(now: Any, began: Any, ends: Any) -> None:
    """Also when that clock is changed: one day has 23 hours, one has 25."""
    at = datetime(*now, tzinfo=NEW_YORK).timestamp()

    assert datetime(*began, tzinfo=NEW_YORK).timestamp() == day_start(at)
    assert datetime(*ends, tzinfo=NEW_YORK).timestamp() == next_reset(at)


def test_the_day_of_the_change_is_23_hours_long() -> None:
    """In spring; in autumn 25."""
    spring = datetime(2026, 3, 7, 12, tzinfo=NEW_YORK).timestamp()
    autumn = datetime(2026, 10, 31, 12, tzinfo=NEW_YORK).timestamp()

    assert [23, 25] == [(next_reset(at) - day_start(at)) / 3600 for at in (spring, autumn)]


async def test_usage_tells_what_is_left() -> None:
    """Used, remaining, when the next slot comes, when there is room in both windows."""
    stage = Stage(new_contacts_hourly=2, new_contacts_daily=3)
    await stage.send(number(1))
    stage.now += 60
    first = (await stage.get("/api/v2/lines/usage"))["lines"][0]
    await stage.send(number(2))
    second = (await stage.get("/api/v2/lines/usage"))["lines"][0]
    stage.now += 3600
    await stage.send(number(3))
    third = (await stage.get("/api/v2/lines/usage"))["lines"][0]
    reset = stamp(next_reset(stage.now))

    assert ("available", None) == (first["state"], first["availableAt"])
    assert {"used": 1, "limit": 2, "remaining": 1, "nextSlotAt": None} == first["hourly"]
    assert {"used": 2, "limit": 2, "remaining": 0, "nextSlotAt": stamp(BEGIN + 3600)} == second["hourly"]
    assert ("limited", stamp(BEGIN + 3600)) == (second["state"], second["availableAt"])
    assert {"used": 3, "limit": 3, "remaining": 0, "nextSlotAt": reset, "resetsAt": reset} == third["daily"]
    assert ("limited", reset) == (third["state"], third["availableAt"])


async def test_usage_without_windows_and_with_none_allowed() -> None:
    """Switched off: no lines. A daily limit of zero: paused."""
    off, paused = Stage(), Stage(new_contacts_daily=0)
    usage = await paused.get("/api/v2/lines/usage")

    assert {"status": "OK", "enabled": False, "lines": []} == await off.get("/api/v2/lines/usage")
    assert ["paused", "paused"] == [line["state"] for line in usage["lines"]]
    assert (400, 429, "LINE_DAILY_LIMIT_REACHED") == await refused(paused, PERSON)


async def test_who_is_known_on_a_line() -> None:
    """By activity on that line within 30 days, either way; other parameters are rejected."""
    stage = Stage(new_contacts_hourly=15)
    await stage.send()
    await stage.post("/_sim/inbound", {"number": ANOTHER, "line": OTHER_LINE, "content": "Hi"})
    asked = [(PERSON, LINE), (PERSON, OTHER_LINE), (ANOTHER, OTHER_LINE)]
    rows = [await stage.get("/api/v2/lines/contact-status", number=n, sendblue_number=line) for n, line in asked]
    stage.now += 30 * 86_400
    later = await stage.get("/api/v2/lines/contact-status", number=PERSON, sendblue_number=LINE)
    more = await stage.get("/api/v2/lines/contact-status", number=PERSON, sendblue_number=LINE, x="1")

    assert ["known", "new", "known"] == [row["classification"] for row in rows]
    assert "new" == later["classification"]
    assert "ERROR" == more["status"]


async def test_the_state_of_a_line_can_be_set() -> None:
    """It is reported, with the time of its change."""
    stage = Stage()
    answers = [await stage.put(f"/_sim/lines/{LINE}", {"status": status}) for status in ("DEGRADED", "BROKEN")]
    rows = (await stage.get("/api/v2/lines/state"))["data"]

    assert [200, 400] == [answer.status_code for answer in answers]
    assert [(LINE, "DEGRADED"), (OTHER_LINE, "ONLINE")] == [(row["sendblue_number"], row["status"]) for row in rows]
    assert [stamp(BEGIN), None] == [row["degraded_since"] for row in rows]


async def test_texts_before_a_reply() -> None:
    """Only so many; one override a day; an answer clears it."""
    stage = Stage(pre_reply_limit=2)
    key = (400, None, "PRE_REPLY_LIMIT_REACHED")
    ends = [await refused(stage, PERSON) for _ in range(3)]
    overrides = [await refused(stage, PERSON, pre_reply_override=True) for _ in range(2)]
    stage.now = next_reset(stage.now)
    next_day = await refused(stage, PERSON, pre_reply_override=True)
    await stage.post("/_sim/inbound", {"number": PERSON, "line": LINE, "content": "Yes?"})

    assert [None, None, key] == ends
    assert [None, key] == overrides
    assert [None, None] == [next_day, await refused(stage, PERSON)]


@pytest.mark.parametrize("word", ["STOP", "stop", " Unsubscribe ", "Opt out", "quit", "END", "REVOKE", "cancel"])
async def test_who_writes_stop_gets_nothing_more(word: str) -> None:
    """From any line, until START."""
    stage = Stage()
    told = (await stage.post("/_sim/inbound", {"number": PERSON, "line": LINE, "content": word})).json()
    out = await refused(stage, PERSON, OTHER_LINE)
    other = await refused(stage, ANOTHER)
    await stage.post("/_sim/inbound", {"number": PERSON, "line": LINE, "content": "start"})

    assert told["opted_out"]
    assert ((400, None, "OPTED_OUT"), None) == (out, other)
    assert await refused(stage, PERSON) is None


async def test_opted_out_by_call() -> None:
    """And in again; the answer shows it."""
    stage = Stage()
    out = (await stage.post("/api/v2/contacts/opt-out", {"number": PERSON})).json()
    refusal = await refused(stage, PERSON)
    back = (await stage.post("/api/v2/contacts/opt-out", {"number": PERSON, "opted_out": False})).json()

    assert {"status": "OK", "number": PERSON, "opted_out": True} == out
    assert ((400, None, "OPTED_OUT"), False) == (refusal, back["opted_out"])
    assert await refused(stage, PERSON) is None


async def test_a_rule_may_answer_2xx() -> None:
    """By a switch: a message born with its error, told once, that reaches nobody."""
    stage = Stage(decline_http=202)
    await stage.post("/api/v2/contacts/opt-out", {"number": PERSON})

    answer = await stage.send(status_callback="http://127.0.0.1:1/cb")
    body = answer.json()

    assert (202, "ERROR", "OPTED_OUT") == (answer.status_code, body["status"], body["error_key"])
    assert (0, 1) == tuple(stage.totals()[name] for name in ("texts", "declined"))
    assert [("ERROR", body["message_handle"])] == [(row["status"], row["message_handle"]) for row in stage.heard()]


async def test_typing_needs_a_conversation() -> None:
    """400 before, SENT after."""
    stage = Stage()
    body = {"number": PERSON, "from_number": LINE}
    before = await stage.post("/api/send-typing-indicator", body)
    await stage.send()

    assert (400, "No route mapping found") == (before.status_code, before.json()["error_message"])
    assert "SENT" == (await stage.post("/api/send-typing-indicator", body)).json()["status"]
