"""The doctor's decisions, by table."""

import pytest

from connector.core.diagnosis import (
    CEILING,
    DAY_MS,
    SKEW_MS,
    Running,
    broker_clock,
    ceiling,
    consumed,
    running,
    sendblue_clock,
)

NOW = 1_800_000_000_000
URL = "http://127.0.0.1:8081/statusz"


@pytest.mark.parametrize(
    ("seen", "faults"),
    [
        (Running(), []),
        (Running(behind=5_000, lines={"a": "ready", "b": "backoff"}), []),
        (None, ["process"]),
        (Running(("the ledger is being read", "no broker")), ["process", "process"]),
        (Running(stopped_because="401"), ["account"]),
        (Running(lines={"a": "ready", "b": "breaker"}), ["line b"]),
    ],
)
def test_what_a_process_says_of_itself(seen: Running | None, faults: list[str]) -> None:
    """Each trouble is one fault, and says what to do; an address without an answer is one too."""
    found = running(URL, seen)

    assert faults == [finding.name for finding in found if not finding.ok]
    assert all(finding.ok != bool(finding.what_to_do) for finding in found)


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
