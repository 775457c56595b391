"""The official SDK works against the simulator, unchanged."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
import sendblue_api

from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.faults import Fault
from connector.simulator.server import running

LINE, PERSON = "+13035550100", "+12025550123"
Site = tuple[Simulator, sendblue_api.AsyncSendblueAPI]


class Clock:
    """A time of day that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC).timestamp()

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def simulator(clock: Clock) -> AsyncIterator[Site]:
    one = Simulator(SimulatorSettings((LINE,), step_s=0.01, lag_s=60.0, new_contacts_hourly=15), clock=clock)
    async with running(one) as url:
        client = sendblue_api.AsyncSendblueAPI(
            api_key="demo-key", api_secret="demo-secret", base_url=url, max_retries=0
        )
        async with client:
            yield one, client


async def test_send_and_look_up(simulator: Site) -> None:
    """What is sent can be asked for by handle, bare and wrapped."""
    one, client = simulator

    sent = await client.messages.send(content="Hello", from_number=LINE, number=PERSON, send_style="confetti")
    status = await client.messages.get_status(handle=str(sent.message_handle))
    found = await client.messages.retrieve(str(sent.message_handle))

    assert status.message_handle == sent.message_handle
    assert found.data is not None
    assert (sent.message_handle, "confetti", "iMessage") == (
        found.data.message_handle,
        found.data.send_style,
        found.data.service,
    )
    assert one.record.totals()["texts"] == 1


async def test_list_with_filters_and_lag(simulator: Site, clock: Clock) -> None:
    """A message appears after the lag, between the times that were asked for, in the order asked for."""
    _, client = simulator
    began = datetime.fromtimestamp(clock.now, UTC)
    handles = []
    for content in ("one", "two"):
        handles.append((await client.messages.send(content=content, from_number=LINE, number=PERSON)).message_handle)
        clock.now += 10
    early = await client.messages.list(to_number=PERSON)
    clock.now += 60

    late = await client.messages.list(
        to_number=PERSON,
        sendblue_number=LINE,
        is_outbound="true",
        created_at_gte=began - timedelta(seconds=1),
        order_by="createdAt",
        order_direction="asc",
        limit=100,
    )
    second = await client.messages.list(number=PERSON, created_at_gte=began + timedelta(seconds=5), limit=1)

    assert early.data == []
    assert handles == [row.message_handle for row in late.data or []]
    assert handles[1:] == [row.message_handle for row in second.data or []]
    assert late.pagination is not None
    assert (late.pagination.total, late.pagination.offset, late.pagination.has_more) == (2, 0, False)


async def test_lines(simulator: Site) -> None:
    """Their state, what they may do, who is known on them."""
    _, client = simulator
    await client.messages.send(content="Hello", from_number=LINE, number=PERSON)

    state, usage = await client.lines.get_state(), await client.lines.get_usage()
    known = await client.lines.get_contact_status(number=PERSON, sendblue_number=LINE)
    with pytest.raises(sendblue_api.BadRequestError):
        await client.lines.get_contact_status(number=PERSON, sendblue_number="+13035550199")

    assert [(line.sendblue_number, line.status) for line in state.data] == [(LINE, "ONLINE")]
    assert [(line.phone, line.state, line.hourly.used, line.hourly.remaining) for line in usage.lines] == [
        (LINE, "available", 1, 14)
    ]
    assert usage.lines[0].daily.resets_at is not None
    assert known.classification == "known"


async def test_evaluate_service_and_media(simulator: Site) -> None:
    """A look-up of the service, an object made of a link, and a link that is none."""
    _, client = simulator

    services = [(await client.lookups.lookup_number(number=PERSON[:-1] + digit)).service for digit in "38"]
    media = await client.media_objects.upload(media_url="https://example.com/WelcomeImage.png")
    with pytest.raises(sendblue_api.BadRequestError):
        await client.media_objects.upload(media_url="nowhere")

    assert services == ["iMessage", "SMS"]
    assert media.media_object_id


async def test_webhooks(simulator: Site) -> None:
    """Added, replaced, shown without secrets, deleted."""
    _, client = simulator
    url, second = "https://example.com/hook", "https://example.com/second"

    added = await client.webhooks.create(webhooks=[{"url": url, "secret": "s"}], type="outbound", global_secret="g")
    replaced = await client.webhooks.update(webhooks={"receive": [url, second], "global_secret": "g"})
    await client.webhooks.delete(webhooks=[url], type="receive")
    shown = (await client.webhooks.list()).webhooks

    assert added.webhooks is not None
    assert [url] == added.webhooks.outbound
    assert replaced.webhooks is not None
    assert [url, second] == replaced.webhooks.receive
    assert shown is not None
    assert ([second], None, None) == (shown.receive, shown.outbound, shown.global_secret)


async def test_opt_out(simulator: Site) -> None:
    """A contact who is out gets nothing; the error names the rule."""
    _, client = simulator

    out = await client.contacts.opt_out(number=PERSON)
    with pytest.raises(sendblue_api.BadRequestError) as refused:
        await client.messages.send(content="x", from_number=LINE, number=PERSON)
    await client.contacts.opt_out(number=PERSON, opted_out=False)

    assert (out.number, out.opted_out) == (PERSON, True)
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["error_key"] == "OPTED_OUT"
    assert (await client.messages.send(content="x", from_number=LINE, number=PERSON)).message_handle


async def test_typing(simulator: Site) -> None:
    """Once there is a conversation."""
    _, client = simulator
    await client.messages.send(content="Hello", from_number=LINE, number=PERSON)

    assert (await client.typing_indicators.send(number=PERSON, from_number=LINE)).status == "SENT"


async def test_group_send(simulator: Site) -> None:
    """Several people, one message, one group however they are listed."""
    one, client = simulator
    second = "+12025550124"

    sent = [
        await client.groups.send_message(content="Hi", from_number=LINE, numbers=numbers)
        for numbers in ([PERSON, second], [second, PERSON])
    ]

    assert [message.message_type for message in sent] == ["group", "group"]
    groups = {one.texts[str(message.message_handle)].group_id for message in sent}
    assert len(groups) == 1
    assert (await client.groups.send_message(content="Hi", from_number=LINE, group_id=groups.pop())).message_handle


async def test_wrong_keys_and_a_foreign_line(simulator: Site) -> None:
    """401 and 400, and nobody is texted."""
    one, client = simulator

    with pytest.raises(sendblue_api.AuthenticationError):
        await client.with_options(api_key="wrong").messages.send(content="x", from_number=LINE, number=PERSON)
    with pytest.raises(sendblue_api.BadRequestError):
        await client.messages.send(content="x", from_number="+13035550199", number=PERSON)

    assert one.record.totals()["texts"] == 0


async def test_the_sdk_with_its_own_retries_texts_twice(simulator: Site) -> None:
    """The reply of an accepted text is lost; the SDK sends again; the record counts a double."""
    one, client = simulator
    one.faults.queued.append(Fault.LOSE_REPLY)

    await client.with_options(max_retries=2).messages.send(content="#req:r1", from_number=LINE, number=PERSON)

    assert one.record.totals()["duplicate_texts"] == 1


async def test_a_signed_inbound_message_arrives(simulator: Site) -> None:
    """Through a webhook set by the SDK, over a real socket, with its secret."""
    one, client = simulator
    heads: asyncio.Queue[bytes] = asyncio.Queue()

    async def receive(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.put_nowait(await reader.readuntil(b"\r\n\r\n"))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
        writer.close()

    async with await asyncio.start_server(receive, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/inbound"
        await client.webhooks.create(webhooks=[{"url": url, "secret": "between us"}])
        await client.post("/_sim/inbound", cast_to=object, body={"number": PERSON, "line": LINE, "content": "Hi"})
        head = await asyncio.wait_for(heads.get(), 10)

    assert head.startswith(b"POST /inbound HTTP/1.1\r\n")
    assert b"\r\nsb-signing-secret: between us\r\n" in head
    assert len(one.texts) == 1
