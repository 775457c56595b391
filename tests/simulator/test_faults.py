"""What goes wrong on purpose: every fault as the caller meets it, outages, errors on demand."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest

from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.faults import Fault, Faults
from connector.simulator.refusals import ERRORS
from connector.simulator.server import running
from tests.simulator.stage import KEYS, LINE, OTHER_LINE, PERSON, Stage
from tests.virtual_time import run

BODY = {"number": PERSON, "from_number": LINE, "content": "#req:r1"}
Site = tuple[Simulator, httpx2.AsyncClient]


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A simulator on a real socket, whose connections can be cut."""
    one = Simulator(SimulatorSettings((LINE, OTHER_LINE), step_s=0.01))
    async with (
        running(one) as url,
        httpx2.AsyncClient(base_url=url, headers=KEYS, trust_env=False, timeout=120) as client,
    ):
        yield one, client


async def met(client: httpx2.AsyncClient, path: str = "/api/send-message") -> int | str:
    """The HTTP status, or what became of the connection."""
    try:
        return (await client.post(path, json=BODY)).status_code
    except httpx2.TransportError:
        return "cut"


@pytest.mark.parametrize(
    ("fault", "expected", "texts"),
    [
        (Fault.NONE, 202, 1),
        (Fault.DROP, "cut", 0),
        (Fault.LOSE_REPLY, "cut", 1),
        (Fault.ERROR_AFTER, 500, 1),
        (Fault.ERROR_BEFORE, 500, 0),
        (Fault.TRUNCATE, "cut", 1),
        (Fault.TOO_MANY, 429, 0),
        (Fault.HTML, 502, 0),
        (Fault.UNAVAILABLE, 503, 0),
        (Fault.NO_HANDLE, 202, 1),
    ],
)
async def test_a_fault_is_met_once(site: Site, fault: Fault, expected: int | str, texts: int) -> None:
    """The next send goes well again."""
    one, client = site
    one.faults.queued.append(fault)

    assert expected == await met(client)
    assert texts == one.record.totals()["texts"]
    assert await met(client) == 202


@pytest.mark.parametrize(("fault", "texts"), [(Fault.HANG, 0), (Fault.HANG_AFTER, 1)])
def test_a_send_without_an_answer(fault: Fault, texts: int) -> None:
    """Until the caller hangs up, and the POST is in work as long: the first overlaps the second, not the third."""

    async def main() -> tuple[dict[str, Any], bool]:
        stage = Stage(Faults(queued=[fault]))
        hanging = asyncio.create_task(stage.send(content="#req:r1"))
        await asyncio.sleep(3600)
        await stage.send(content="#req:r2")
        answered = hanging.done()
        hanging.cancel()
        await asyncio.gather(hanging, return_exceptions=True)
        await stage.send(content="#req:r3")
        return stage.totals(), answered

    totals, answered = run(main())

    assert not answered
    assert totals["texts"] == texts + 2
    assert (totals["overlapping_contacts"], totals["overlapping_pairs"]) == (1, 1)


@pytest.mark.parametrize(("outage", "expected"), [("503", 503), ("reset", "cut"), ("hang", "cut")])
async def test_an_outage_is_everywhere_until_it_ends(site: Site, outage: str, expected: int | str) -> None:
    """Sends and look-ups alike, with good keys and bad; nothing is accepted."""
    one, client = site
    await client.put("/_sim/faults", json={"outage": outage})
    client.timeout = httpx2.Timeout(0.5 if outage == "hang" else 120)
    ends = [await met(client), await met(client, "/api/upload-media-object")]
    client.timeout = httpx2.Timeout(120)
    await client.put("/_sim/faults", json={"outage": "none"})

    assert [expected, expected] == ends
    assert tuple(one.record.totals()[name] for name in ("posts", "texts", "refused")) == (1, 0, 1)
    assert await met(client) == 202


async def test_refused_keys_are_no_post(site: Site) -> None:
    """As wrong ones are: sends and look-ups are answered 401, and what is refused at the door is not counted."""
    one, client = site
    await client.put("/_sim/faults", json={"outage": "401"})
    ends = [await met(client), await met(client, "/api/upload-media-object")]
    await client.put("/_sim/faults", json={"outage": "none"})

    assert ends == [401, 401]
    assert one.record.totals()["posts"] == 0
    assert await met(client) == 202


@pytest.mark.parametrize("name", ERRORS)
async def test_every_documented_error_on_demand(name: str) -> None:
    """As a refusal, with its HTTP status, code, key and sentence."""
    stage = Stage()
    http, code, key, sentence = ERRORS[name]
    await stage.put("/_sim/faults", {"queued": [{"error": name}]})

    answer = await stage.send()
    body = answer.json()

    assert (http, "ERROR", code, key) == (
        answer.status_code,
        *(body[field] for field in ("status", "error_code", "error_key")),
    )
    assert (sentence, 0) == (body["error_message"], stage.totals()["texts"])
    assert (await stage.send()).status_code == 202


@pytest.mark.parametrize("name", ["5000", "10001", "SMS_LIMIT_REACHED", "4711"])
async def test_an_error_inside_a_2xx(name: str) -> None:
    """A message born with the error: it has a handle and can be looked up, and reached nobody."""
    stage = Stage()
    await stage.put("/_sim/faults", {"queued": [{"error": name, "http": 202}]})

    sent = (await stage.send()).json()
    found = await stage.get("/api/status", handle=sent["message_handle"])

    assert sent["status"] == "ERROR"
    assert name == str(sent["error_code"])
    assert sent == found
    assert tuple(stage.totals()[field] for field in ("texts", "declined")) == (0, 1)


async def test_a_body_of_ones_own() -> None:
    """With the HTTP status under ``http``."""
    stage = Stage()
    await stage.put("/_sim/faults", {"queued": [{"http": 418, "teapot": True}]})

    answer = await stage.send()

    assert (answer.status_code, answer.json()) == (418, {"teapot": True})


def test_latency_adds_up() -> None:
    """Of the settings and of the faults; the text is accepted at the end of it."""

    async def main() -> tuple[float, int]:
        stage = Stage(Faults(latency_s=2.0), latency_s=1.0)
        sending = asyncio.create_task(stage.send())
        await asyncio.sleep(2.9)
        early = stage.totals()["texts"]
        await sending
        return asyncio.get_running_loop().time(), early

    assert run(main()) == (3.0, 0)


@pytest.mark.parametrize(
    ("headers", "code", "body"),
    [
        ({}, 403, {"message": "Did not get inputs for authorization"}),
        ({"sb-api-key-id": "x", "sb-api-secret-key": "y"}, 401, {"status": "ERROR", "message": "Invalid Credentials"}),
        ({"sb-api-key-id": "demo-key"}, 401, {"status": "ERROR", "message": "Invalid Credentials"}),
        ({"x-sb-api-key-id": "demo-key", "x-sb-api-secret-key": "demo-secret"}, 200, {"numbers": [LINE, OTHER_LINE]}),
    ],
    ids=str,
)
async def test_keys(headers: dict[str, str], code: int, body: dict[str, Any]) -> None:
    """None at all is 403, wrong ones are 401, in each case as Sendblue words it."""
    stage = Stage()
    stage.client.headers = httpx2.Headers(headers)

    answer = await stage.client.get("/api/lines")

    assert (code, body) == (answer.status_code, answer.json())


async def test_answers_have_a_date(site: Site) -> None:
    """So that a caller can tell how far apart the clocks are."""
    answer = await site[1].get("/api/v2/messages")

    assert answer.headers["date"].endswith("GMT")
