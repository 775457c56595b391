"""What the command line of `send` means: every field of a request, and what is wrong before anything is written."""

import asyncio
import json
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from subprocess import PIPE

import pytest
from typer.testing import CliRunner

from connector.cli import cli
from connector.commands.letters import request_in
from connector.core.messages import OnInDoubt, Priority, ReplyTo, SendRequest, ServicePolicy
from connector.demo import Demo
from connector.kafka.avro import Codec
from connector.kafka.reading import ToTheEnd
from connector.kafka.records import KafkaRecord
from connector.settings import Settings
from connector.wiring.installation import clients_of, names_of, registry_of
from tests.test_ledger_commands import beside_a_connector
from tests.test_typed import settings as settings_file

LINE, PERSON, OTHER = "+13035550100", "+12065550123", "+12065550124"
HELLO = ("--content", "Hello")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--tag", "spring"), "--tag is NAME=VALUE"),
        (("--reply-part", "1"), "--reply-part goes with --reply-to"),
        (("--send-at", "tomorrow"), "--send-at is no time"),
        (("--expires-at", "4 h"), "--expires-at is no time"),
        (("--created-at", "4h"), "--created-at is no time"),
        (("--priority", "urgent"), "--priority"),
        (("--service-policy", "sms"), "--service-policy"),
        (("--on-in-doubt", "wait"), "--on-in-doubt"),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else None,
)
def test_a_wrong_command_line_ends_before_anything_is_read(words: tuple[str, ...], told: str) -> None:
    """With the option that is meant."""
    done = CliRunner().invoke(cli, ["send", PERSON, *HELLO, *words])

    assert (done.exit_code, told in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((PERSON, "--quiet-hours", "9-5"), "two times of day that differ, as 21:00-08:00, or none"),
        ((PERSON, "--send-at", "4d"), "SEND_AT_TOO_LATE"),
        ((PERSON, "--send-at", "4h", "--expires-at", "3h"), "EXPIRES_AT_TOO_EARLY"),
        ((PERSON, "--numbers", PERSON, "--numbers", OTHER), "exactly one of number, numbers and group_id"),
        (("--numbers", PERSON, "--numbers", OTHER), "a message to a group needs from_number"),
        (("--group-id", "g", "--from-number", OTHER, "--service-policy", "imessage_only"), "IMESSAGE_ONLY_GROUP"),
    ],
    ids=lambda value: value[-1] if isinstance(value, tuple) else None,
)
def test_what_would_be_refused_is_said_at_once(tmp_path: Path, words: tuple[str, ...], told: str) -> None:
    """By what the request says, or by the settings; nobody is asked."""
    done = CliRunner().invoke(cli, ["send", *words, *HELLO, "-c", settings_file(tmp_path)])

    assert (done.exit_code, told in done.stderr) == (1, True), done.stderr


async def test_every_field_of_a_request_can_be_said(tmp_path: Path) -> None:
    """What stands on the requests topic is what was typed, to a person and to a group; its key is the contact."""
    hours = [datetime.now(UTC).replace(microsecond=0) + timedelta(hours=n) for n in (-1, 1, 2)]
    created, due, ends = (hour.isoformat() for hour in hours)
    to_person = [
        PERSON, *HELLO, "--media-url", "https://example.com/a.png", "--from-number", LINE, "--send-style", "confetti",
        "--send-at", due, "--expires-at", ends, "--created-at", created, "--quiet-hours", "21:00-08:00",
        "--priority", "reply", "--service-policy", "imessage_only", "--on-in-doubt", "drop", "--seat-id", "s-1",
        "--reply-to", "h-1", "--reply-part", "2", "--tag", "a=b", "--tag", "c=d=e", "--pre-reply-override",
        "--request-id", "person",
    ]  # fmt: skip
    to_group = ["--numbers", OTHER, "--numbers", PERSON, "--from-number", LINE, *HELLO, "--request-id", "group"]
    created_ms, due_ms, ends_ms = (int(hour.timestamp()) * 1000 for hour in hours)
    person = SendRequest(
        "person", number=PERSON, from_number=LINE, content="Hello", media_url="https://example.com/a.png",
        send_style="confetti", send_at_ms=due_ms, expires_at_ms=ends_ms, on_in_doubt=OnInDoubt.DROP, seat_id="s-1",
        reply_to=ReplyTo("h-1", 2), quiet_hours="21:00-08:00", priority=Priority.REPLY, tags={"a": "b", "c": "d=e"},
        created_at_ms=created_ms, service_policy=ServicePolicy.IMESSAGE_ONLY, pre_reply_override=True,
    )  # fmt: skip
    group = SendRequest("group", numbers=(OTHER, PERSON), from_number=LINE, content="Hello")

    async def work(settings: Settings, _: Demo) -> None:
        file = tmp_path / "connector.json"
        file.write_text(json.dumps(as_file(settings)))
        told = [await send(file, words) for words in (to_person, to_group)]
        found = await requests_of(settings)

        assert told == [{"request_id": "person"}, {"request_id": "group"}]
        assert found["person"] == (PERSON.encode(), person)
        assert found["group"] == (f"{PERSON},{OTHER}".encode(), group)

    await beside_a_connector(work)


async def send(file: Path, words: list[str]) -> object:
    """Run the command; what it prints."""
    line = (sys.executable, "-m", "connector", "send", *words, "-c", str(file))
    process = await asyncio.create_subprocess_exec(*line, stdout=PIPE, stderr=PIPE)
    out, err = await process.communicate()
    assert process.returncode == 0, err
    return json.loads(out)


def as_file(settings: Settings) -> dict[str, object]:
    """What the command needs of these settings."""
    kafka = settings.kafka
    return {
        "kafka": {"bootstrap_servers": kafka.bootstrap_servers, "topic_prefix": kafka.topic_prefix},
        "registry": {"url": settings.registry.url, "auto_register": settings.registry.auto_register},
        "sendblue": {"api_key_id": "k", "api_secret_key": "s"},
        "lines": [{"alias": "line-0", "number": LINE}],
        "ledger": {"hash_key": "sixteen bytes or more"},
        "callbacks": {"public_url": "https://texts.example.com", "keys": {"k1": "sixteen bytes or more"}},
        "unsafe_dev": True,
    }


async def requests_of(settings: Settings) -> dict[str, tuple[bytes | None, SendRequest]]:
    """The requests on the topic with their keys, by id."""

    def records() -> list[KafkaRecord]:
        topic = ToTheEnd(clients_of(settings), names_of(settings).requests)
        try:
            return [record for burst in topic.bursts() for record in burst]
        finally:
            topic.close()

    codec, found = Codec(registry_of(settings), {}), dict[str, tuple[bytes | None, SendRequest]]()
    for record in await asyncio.to_thread(records):
        if (request := await request_in(codec, record)) is not None:
            found[request.request_id] = record.key, request
    return found
