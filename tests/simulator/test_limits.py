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

    assert codes == [202, 202, 202, 429]
    assert (other, (await stage.send()).status_code) == (202, 202)
    assert (await burst(stage)).json() == {"status": "ERROR", "message": "Too Many Requests"}


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
    assert [await refused(stage, number(3)), await refused(stage, number(15), OTHER_LINE)] == [None, None]
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
    assert before == (400, 429, "LINE_DAILY_LIMIT_REACHED")
    assert [await refused(stage, number(n)) for n in (5, 6)] == [None, None]


def in_new_york(time: str) -> float:
    return datetime.fromisoformat(time).replace(tzinfo=NEW_YORK).timestamp()


@pytest.mark.parametrize(
    ("now", "began", "ends"),
    [
        ("2026-02-02T02:59", "2026-02-01T03:00", "2026-02-02T03:00"),
        ("2026-02-02T03:00", "2026-02-02T03:00", "2026-02-03T03:00"),
        ("2026-03-07T12:00", "2026-03-07T03:00", "2026-03-08T03:00"),
        ("2026-03-08T01:30", "2026-03-07T03:00", "2026-03-08T03:00"),
        ("2026-10-31T12:00", "2026-10-31T03:00", "2026-11-01T03:00"),
    ],
)
def test_the_day_ends_by_the_clock_of_new_york(now: str, began: str, ends: str) -> None:
    """At 3 AM, also when that clock is changed."""
    assert (in_new_york(began), in_new_york(ends)) == (day_start(in_new_york(now)), next_reset(in_new_york(now)))


def test_the_day_of_the_change_is_23_hours_long() -> None:
    """In spring; in autumn 25."""
    spring, autumn = in_new_york("2026-03-07T12:00"), in_new_york("2026-10-31T12:00")

    assert [(next_reset(at) - day_start(at)) / 3600 for at in (spring, autumn)] == [23, 25]


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

    assert (first["state"], first["availableAt"]) == ("available", None)
    assert first["hourly"] == {"used": 1, "limit": 2, "remaining": 1, "nextSlotAt": None}
    assert {"used": 2, "limit": 2, "remaining": 0, "nextSlotAt": stamp(BEGIN + 3600)} == second["hourly"]
    assert ("limited", stamp(BEGIN + 3600)) == (second["state"], second["availableAt"])
    assert {"used": 3, "limit": 3, "remaining": 0, "nextSlotAt": reset, "resetsAt": reset} == third["daily"]
    assert ("limited", reset) == (third["state"], third["availableAt"])


async def test_usage_without_windows_and_with_none_allowed() -> None:
    """Switched off: no lines. A daily limit of zero: paused."""
    off, paused = Stage(), Stage(new_contacts_daily=0)
    usage = await paused.get("/api/v2/lines/usage")

    assert await off.get("/api/v2/lines/usage") == {"status": "OK", "enabled": False, "lines": []}
    assert [line["state"] for line in usage["lines"]] == ["paused", "paused"]
    assert await refused(paused, PERSON) == (400, 429, "LINE_DAILY_LIMIT_REACHED")


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

    assert [row["classification"] for row in rows] == ["known", "new", "known"]
    assert later["classification"] == "new"
    assert more["status"] == "ERROR"


async def test_the_state_of_a_line_can_be_set() -> None:
    """It is reported, with the time of its change."""
    stage = Stage()
    answers = [await stage.put(f"/_sim/lines/{LINE}", {"status": status}) for status in ("DEGRADED", "BROKEN")]
    rows = (await stage.get("/api/v2/lines/state"))["data"]

    assert [answer.status_code for answer in answers] == [200, 400]
    assert [(row["sendblue_number"], row["status"]) for row in rows] == [(LINE, "DEGRADED"), (OTHER_LINE, "ONLINE")]
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
    assert [next_day, await refused(stage, PERSON)] == [None, None]


@pytest.mark.parametrize("word", ["STOP", "stop", " Unsubscribe ", "Opt out", "quit", "END", "REVOKE", "cancel"])
async def test_who_writes_stop_gets_nothing_more(word: str) -> None:
    """From any line, until START."""
    stage = Stage()
    told = (await stage.post("/_sim/inbound", {"number": PERSON, "line": LINE, "content": word})).json()
    out = await refused(stage, PERSON, OTHER_LINE)
    other = await refused(stage, ANOTHER)
    await stage.post("/_sim/inbound", {"number": PERSON, "line": LINE, "content": "start"})

    assert told["opted_out"]
    assert (out, other) == ((400, None, "OPTED_OUT"), None)
    assert await refused(stage, PERSON) is None


async def test_opted_out_by_call() -> None:
    """And in again; the answer shows it."""
    stage = Stage()
    out = (await stage.post("/api/v2/contacts/opt-out", {"number": PERSON})).json()
    refusal = await refused(stage, PERSON)
    back = (await stage.post("/api/v2/contacts/opt-out", {"number": PERSON, "opted_out": False})).json()

    assert out == {"status": "OK", "number": PERSON, "opted_out": True}
    assert (refusal, back["opted_out"]) == ((400, None, "OPTED_OUT"), False)
    assert await refused(stage, PERSON) is None


async def test_a_rule_may_answer_2xx() -> None:
    """By a switch: a message born with its error, told once, that reaches nobody. A line's windows stay a 400."""
    stage = Stage(decline_http=202, new_contacts_hourly=0)
    window = await refused(stage, ANOTHER)
    await stage.post("/api/v2/contacts/opt-out", {"number": PERSON})

    answer = await stage.send(status_callback="http://127.0.0.1:1/cb")
    body = answer.json()

    assert (answer.status_code, body["status"], body["error_key"]) == (202, "ERROR", "OPTED_OUT")
    assert window == (400, 429, "LINE_HOURLY_LIMIT_REACHED")
    assert tuple(stage.totals()[name] for name in ("texts", "declined")) == (0, 1)
    assert [("ERROR", body["message_handle"])] == [(row["status"], row["message_handle"]) for row in stage.heard()]


async def test_typing_needs_a_conversation() -> None:
    """400 before, SENT after."""
    stage = Stage()
    body = {"number": PERSON, "from_number": LINE}
    before = await stage.post("/api/send-typing-indicator", body)
    await stage.send()

    assert (before.status_code, before.json()["error_message"]) == (400, "No route mapping found")
    assert (await stage.post("/api/send-typing-indicator", body)).json()["status"] == "SENT"


async def test_a_status_after_stop_says_so() -> None:
    """Of a text that was accepted before: whoever hears callbacks alone learns of it."""
    stage = Stage()
    handle = (await stage.send(status_callback="http://127.0.0.1:1/cb")).json()["message_handle"]
    await stage.post("/_sim/inbound", {"number": PERSON, "line": LINE, "content": "STOP"})
    await stage.post(f"/_sim/texts/{handle}/status", {"status": "DELIVERED"})

    assert [(row["status"], row["opted_out"]) for row in stage.heard()] == [("QUEUED", False), ("DELIVERED", True)]


async def test_a_line_may_have_limits_of_its_own() -> None:
    """Instead of those of all lines; what usage tells is what is refused."""
    stage = Stage(new_contacts_hourly=1, line_limits={OTHER_LINE: (2, None)})
    sent = [(await stage.send(f"+1202555011{n}", line)).status_code for line in (LINE, OTHER_LINE) for n in range(3)]
    usage = (await stage.get("/api/v2/lines/usage"))["lines"]

    assert sent == [202, 400, 400, 202, 202, 400]
    assert [(line["hourly"]["limit"], line["hourly"]["remaining"]) for line in usage] == [(1, 0), (2, 0)]
