"""The official SDK asks the simulator about the account; its models take every answer.

Of what the simulator has, the SDK has no call for ``GET /api/lines`` and ``POST /api/upload-file``; they are asked for
through it, without a model.
"""

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sendblue_api
from starlette.routing import Route

from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.server import running
from connector.simulator.webhooks import TYPES
from tests.simulator.sdk_stage import ANOTHER, LINE, PERSON, STYLED, Clock, Site, sdk

CALL = re.compile(r"""self\._(get|post|put|patch|delete)\(\s*(?:path_template\(\s*)?"(/api[^"]*)\"""")
WITHOUT_A_CALL = {("GET", "/api/lines"), ("POST", "/api/upload-file")}


async def test_lines(simulator: Site) -> None:
    """Their state, what they may do, who is known on them."""
    _, client = simulator
    await client.messages.send(content="Hello", from_number=LINE, number=PERSON, **STYLED)

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


@pytest.mark.parametrize("status", ["OFFLINE", "DEGRADED", "UNKNOWN"])
async def test_a_line_in_trouble(simulator: Site, clock: Clock, status: str) -> None:
    """Its state, and since when."""
    _, client = simulator
    await client.put(f"/_sim/lines/{LINE}", cast_to=object, body={"status": status})
    (line,) = (await client.lines.get_state()).data
    since = datetime.fromtimestamp(round(clock.now, 3), UTC)

    assert (line.sendblue_number, line.status, line.assignment) == (LINE, status, "assigned")
    assert (line.status_changed_at, line.degraded_since) == (since, since if status == "DEGRADED" else None)


async def test_a_line_that_has_had_its_new_contacts(clock: Clock) -> None:
    """Of the hour, then of the day: what it says of itself, of a person, and to who texts one more."""
    settings = SimulatorSettings((LINE,), new_contacts_hourly=1, new_contacts_daily=2)
    async with running(Simulator(settings, clock=clock)) as url, sdk(url) as client:
        await client.messages.send(content="x", from_number=LINE, number=PERSON, **STYLED)
        status = await client.lines.get_contact_status(number=ANOTHER, sendblue_number=LINE)
        (hour,) = (await client.lines.get_usage()).lines
        with pytest.raises(sendblue_api.APIStatusError) as refused:
            await client.messages.send(content="x", from_number=LINE, number=ANOTHER, **STYLED)
        clock.now += 3601
        await client.messages.send(content="x", from_number=LINE, number=ANOTHER, **STYLED)
        (day,) = (await client.lines.get_usage()).lines

    assert (status.classification, status.known_contact, status.new_contact_lookback_days) == ("new", False, 30)
    assert (hour.state, hour.hourly.remaining, hour.daily.remaining) == ("limited", 0, 1)
    assert hour.available_at == hour.hourly.next_slot_at
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["error_key"] == "LINE_HOURLY_LIMIT_REACHED"
    assert (day.state, day.daily.limit, day.daily.used) == ("limited", 2, 2)
    assert day.available_at == day.daily.resets_at


async def test_lines_without_limits() -> None:
    """Nothing is counted, and nobody is known or new."""
    async with running(Simulator(SimulatorSettings((LINE,)))) as url, sdk(url) as client:
        usage = await client.lines.get_usage()
        status = await client.lines.get_contact_status(number=PERSON, sendblue_number=LINE)

    assert (usage.enabled, usage.lines) == (False, [])
    assert (status.classification, status.known_contact) == ("not_applicable", None)


async def test_evaluate_service(simulator: Site) -> None:
    """iMessage or SMS, no number, and no answer."""
    one, client = simulator
    services = [(await client.lookups.lookup_number(number=PERSON[:-1] + digit)).service for digit in "38"]
    with pytest.raises(sendblue_api.BadRequestError):
        await client.lookups.lookup_number(number="12025550123")
    one.faults.no_service = True
    with pytest.raises(sendblue_api.InternalServerError):
        await client.lookups.lookup_number(number=PERSON)

    assert services == ["iMessage", "SMS"]


async def test_media(simulator: Site) -> None:
    """An object made of a link; a link that is none; a file, whose URL may be sent."""
    _, client = simulator
    media = await client.media_objects.upload(media_url="https://example.com/WelcomeImage.png")
    with pytest.raises(sendblue_api.BadRequestError):
        await client.media_objects.upload(media_url="nowhere")
    form: Any = {"headers": {"Content-Type": "multipart/form-data"}}
    file: Any = await client.post("/api/upload-file", cast_to=object, files={"file": ("a.png", b"bytes")}, options=form)
    sent = await client.messages.send(
        content="", media_url=file["media_url"], from_number=LINE, number=PERSON, **STYLED
    )

    assert media.media_object_id
    assert file["media_url"].endswith("/a.png")
    assert sent.media_url == file["media_url"]


async def test_numbers_of_the_account(simulator: Site) -> None:
    """All of them."""
    _, client = simulator

    assert await client.get("/api/lines", cast_to=object) == {"numbers": [LINE]}


async def test_webhooks(simulator: Site) -> None:
    """Added, replaced, shown without secrets, deleted; of some lines only, where that was said."""
    _, client = simulator
    url, second, some = "https://example.com/hook", "https://example.com/second", "https://example.com/some"

    added = await client.webhooks.create(webhooks=[{"url": url, "secret": "s"}], type="outbound", global_secret="g")
    replaced = await client.webhooks.update(webhooks={"receive": [url, second], "global_secret": "g"})
    await client.webhooks.delete(webhooks=[url], type="receive")
    await client.webhooks.create(webhooks=[{"url": some, "sendblue_numbers": [LINE]}], type="receive")
    shown = (await client.webhooks.list()).webhooks

    assert added.webhooks is not None
    assert [url] == added.webhooks.outbound
    assert replaced.webhooks is not None
    assert [url, second] == replaced.webhooks.receive
    assert shown is not None
    assert shown.to_dict() == {"receive": [second, {"url": some, "sendblue_numbers": [LINE]}]}


@pytest.mark.parametrize("kind", sorted(TYPES))
async def test_every_type_of_webhook(simulator: Site, kind: Any) -> None:
    """Is taken, and stands where the SDK looks for it."""
    _, client = simulator
    await client.webhooks.create(webhooks=["https://example.com/hook"], type=kind)
    shown = (await client.webhooks.list()).webhooks

    assert getattr(shown, kind) == ["https://example.com/hook"]


def test_the_sdk_has_a_call_for_all_but_two() -> None:
    """By the paths in its source; a release that has one for these as well is heard of here."""
    calls = {
        (method.upper(), re.sub(r"{.*?}", "{}", path))
        for file in Path(sendblue_api.__file__).parent.joinpath("resources").rglob("*.py")
        for method, path in CALL.findall(file.read_text())
    }
    routes = [route for route in Simulator().app().routes if isinstance(route, Route)]
    ours = {(method, route.path) for route in routes for method in route.methods or () if method != "HEAD"}

    missing = {
        (method, path)
        for method, path in ours
        if not path.startswith("/_sim/") and (method, re.sub(r"{.*?}", "{}", path)) not in calls
    }

    assert missing == WITHOUT_A_CALL


async def test_opt_out(simulator: Site) -> None:
    """A contact who is out gets nothing; the error names the rule."""
    _, client = simulator

    out = await client.contacts.opt_out(number=PERSON)
    with pytest.raises(sendblue_api.BadRequestError) as refused:
        await client.messages.send(content="x", from_number=LINE, number=PERSON, **STYLED)
    await client.contacts.opt_out(number=PERSON, opted_out=False)

    assert (out.number, out.opted_out) == (PERSON, True)
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["error_key"] == "OPTED_OUT"
    assert (await client.messages.send(content="x", from_number=LINE, number=PERSON, **STYLED)).message_handle
