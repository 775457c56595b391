"""What a new user does in the first hour, against a real Kafka and a real registry, through the commands alone."""

import json
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.real.site import HANG_S, Site, until


@pytest.fixture
def site(tmp_path: Path, bootstrap: str, registry_url: str) -> Iterator[Site]:
    """An installation with the simulator running."""
    one = Site(tmp_path, bootstrap, registry_url)
    one.start_simulator()
    until(lambda: "simulator on" in one.log("simulator"), 20)
    try:
        yield one
    finally:
        one.close()


def test_from_nothing_to_a_delivered_text(site: Site) -> None:
    """topics apply, schemas register, check, run, send --wait, tail: each does what the README says."""
    planned = site.command("topics", "plan", "--json")
    applied = site.command("topics", "apply", "--json")
    again = site.command("topics", "plan", "--json")
    assert len(json.loads(planned.stdout)) == len(json.loads(applied.stdout)) == 16, applied.stderr
    assert json.loads(again.stdout) == []

    registered = site.command("schemas", "register", "--json")
    compatible = site.command("schemas", "check", "--json")
    assert len(json.loads(registered.stdout)) == 10
    assert compatible.returncode == 0
    assert all(row["compatible"] and row["protected"] for row in json.loads(compatible.stdout))

    checked = site.command("check", "--json")
    assert checked.returncode == 0, checked.stdout

    connector = site.start_connector()
    until(lambda: "connector.ready" in site.log("connector"), 40, [connector])
    wait = ("--wait", "240", "--json")
    sent = site.command("send", "+12025550123", "--content", "Hello #req:r1", "--request-id", "r1", *wait)
    events = [json.loads(line) for line in sent.stdout.splitlines()]
    assert sent.returncode == 0, sent.stderr + site.log("connector")
    assert [event["type"] for event in events if event["final"]] == ["SUBMITTED"]
    assert {event["request_id"] for event in events} == {"r1"}

    refused = site.command("send", "12025550123", "--content", "x", "--request-id", "r2", *wait)
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr.startswith("NUMBER_INVALID: ")

    repeated = site.command("send", "+12025550123", "--content", "x", "--request-id", "r1", *wait)
    told = [json.loads(line) for line in repeated.stdout.splitlines()]
    assert [(event["type"], event["code"]) for event in told if event["final"]] == [("DUPLICATE", "ID_REUSED")]

    shown = site.command("tail", "--from-beginning", "--limit", "4", "--json")
    assert len(shown.stdout.splitlines()) == 4
    assert site.record()["texts"] == 1

    connector.send_signal(signal.SIGTERM)
    assert connector.wait(HANG_S) == 0, site.log("connector")
    assert "+1" not in site.log("connector")
    assert "Hello" not in site.log("connector")


def test_check_names_every_fault_and_what_to_do(site: Site) -> None:
    """Before anything was applied: exit code 3, a row for each missing topic, each with the command to run."""
    checked = site.command("check", "--json")
    rows = json.loads(checked.stdout)

    assert checked.returncode == 3
    assert sum("topics apply" in row["what_to_do"] for row in rows) >= 8


def test_the_main_job_with_kip_848(site: Site) -> None:
    """The new consumer protocol, where the broker has it: the same job, and a clean end."""
    site.base["kafka"] |= {"group_protocol": "consumer", "client": {}}
    assert site.command("topics", "apply").returncode == 0
    connector = site.start_connector()
    until(lambda: "connector.ready" in site.log("connector"), 40, [connector])

    sent = site.command("send", "+12025550123", "--content", "x", "--request-id", "r1", "--wait", "240", "--json")
    events = [json.loads(line) for line in sent.stdout.splitlines()]
    connector.send_signal(signal.SIGTERM)

    assert [event["type"] for event in events if event["final"]] == ["SUBMITTED"], site.log("connector")
    assert connector.wait(HANG_S) == 0
