"""Account webhooks: 2xx means durable and heard, a wrong secret publishes nothing, our own trouble is 503."""

import json
from collections.abc import Callable

import pytest

from connector.roles.ends import PublishFailed, PublishRefused
from connector.roles.ingress import Reply
from tests.core.webhook_bodies import CAPTURED, LINE, OTHERS, PHOTO, RECEIVED, STATUS, STOP
from tests.test_opt_outs import CONTACT, NUMBER, Ear
from tests.webhook_stage import NEXT, SECRET, World


@pytest.mark.parametrize("name", RECEIVED)
async def test_a_reply_becomes_a_message(name: str) -> None:
    """Each kind that was seen: 200 after it is durable."""
    world = World()

    reply = await world.tell("receive", RECEIVED[name])

    assert reply == Reply(200)
    assert [message.report.content for message in world.messages] == [RECEIVED[name]["content"] or None]
    assert (world.happened, world.events, world.dead, world.results) == ([], [], [], [("receive", "accepted")])


@pytest.mark.parametrize("kind", OTHERS)
async def test_another_type_becomes_an_event_of_the_account(kind: str) -> None:
    """Also one that nobody documented, which is counted as such."""
    world = World()

    reply = await world.tell(kind, OTHERS[kind])

    assert reply == Reply(200)
    assert [json.loads(event.raw) for event in world.happened] == [OTHERS[kind]]
    assert world.results == [("other" if kind == "pigeon" else kind, "accepted")]


async def test_both_secrets_are_accepted_while_one_follows_the_other() -> None:
    """And the first no more, once it is retired."""
    world = World()
    replies = [
        (await world.tell("receive", body, secret)).status for body, secret in ((CAPTURED, SECRET), (PHOTO, NEXT))
    ]
    world.secrets = (NEXT,)
    late = await world.tell("receive", STOP, SECRET)

    assert (replies, late.status, len(world.messages)) == ([200, 200], 401, 2)


@pytest.mark.parametrize("secret", [b"", b"x", SECRET[:-1], SECRET + b"!", b"\xff\xfe"])
async def test_a_forged_webhook_publishes_nothing(secret: bytes) -> None:
    """401, whatever the body is; nobody hears of it."""
    world = World()
    world.listeners.heard = world.hear

    replies = [
        (await world.role.accept("receive", secret, body)).status for body in (json.dumps(STOP).encode(), b"\x00")
    ]

    assert replies == [401, 401]
    assert (world.published, world.dead, world.heard) == (0, [], [])
    assert world.results == [("receive", "forged")] * 2


async def test_without_a_secret_all_of_them_are_forged() -> None:
    """It fails closed."""
    world = World()
    world.secrets = ()

    assert [(await world.tell("receive", CAPTURED, secret)).status for secret in (b"", SECRET)] == [401, 401]
    assert world.published == 0


TROUBLES: dict[str, Callable[[World], object]] = {
    "down": lambda world: setattr(world, "up", False),
    "refused": lambda world: setattr(world, "trouble", PublishFailed),
    "hangs": lambda world: setattr(world, "hangs", True),
    "secrets unreadable": lambda world: setattr(world, "secrets", None),
    "listener fails": lambda world: setattr(world, "deaf", True),
}
BODIES: dict[str, object] = {"receive": CAPTURED, "line_blocked": OTHERS["line_blocked"], "outbound": STATUS}
CASES = [
    (trouble, kind) for trouble in TROUBLES for kind in BODIES if (trouble, kind) != ("listener fails", "outbound")
]


@pytest.mark.parametrize(("trouble", "kind"), CASES)
async def test_our_own_trouble_is_503_and_the_next_try_goes_through(trouble: str, kind: str) -> None:
    """Never a 2xx for what is not durable and heard, and never a repeat that was not."""
    world, calm = World(), World()
    world.listeners.heard = world.listeners.line_blocked = world.hear
    TROUBLES[trouble](world)
    refused = await world.tell(kind, BODIES[kind])
    before, results = world.published, world.results
    for name in ("up", "trouble", "hangs", "secrets", "deaf"):
        setattr(world, name, getattr(calm, name))
    again = [(await world.tell(kind, BODIES[kind])).status for _ in range(2)]

    assert refused.status == 503
    assert refused.retry_after_s
    assert (before, results[0][1], again, world.published) == (0, "refused", [200, 200], 1)
    assert [result for _, result in world.results[1:]] == ["accepted", "repeated"]


@pytest.mark.parametrize("kind", ["receive", "outbound", "call_log", "pigeon"])
@pytest.mark.parametrize(
    "body", [b"", b"not json", b"[]", b'"x"', b"null", b"[" * 5000, b"\xff\xfe", b'{"a":1e999}', b"[[]]"]
)
async def test_an_unreadable_body_is_kept_raw(kind: str, body: bytes) -> None:
    """The bytes go to the dead letters, then 200: asking again would bring the same."""
    world = World()

    reply = await world.role.accept(kind, SECRET, body)

    assert reply == Reply(200)
    assert [(raw, of) for raw, of, _ in world.dead] == [(body, kind)]
    assert world.published == 0
    assert [result for _, result in world.results] == ["unreadable"]


async def test_what_no_topic_takes_is_a_dead_letter() -> None:
    """It would be refused for ever."""
    world = World()
    world.trouble = PublishRefused

    replies = [(await world.tell(kind, CAPTURED)).status for kind in ("receive", "call_log", "outbound")]

    assert replies == [200, 200, 200]
    assert [reason for _, _, reason in world.dead] == ["TOO_LARGE"] * 3


async def test_a_dead_letter_that_is_not_durable_is_503() -> None:
    """Like anything else."""
    world = World()
    world.trouble = PublishFailed

    assert (await world.role.accept("receive", SECRET, b"not json")).status == 503


async def test_a_list_is_taken_apart() -> None:
    """What can be read is published; for what cannot, the whole body is kept as well."""
    world = World()

    whole = await world.tell("receive", [CAPTURED, PHOTO])
    mixed = await world.tell("receive", [STOP, "what is this", CAPTURED])

    assert (whole.status, mixed.status) == (200, 200)
    assert [m.report.content for m in world.messages] == [CAPTURED["content"], None, "STOP"]
    assert [reason for _, _, reason in world.dead] == ["NOT_AN_OBJECT"]
    assert world.results == [("receive", "accepted"), ("receive", "unreadable")]


async def test_who_listens_has_heard_before_the_answer() -> None:
    """Of replies, and of lines that are blocked; of nothing else."""
    world = World()
    world.listeners.heard = world.listeners.line_blocked = world.hear
    await world.tell("receive", STOP)
    for kind, body in OTHERS.items():
        await world.tell(kind, body)
    blocked = [event for event in world.happened if event.type == "line_blocked"]

    assert [world.messages[0].event_id, blocked[0].event_id] == world.heard
    assert [event.line for event in blocked] == ["line-1"]


async def test_an_opt_out_is_heard_though_its_event_is_a_repeat() -> None:
    """A status that differs in it alone is the same event."""
    world, ear = World(), Ear()
    world.listeners.opted = ear.opt_outs.told
    for opted_out in (False, True):
        await world.tell("outbound", {**STATUS, "number": NUMBER, "opted_out": opted_out})

    assert len(world.events) == 1
    assert CONTACT in ear.opt_outs.known


async def test_what_we_sent_ourselves_is_not_heard() -> None:
    """Our own STOP, should Sendblue ever tell of it, opts nobody out; it is published."""
    world = World()
    world.listeners.heard = world.hear
    await world.tell("receive", {**STOP, "is_outbound": True, "from_number": LINE})

    assert (len(world.messages), world.heard) == (1, [])


@pytest.mark.parametrize("kind", BODIES)
async def test_what_a_listener_could_not_write_is_told_again(kind: str) -> None:
    """The record that Kafka refused is the listener's, perhaps a STOP: the webhook is not too large for that."""

    async def refused(*_: object) -> None:
        raise PublishRefused

    world = World()
    world.listeners.heard = world.listeners.line_blocked = world.listeners.opted = refused

    assert (await world.tell(kind, BODIES[kind])).status == 503
    assert (world.published, world.dead) == (0, [])
