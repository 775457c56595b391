"""The official SDK works against the simulator, unchanged."""

from collections.abc import AsyncIterator

import pytest
import sendblue_api

from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.faults import Fault
from connector.simulator.server import running

LINE, PERSON = "+13035550100", "+12025550123"


@pytest.fixture
async def simulator() -> AsyncIterator[tuple[Simulator, sendblue_api.AsyncSendblueAPI]]:
    one = Simulator(SimulatorSettings((LINE,), step_s=0.01))
    async with running(one) as url:
        client = sendblue_api.AsyncSendblueAPI(
            api_key="demo-key", api_secret="demo-secret", base_url=url, max_retries=0
        )
        async with client:
            yield one, client


async def test_send_status_list_and_lines(
    simulator: tuple[Simulator, sendblue_api.AsyncSendblueAPI],
) -> None:
    """What is sent can be asked for by handle and found in the list."""
    one, client = simulator

    sent = await client.messages.send(content="Hello", from_number=LINE, number=PERSON)
    status = await client.messages.get_status(handle=str(sent.message_handle))
    listed = await client.messages.list()
    state, usage = await client.lines.get_state(), await client.lines.get_usage()

    assert status.message_handle == sent.message_handle
    assert [row.message_handle for row in listed.data or []] == [sent.message_handle]
    assert LINE in str(state)
    assert LINE in str(usage)
    assert one.record.totals()["texts"] == 1


async def test_group_send(simulator: tuple[Simulator, sendblue_api.AsyncSendblueAPI]) -> None:
    """Several people, one message."""
    _, client = simulator

    sent = await client.groups.send_message(content="Hi", from_number=LINE, numbers=[PERSON, "+12025550124"])

    assert sent.message_handle


async def test_wrong_keys_and_a_foreign_line(simulator: tuple[Simulator, sendblue_api.AsyncSendblueAPI]) -> None:
    """401 and 400, and nobody is texted."""
    one, client = simulator

    with pytest.raises(sendblue_api.AuthenticationError):
        await client.with_options(api_key="wrong").messages.send(content="x", from_number=LINE, number=PERSON)
    with pytest.raises(sendblue_api.BadRequestError):
        await client.messages.send(content="x", from_number="+13035550199", number=PERSON)

    assert one.record.totals()["texts"] == 0


async def test_the_sdk_with_its_own_retries_texts_twice(
    simulator: tuple[Simulator, sendblue_api.AsyncSendblueAPI],
) -> None:
    """The reply of an accepted text is lost; the SDK sends again; the record counts a double."""
    one, client = simulator
    one.faults.queued.append(Fault.LOSE_REPLY)

    await client.with_options(max_retries=2).messages.send(content="#req:r1", from_number=LINE, number=PERSON)

    assert one.record.totals()["duplicate_texts"] == 1
