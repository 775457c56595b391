"""The doctor's decisions, by table."""

import pytest

from connector.core.diagnosis import (
    CEILING,
    DAY_MS,
    QUEUE_S,
    SKEW_MS,
    Foreign,
    Running,
    broker_clock,
    ceiling,
    consumed,
    heard,
    running,
    sendable,
    sendblue_clock,
)
from connector.core.health import LEDGER_LAG
from connector.core.sights import LineState
from connector.core.webhook_plan import Action, Step

NOW = 1_800_000_000_000
URL = "http://127.0.0.1:8081/statusz"


@pytest.mark.parametrize(
    ("seen", "faults"),
    [
        (Running(), []),
        (Running(behind=LEDGER_LAG, lines={"a": "ready", "b": "backoff", "c": "new_contacts"}), []),
        (Running(behind=LEDGER_LAG + 1), ["ledger tail"]),
        (None, ["process"]),
        (Foreign("HTTP 404"), ["process"]),
        (Running(("the ledger is being read", "no broker")), ["process", "process"]),
        (Running(stopped_because="401"), ["account"]),
        (Running(lines={"a": "ready", "b": "breaker"}), ["line b"]),
        (Running(lines={"a": "asleep"}), ["line a"]),
        (Running(lines={"a": "ready", "b": "ready"}, drains={"a": QUEUE_S, "b": QUEUE_S + 1}), ["line b"]),
        (Running(ages={"requests": 300.0, "delay.1m": 660.0, "delay.1h": 4200.0, "dispatch": 10**6}), []),
        (Running(ages={"requests": 300.1, "delay.1m": 660.1}), ["requests read", "delay.1m read"]),
    ],
)
def test_what_a_process_says_of_itself(seen: Running | Foreign | None, faults: list[str]) -> None:
    """Each trouble is one fault, and says what to do; an address without an answer is one too."""
    found = running(URL, seen)

    assert faults == [finding.name for finding in found if not finding.ok]
    assert all(finding.ok != bool(finding.what_to_do) for finding in found)


CURES = {
    LineState.READY: "",
    LineState.BACKOFF: "",
    LineState.NEW_CONTACTS: "",
    LineState.BREAKER: "tried again by itself",
    LineState.PAUSED: "orders list",
    LineState.STOPPED: "ask Sendblue",
    LineState.ACCOUNT: "`account` and `sendblue`",
    LineState.LEDGER: "`process` and `ledger tail`",
}


@pytest.mark.parametrize("state", LineState)
def test_each_state_of_a_line_has_its_own_cure(state: LineState) -> None:
    """What ends by itself has none; a used-up allowance of new contacts is told, and is no fault."""
    (_, finding) = running(URL, Running(lines={"a": str(state)}))

    assert str(state) in finding.sentence
    assert (CURES[state] == "") == finding.ok == (finding.what_to_do == "")
    assert CURES[state] in finding.what_to_do
    assert (state is LineState.NEW_CONTACTS) == ("for new contacts" in finding.sentence)


@pytest.mark.parametrize(("most", "ok"), [(None, True), (7.0, True), (6.9, False)])
def test_more_than_can_be_done_in_time_is_a_fault(most: float | None, ok: bool) -> None:
    """However many consume."""
    finding = consumed("sender", "sendblue.dispatch", 7, 2, most)

    assert ok == finding.ok
    assert ok or "more replicas do not help" in finding.what_to_do


def test_what_lines_send_in_a_time() -> None:
    """By their gaps; a line without one has no bound, and no line says nothing."""
    assert sendable([1.0, 2.0], 3600) == 5400
    assert sendable([1.0, 0.0], 3600) is None
    assert sendable([], 3600) is None


@pytest.mark.parametrize(
    ("steps", "ok", "told"),
    [
        ([], True, "every type"),
        (
            [Step(Action.ADD, "receive", "u", "it is not registered")],
            False,
            "of receive: replies and opt-outs are lost",
        ),
        ([Step(Action.NOTE, "receive", "u", "it hears of some lines only")], True, "receive: it hears of some lines"),
    ],
)
def test_replies_that_are_not_heard_are_a_fault(steps: list[Step], ok: bool, told: str) -> None:
    """By the plan of the account's webhooks: what it would add is missing, what it notes is told."""
    finding = heard(steps)

    assert ok == finding.ok
    assert told in finding.sentence
    assert ok or "webhooks apply" in finding.what_to_do


@pytest.mark.parametrize(("members", "ok"), [(0, False), (1, True), (None, True)])
def test_a_topic_that_nobody_consumes(members: int | None, ok: bool) -> None:
    """Work that waits is none while somebody is at it; brokers that do not tell are no fault."""
    finding = consumed("sender", "sendblue.dispatch", 7, members)

    assert ok == finding.ok
    assert "7 records" in finding.sentence
    assert ok or "role sender" in finding.what_to_do


def test_a_topic_that_is_read_whole_has_no_lag() -> None:
    """The reconciler commits nothing; whether anybody is it counts all the same."""
    finding = consumed("reconciler", "sendblue.parked", None, 0)

    assert not finding.ok
    assert "it is read whole, and nobody consumes" in finding.sentence


@pytest.mark.parametrize(
    ("appended_ms", "ok"), [(None, True), (NOW - DAY_MS, True), (NOW + SKEW_MS, True), (NOW + SKEW_MS + 1, False)]
)
def test_a_record_from_the_future(appended_ms: int | None, ok: bool) -> None:
    """An old one says nothing of the clock, a young one cannot be younger than now."""
    assert ok == broker_clock(appended_ms, NOW).ok


@pytest.mark.parametrize(
    ("date_ms", "ok"),
    [(None, True), (NOW, True), (NOW - SKEW_MS, True), (NOW - SKEW_MS - 1, False), (NOW + SKEW_MS + 1, False)],
)
def test_sendblues_clock(date_ms: int | None, ok: bool) -> None:
    """Either way."""
    assert ok == sendblue_clock(date_ms, NOW).ok


@pytest.mark.parametrize(
    ("records", "span_ms", "ok"),
    [(0, 0, True), (2 * CEILING, DAY_MS, True), (2 * CEILING + 2, DAY_MS, False), (10 * CEILING, 5 * DAY_MS, True)],
)
def test_the_ceiling_of_a_ledger(records: int, span_ms: int, ok: bool) -> None:
    """Two records a request; less than a day is counted as one."""
    assert ok == ceiling("sendblue.ledger", records, span_ms).ok
