"""Replies on a real Kafka: our command registers the webhooks, and any client reads what contacts write."""

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from tests.real.site import Site, until
from tests.real.test_waiting import ended, heard, soon
from tests.real.upstream import Downstream, Upstream

PERSON, OTHER, SECRET, HANG_S = "+12025550123", "+12025550124", "a shared secret of the tests", 180.0
WAITS_S = 50.0  # within a minute: it waits in memory, where only another process's word can reach it


@pytest.fixture
def site(tmp_path: Path, bootstrap: str, registry_url: str) -> Iterator[Site]:
    """An installation that runs, with the simulator."""
    one = Site(tmp_path, bootstrap, registry_url)
    one.base["webhooks"] = {"secrets": {"w1": SECRET}}
    try:
        one.start_simulator()
        until(lambda: "simulator on" in one.log("simulator"), HANG_S)
        applied = one.command("topics", "apply")
        assert applied.returncode == 0, applied.stderr
        connector = one.start_connector()
        until(lambda: "connector.ready" in one.log("connector"), HANG_S, [connector])
        yield one
    finally:
        one.close()


@pytest.fixture
def split(tmp_path: Path, bootstrap: str, registry_url: str) -> Iterator[Site]:
    """Two processes: one that hears, and has no other role, and one that sends, and hears nothing."""
    one = Site(tmp_path, bootstrap, registry_url)
    one.base["webhooks"] = {"secrets": {"w1": SECRET}}
    try:
        one.start_simulator()
        until(lambda: "simulator on" in one.log("simulator"), HANG_S)
        for command in (("topics", "apply"), ("schemas", "register"), ("webhooks", "apply")):
            done = one.command(*command)
            assert done.returncode == 0, done.stderr
        for name, roles in (("ear", ["ingress"]), ("sender", ["router", "sender", "reconciler"])):
            options = [part for role in roles for part in ("--role", role)]
            process = one.start("run", "--config", str(one.config(name)), *options, name=name)
            until(partial(_is_ready, one, name), HANG_S, [process])
        yield one
    finally:
        one.close()


def _is_ready(site: Site, name: str) -> bool:
    return "connector.ready" in site.log(name)


def write(site: Site, content: str) -> None:
    """A person writes to the first line."""
    body = {"number": PERSON, "line": site.numbers[0], "content": content}
    url = f"http://127.0.0.1:{site.api_port}/_sim/inbound"
    httpx2.post(url, json=body, trust_env=False, timeout=HANG_S).raise_for_status()


def read(site: Site, topic: str, count: int) -> list[tuple[bytes, dict[str, Any]]]:
    """Keys and values of a topic's first records, by the client that everybody has."""
    kafka, url = site.base["kafka"], site.base["registry"]["url"]
    consumer = Consumer(
        {"bootstrap.servers": kafka["bootstrap_servers"], "group.id": topic, "auto.offset.reset": "earliest"}
    )
    name = f"{kafka['topic_prefix']}.{topic}"
    consumer.subscribe([name])
    try:
        found = consumer.consume(count, HANG_S)
    finally:
        consumer.close()
    decode: Any = AvroDeserializer(SchemaRegistryClient({"url": url}))
    return [(one.key() or b"", decode(one.value(), SerializationContext(name, MessageField.VALUE))) for one in found]


def rows(site: Site, *arguments: str) -> list[dict[str, Any]]:
    """What a command about webhooks prints for machines."""
    done = site.command("webhooks", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    assert SECRET not in done.stdout + done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_a_reply_comes_by_the_webhook_that_was_applied(site: Site) -> None:
    """plan, apply, apply again, list; then somebody writes. What nobody can read is a dead letter."""
    planned, applied, again = rows(site, "plan"), rows(site, "apply"), rows(site, "apply")
    listed = rows(site, "list")
    number, api = site.numbers[0], f"http://127.0.0.1:{site.api_port}"
    body = {"number": PERSON, "line": number, "content": "Hi there", "media_url": "https://example.com/Cat.png"}
    for path, json_body in (("inbound", body), ("webhooks/line_assigned", {"sendblue_number": number})):
        httpx2.post(f"{api}/_sim/{path}", json=json_body, trust_env=False, timeout=HANG_S).raise_for_status()
    hook = f"http://127.0.0.1:{site.public_port}/v1/webhooks/receive"
    answers = [
        httpx2.post(
            hook, content=b"not json", headers={"sb-signing-secret": secret}, trust_env=False, timeout=HANG_S
        ).status_code
        for secret in (SECRET, "another secret, not ours")
    ]
    inbound, account = read(site, "inbound", 2), read(site, "account", 1)
    letters = site.command("dlq", "list", "--json")

    assert [row["action"] for row in planned] == [row["action"] for row in applied] == ["add"] * 4
    assert (again, len(listed), answers) == ([], 4, [200, 401])
    assert {(key, row["contact"], row["line"]) for key, row in inbound} == {(PERSON.encode(), PERSON, "line-0")}
    assert sorted(row["content"] or row["media_url"] for _, row in inbound) == [
        "Hi there",
        "https://example.com/Cat.png",
    ]
    assert [(key, row["type"], row["line"]) for key, row in account] == [(number.encode(), "line_assigned", "line-0")]
    assert [row["reason"] for row in json.loads(letters.stdout)] == ["NOT_JSON"]
    assert "Hi there" not in site.log("connector")
    assert "+1" not in site.log("connector")


def test_a_stop_ends_what_waits_in_another_process(split: Site) -> None:
    """Before its time, and nothing is texted; another contact is texted at its time, and START lets the next one go."""
    upstream, downstream = Upstream(split), Downstream(split)
    for request_id, number in (("stopped", PERSON), ("other", OTHER)):
        upstream.send(request_id, number, send_at=soon(WAITS_S))
    upstream.flush()
    until(lambda: heard(downstream, "SCHEDULED", 2), HANG_S)
    write(split, "Stop!")
    until(lambda: ended(downstream, "stopped"), HANG_S)
    texts, finals = split.record()["texts"], {type_ for type_, _ in downstream.finals["stopped"]}
    until(lambda: ended(downstream, "other"), HANG_S)
    write(split, "START")
    until(lambda: heard(downstream, "OPT_IN", 1), HANG_S)
    upstream.send("again", PERSON)
    upstream.flush()
    until(lambda: ended(downstream, "again"), HANG_S)
    downstream.close()
    ends = {name: {type_ for type_, _ in downstream.finals[name]} for name in ("other", "again")}

    assert (texts, finals) == (0, {"REJECTED"})
    assert ends == {"other": {"SUBMITTED"}, "again": {"SUBMITTED"}}
    assert split.record()["texts"] == 2
    assert PERSON not in split.log("ear") + split.log("sender")
