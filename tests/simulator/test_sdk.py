"""The official SDK sends and lists through the simulator, unchanged, and its models take every answer."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import sendblue_api

from connector.simulator.faults import Fault
from tests.simulator.sdk_stage import ANOTHER, LINE, PERSON, STYLED, Clock, Site


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
        sent = await client.messages.send(content=content, from_number=LINE, number=PERSON, **STYLED)
        handles.append(sent.message_handle)
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


async def test_typing(simulator: Site) -> None:
    """Once there is a conversation."""
    _, client = simulator
    await client.messages.send(content="Hello", from_number=LINE, number=PERSON, **STYLED)

    assert (await client.typing_indicators.send(number=PERSON, from_number=LINE)).status == "SENT"


async def test_group_send(simulator: Site) -> None:
    """Several people, one message, one group however they are listed."""
    one, client = simulator

    sent = [
        await client.groups.send_message(content="Hi", from_number=LINE, numbers=numbers, extra_body=STYLED)
        for numbers in ([PERSON, ANOTHER], [ANOTHER, PERSON])
    ]

    assert [message.message_type for message in sent] == ["group", "group"]
    groups = {one.texts[str(message.message_handle)].group_id for message in sent}
    assert len(groups) == 1
    assert (
        await client.groups.send_message(content="Hi", from_number=LINE, group_id=groups.pop(), extra_body=STYLED)
    ).message_handle


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
        head = await asyncio.wait_for(heads.get(), 120)

    assert head.startswith(b"POST /inbound HTTP/1.1\r\n")
    assert b"\r\nsb-signing-secret: between us\r\n" in head
    assert len(one.texts) == 1
