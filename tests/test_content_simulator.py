"""What goes out, against the simulator and by the SDK's own models: parameters, look-ups, uploads, the free plan."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sendblue_api
from pydantic import TypeAdapter
from sendblue_api.types import GroupSendMessageParams, MessageSendParams

from connector.core.calls import Answer, OutboundMessage, handle_of
from connector.core.content_facts import MediaAsked, ServiceAsked
from connector.core.facts import Fact
from connector.core.inquiries import NoAnswer
from connector.core.messages import ReplyTo, SendRequest
from connector.core.outcomes import Rejected, Submitted, classify
from connector.core.preparing import NotTaken, Uploaded
from connector.core.refusals import REFUSALS
from connector.sendblue.bodies import body_of
from connector.sendblue.client import SendblueClient
from connector.sendblue.credentials import Credentials
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.server import running
from connector.wiring.preparations import REFUSED, Files, Services
from tests.sendblue.file_server import PICTURE, answer, certificate, serving
from tests.sendblue.peers import Connection, reply, talking_to

LINE, PERSON, BY_SMS, BY_RCS = "+13035550100", "+12025550123", "+12025550128", "+12025550127"
PLAIN = SendRequest("r-1", number=PERSON, content="Hello")
PNG = "content-type: image/png"
SIGNED = "/Cat.png?sig=1"


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("files"))


@asynccontextmanager
async def site(**settings: Any) -> AsyncIterator[tuple[Simulator, SendblueClient, sendblue_api.AsyncSendblueAPI]]:
    """A simulator, our client and the SDK's."""
    simulator, keys = Simulator(SimulatorSettings((LINE,), **settings)), Credentials("demo-key", "demo-secret")
    async with (
        running(simulator) as url,
        SendblueClient(url, lambda: keys) as client,
        sendblue_api.AsyncSendblueAPI(api_key="demo-key", api_secret="demo-secret", base_url=url, max_retries=0) as sdk,
    ):
        yield simulator, client, sdk


async def sent(client: SendblueClient, request: SendRequest) -> Answer:
    """One POST of ours."""
    return await client.send(OutboundMessage(request, LINE))


@pytest.mark.parametrize(
    "request_",
    [
        PLAIN,
        replace(PLAIN, seat_id="seat-1"),
        replace(PLAIN, reply_to=ReplyTo("h-1", None)),
        replace(PLAIN, reply_to=ReplyTo("h-1", 2)),
        replace(PLAIN, pre_reply_override=True),
        replace(PLAIN, send_style="confetti", media_url="https://example.com/Cat.png"),
        SendRequest("r", numbers=(PERSON, BY_SMS), content="x", seat_id="seat-1", reply_to=ReplyTo("h-1", 0)),
        SendRequest("r", group_id="g", content="x"),
    ],
)
def test_every_body_is_one_of_the_sdk_s(request_: SendRequest) -> None:
    """No field that it does not have, each of its type; what is not set is left out."""
    params: Any = GroupSendMessageParams if request_.is_group else MessageSendParams
    body = body_of(request_, LINE, None)

    assert body == TypeAdapter(params).validate_python(body, strict=not request_.is_group)
    assert set(body) <= set(params.__annotations__)
    assert ("pre_reply_override" in body) == request_.pre_reply_override


async def test_an_override_lets_one_through_to_who_has_not_replied() -> None:
    """Ours and the SDK's: without it the rule refuses, with it one more goes, once a day."""
    async with site(pre_reply_limit=1) as (_, client, sdk):
        first = classify(await sent(client, PLAIN))
        refused = classify(await sent(client, PLAIN))
        let_through = classify(await sent(client, replace(PLAIN, pre_reply_override=True)))
        with pytest.raises(sendblue_api.BadRequestError):
            await sdk.messages.send(content="x", from_number=LINE, number=PERSON, pre_reply_override=True)
        await sdk.messages.send(content="x", from_number=LINE, number=BY_RCS)
        by_sdk = await sdk.messages.send(content="x", from_number=LINE, number=BY_RCS, pre_reply_override=True)

    assert isinstance(first, Submitted)
    assert isinstance(refused, Rejected)
    assert refused.code == "PRE_REPLY_LIMIT_REACHED"
    assert isinstance(let_through, Submitted)
    assert by_sdk.message_handle


async def test_a_reply_and_a_seat_arrive() -> None:
    """As the SDK's own call has them, field by field; an unknown seat and a reply to nobody are refused."""
    async with site(seats=("seat-1",)) as (simulator, client, sdk):
        parent = handle_of(await sent(client, PLAIN)) or ""
        ours = handle_of(await sent(client, replace(PLAIN, seat_id="seat-1", reply_to=ReplyTo(parent, 1)))) or ""
        theirs = await sdk.messages.send(
            content="Hello",
            from_number=LINE,
            number=PERSON,
            seat_id="seat-1",
            reply_to={"message_handle": parent, "part_index": 1},
        )
        wrong = [
            classify(await sent(client, replace(PLAIN, **change)))
            for change in ({"seat_id": "seat-2"}, {"reply_to": ReplyTo("nobody", None)})
        ]
        texts = [simulator.texts[handle] for handle in (ours, str(theirs.message_handle))]

    assert [(text.seat_id, text.reply_to) for text in texts] == [
        ("seat-1", {"message_handle": parent, "part_index": 1})
    ] * 2
    assert [one.code for one in wrong if isinstance(one, Rejected)] == ["SEAT_UNKNOWN", "4000"]


async def test_on_the_free_plan_only_who_is_verified_is_texted() -> None:
    """The refusal has a code of its own and says what to do; who has texted in is verified."""
    async with site(verified=(BY_SMS,)) as (_, client, sdk):
        refused = classify(await sent(client, PLAIN))
        verified = classify(await sent(client, replace(PLAIN, number=BY_SMS)))
        with pytest.raises(sendblue_api.BadRequestError):
            await sdk.messages.send(content="x", from_number=LINE, number=PERSON)
        await sdk.post("/_sim/inbound", cast_to=object, body={"number": PERSON, "line": LINE, "content": "Hi"})
        afterwards = classify(await sent(client, PLAIN))

    assert isinstance(refused, Rejected)
    assert refused.code == "CONTACT_NOT_VERIFIED"
    assert "text one of the lines first" in refused.sentence
    assert [isinstance(one, Submitted) for one in (verified, afterwards)] == [True, True]


async def test_a_look_up_says_the_service_or_nothing() -> None:
    """By ours and by the SDK's; inconclusive is no answer."""
    facts: list[Fact] = []
    async with site() as (simulator, client, sdk):
        services = Services(client, facts.append)
        found = [await services.of(number) for number in (PERSON, BY_SMS)]
        by_sdk = [(await sdk.lookups.lookup_number(number=number)).service for number in (PERSON, BY_SMS)]
        simulator.faults.change({"no_service": True})
        nothing = await services.of(PERSON)
        with pytest.raises(sendblue_api.InternalServerError):
            await sdk.lookups.lookup_number(number=PERSON)

    assert found == by_sdk == ["iMessage", "SMS"]
    assert nothing == NoAnswer(None)
    assert facts == [ServiceAsked("imessage"), ServiceAsked("other"), ServiceAsked("no_answer")]


@pytest.mark.parametrize("value", [b'{"number": "x"}', b'{"service": null}', b'{"service": "carrier pigeon"}'])
async def test_an_answer_without_a_known_service_is_none(value: bytes) -> None:
    """Nothing is concluded from it."""

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(reply(200, value))

    async with talking_to(play) as (client, _):
        assert await Services(client, lambda _: None).of(PERSON) == NoAnswer(None)


async def test_a_signed_link_becomes_a_url_of_sendblue(pem: Path) -> None:
    """Fetched and uploaded in one go, with or without a length; the URL can be sent as it is."""
    facts: list[Fact] = []
    paths = {SIGNED: answer(200, PICTURE, PNG), "/4711": answer(200, PICTURE, PNG, told=False)}
    async with site() as (simulator, client, _), serving(paths, pem) as (server, files):
        uploads = Files(files, client, 30.0, facts.append)
        taken = [await uploads.uploaded(server.link(target)) for target in paths]
        urls = [one.url for one in taken if isinstance(one, Uploaded)]
        handle = handle_of(await sent(client, replace(PLAIN, media_url=urls[0]))) or ""

        assert [url.rpartition("/")[2] for url in urls] == ["Cat.png", "File.png"]
        assert simulator.texts[handle].media_url == urls[0]
        assert facts == [MediaAsked("uploaded")] * 2


@pytest.mark.parametrize(
    ("given", "found"),
    [
        (answer(404), NotTaken("MEDIA_NOT_FOUND")),
        (answer(200, b"x" * 1_000_001, PNG, told=False), NotTaken("MEDIA_TOO_LARGE")),
        (answer(302, b"", "location: https://inside.example.com/"), NotTaken("MEDIA_NOT_PUBLIC")),
        (answer(429, b"", "retry-after: 9"), NoAnswer(9.0)),
        (answer(200, PICTURE, PNG, length=len(PICTURE) + 5), NoAnswer(None)),
    ],
)
async def test_what_cannot_be_fetched_is_not_uploaded(pem: Path, given: bytes, found: object) -> None:
    """Its server's fault goes before the upload that broke off because of it."""
    async with site() as (_, client, _), serving({SIGNED: given}, pem) as (server, files):
        server.addresses["inside.example.com"] = ("10.0.0.1",)

        assert await Files(files, client, 30.0, lambda _: None).uploaded(server.link(SIGNED)) == found


@pytest.mark.parametrize(
    ("status", "found"),
    [
        (400, NotTaken("MEDIA_NOT_TAKEN")),
        (413, NotTaken("MEDIA_TOO_LARGE")),
        (401, NoAnswer(3.0)),
        (429, NoAnswer(3.0)),
        (503, NoAnswer(3.0)),
        (201, NoAnswer(None)),
    ],
)
async def test_what_sendblue_says_of_an_upload(pem: Path, status: int, found: object) -> None:
    """Refused for good, or not now; a 201 without a URL is of no use."""

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(reply(status, b'{"status":"?","message":"no"}', b"Retry-After: 3"))

    async with talking_to(play) as (client, _), serving({SIGNED: answer(200, PICTURE, PNG)}, pem) as (server, files):
        assert await Files(files, client, 30.0, lambda _: None).uploaded(server.link(SIGNED)) == found


async def test_a_server_that_never_ends_is_given_up(pem: Path) -> None:
    """The whole has one bound; then it is tried again later."""

    async def stall(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    async with site() as (_, client, _), serving({}, pem) as (server, files):
        silent = await asyncio.start_server(stall, "127.0.0.1", 0)
        server.port = silent.sockets[0].getsockname()[1]

        assert await Files(files, client, 0.2, lambda _: None).uploaded(server.link(SIGNED)) == NoAnswer(None)
        silent.close()


def test_every_refusal_has_a_sentence() -> None:
    """What Sendblue says of an upload ends in a code of the table."""
    assert set(REFUSED.values()) <= set(REFUSALS)
