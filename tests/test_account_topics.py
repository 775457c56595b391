"""Account webhooks on their topics: records that can be read, under the keys that requests have, with texts as set."""

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.core.account_webhooks import Kind, account_event, inbound
from connector.core.events import ContentPolicy
from connector.core.recent_claims import RecentClaims
from connector.kafka.avro import Row
from connector.kafka.schemas import SchemaName
from connector.kafka.topics import TopicNames
from connector.roles.account_webhooks import AccountWebhooks, Listeners
from connector.roles.status_reports import StatusReports
from connector.sendblue.reading import json_value
from connector.wiring.account_topics import AccountTopics
from connector.wiring.outbound import OutTopics
from tests.core.webhook_bodies import CAPTURED, EMAIL, GROUP, LINE, LINES, OTHERS, PERSON, RECEIVED, REPLY, STATUS
from tests.kafka.test_codec import CODEC
from tests.test_outbound import Producer
from tests.virtual_time import run

NOW_MS = 1_778_000_000_000
NAMES, KEY, SECRET = TopicNames(), b"k" * 16, b"a shared secret of the tests"
Body = Mapping[str, object]


def out(producer: Producer) -> OutTopics:
    """The topics of ends, on a broker that takes a megabyte."""
    return OutTopics(producer, CODEC, NAMES, {}, ContentPolicy.FULL, KEY)  # type: ignore[arg-type]  # a peer


async def written(kind: str, body: Body, content: ContentPolicy = ContentPolicy.FULL) -> tuple[bytes | None, Row]:
    """Key and row of a webhook's record."""
    producer = Producer(largest=1_000_000)
    topics = AccountTopics(out(producer), NAMES, content, KEY)
    if kind == Kind.RECEIVE:
        await topics.inbound(inbound(body, LINES, NOW_MS))
        name = SchemaName.INBOUND_MESSAGE
    else:
        await topics.account(account_event(kind, body, LINES, NOW_MS))
        name = SchemaName.ACCOUNT_EVENT
    ((key, value, _, _),) = producer.taken
    return key, CODEC.decode(name, value)


@pytest.mark.parametrize("name", RECEIVED)
async def test_every_field_of_a_message_is_a_column(name: str) -> None:
    """Under Sendblue's own name; what it did not say is null."""
    _, row = await written("receive", RECEIVED[name])
    told = {name: value for name, value in RECEIVED[name].items() if name in row and not name.startswith("date_")}

    assert {name: row[name] or None for name in told} == {name: value or None for name, value in told.items()}
    assert (row["line"], row["date_sent"], row["occurred_at"], row["raw"]) == (
        "line-1",
        1_778_347_231_000,
        1_778_347_231_000,
        None,
    )


@pytest.mark.parametrize(
    ("kind", "body", "key"),
    [
        ("receive", CAPTURED, PERSON),
        ("receive", EMAIL, "sam@example.com"),
        ("receive", GROUP, "sb_group_5f0c2a7e"),
        ("receive", {"message_handle": "h1"}, "h1"),
        ("receive", {}, ""),
        ("line_blocked", OTHERS["line_blocked"], LINE),
        ("contact_profile", OTHERS["contact_profile"], PERSON),
        ("pigeon", OTHERS["pigeon"], "pigeon"),
    ],
)
async def test_the_key_is_the_contacts_or_the_lines(kind: str, body: Body, key: str) -> None:
    """As producers key requests: by the number, or the group id."""
    assert (await written(kind, body))[0] == key.encode()


@pytest.mark.parametrize("policy", [ContentPolicy.HASH, ContentPolicy.OMIT])
async def test_texts_are_kept_as_the_settings_say(policy: ContentPolicy) -> None:
    """Text, media, extras and what is kept whole: none of it, or hashes that show repeats."""
    long = {**REPLY, "media_url": "https://example.com/Cat.png", "transcript": "Is the shop open? " * 500}
    _, row = await written("receive", long, policy)
    _, event = await written("call_completed", OTHERS["call_completed"], policy)
    kept = [row["content"], row["media_url"], row["raw"], event["raw"], *row["extras"].values()]

    assert (row["contact"], row["from_number"]) == (PERSON, PERSON)
    assert "shop" not in json.dumps([row, event], default=str)
    assert [bool(one) for one in kept] == [policy is ContentPolicy.HASH] * len(kept)


async def test_an_unreadable_body_is_a_dead_letter() -> None:
    """Untouched, with type and reason in its headers."""
    producer = Producer(largest=1_000_000)
    await AccountTopics(out(producer), NAMES, ContentPolicy.FULL, KEY).unreadable(b"\x00", "receive", "NOT_JSON")
    ((key, value, headers, _),) = producer.taken

    assert (key, value) == (b"receive", b"\x00")
    assert headers == {
        "sendblue.error.code": b"NOT_JSON",
        "sendblue.webhook": b"receive",
        "__connect.errors.stage": b"ingress",
    }


def role(producer: Producer) -> AccountWebhooks:
    """The role on its topics."""
    topics, listeners = AccountTopics(out(producer), NAMES, ContentPolicy.FULL, KEY), Listeners()
    reports = StatusReports(out(producer))
    return AccountWebhooks(
        lambda: (SECRET,), topics, reports, RecentClaims(), LINES, listeners, json_value, lambda: NOW_MS, lambda _: None
    )


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text()
    | st.sampled_from([PERSON, LINE, "\ud83d", "1e400"]),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text() | st.sampled_from([*CAPTURED]), inner, max_size=4)
    ),
    max_leaves=12,
)
bodies = (
    st.binary(max_size=60)
    | values.map(lambda value: json.dumps(value).encode())
    | st.dictionaries(st.sampled_from([*CAPTURED, "\ud83d", "call_id"]), values, max_size=9).map(
        lambda value: json.dumps({**STATUS, **value}).encode()
    )
)


@given(bodies, st.sampled_from([*Kind, "pigeon"]))
def test_any_bytes_are_answered_200_and_kept(body: bytes, kind: str) -> None:
    """As a record of their type, or as a dead letter; nothing is a fault of ours."""
    producer = Producer(largest=1_000_000)

    reply = run(role(producer).accept(kind, SECRET, body))

    assert reply.status == 200
    assert producer.taken


@pytest.mark.parametrize("kind", ["receive", "call_log", "outbound"])
def test_the_largest_body_fits_its_topic(kind: str) -> None:
    """A quarter of a megabyte, its text escaped or not, and everything in it kept twice at most."""
    for text in ("\u00e9" * 120_000, "a" * 250_000, "\U0001f600" * 15_000):
        producer = Producer(largest=1_000_000)
        body = json.dumps({**STATUS, "content": text, "more": text[:5000]}, ensure_ascii=len(text) < 100_000).encode()
        assert len(body) <= 256 * 1024
        reply = run(role(producer).accept(kind, SECRET, body))
        ((_, _, headers, _),) = producer.taken

        assert reply.status == 200
        assert headers == {}
