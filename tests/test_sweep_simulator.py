"""The sweep against the simulator, over loopback: every callback lost, a list that lags."""

import asyncio
import time

import httpx2

from connector.core.events import MessageEvent, submitted_event
from connector.core.facts import Fact, StatusSwept
from connector.core.messages import Dispatch, Origin, SendRequest
from connector.roles.sweeper import Sweeper
from connector.sendblue.client import SendblueClient
from connector.sendblue.credentials import Credentials
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.faults import Faults
from connector.simulator.server import running
from connector.system import System
from connector.wiring.message_statuses import ListedStatuses
from tests.sweep_stage import NothingParked, Topic

LINE, WITHIN_S, MESSAGES = "+13035550100", 120.0, 150
KEYS = {"sb-api-key-id": "demo-key", "sb-api-secret-key": "demo-secret"}
AGO_S = 60.0  # the simulator lives so long ago, so that what it says now was said before any grace


class Waited(Topic):
    """A topic that says when all messages have their end."""

    def __init__(self) -> None:
        super().__init__()
        self.complete = asyncio.Event()

    async def event(self, event: MessageEvent) -> None:
        await super().event(event)
        if sum(swept.terminal for swept in self.swept()) == MESSAGES:
            self.complete.set()


async def test_all_statuses_arrive_though_every_callback_is_lost() -> None:
    """Each message's last status, once, under its request; more messages than a page holds."""
    faults = Faults(callback_lost=1.0)
    simulator = Simulator(SimulatorSettings((LINE,), lag_s=0.5, step_s=0.02), faults, lambda: time.time() - AGO_S)
    topic, system = Waited(), System()
    facts: list[Fact] = []
    async with running(simulator) as url, SendblueClient(url, lambda: Credentials("demo-key", "demo-secret")) as client:
        await _submitted(url, topic)
        statuses = ListedStatuses(client, [LINE], system.now_ms)
        sweeper = Sweeper(statuses, topic, topic, NothingParked(), system, facts.append, every_s=0.1)
        sweeper.begin()
        await asyncio.wait_for(topic.complete.wait(), WITHIN_S)
        await sweeper.end()

    ends = [event for event in topic.swept() if event.terminal]
    wanted = {(handle, text.history[-1].status) for handle, text in simulator.texts.items()}
    assert {event.request_id for event in ends} == {f"r{n}" for n in range(MESSAGES)}
    assert {(event.message_handle, event.status) for event in ends} == wanted
    assert len({event.event_id for event in topic.swept()}) == len(topic.swept())
    assert sum(isinstance(fact, StatusSwept) for fact in facts) == len(topic.swept())


async def _submitted(url: str, topic: Topic) -> None:
    """So many texts by API, and their SUBMITTED events."""
    async with httpx2.AsyncClient(base_url=url, headers=KEYS, trust_env=False, timeout=120) as client:
        for n in range(MESSAGES):
            request = SendRequest(f"r{n}", number=f"+1202555{n:04d}", content=f"hello {n}")
            body = {"number": request.number, "from_number": LINE, "content": request.content}
            answer = await client.post("/api/send-message", json={**body, "status_callback": "http://127.0.0.1:9/x"})
            now_ms = System().now_ms()
            dispatch = Dispatch(request, Origin("sendblue.requests", 0, n), now_ms, "line-1")
            handle = answer.json()["message_handle"]
            await topic.event(submitted_event(dispatch, f"a{n}", handle, None, now_ms))
