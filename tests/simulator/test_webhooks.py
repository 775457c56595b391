"""The account's webhooks: how they are set, and what they are told."""

from typing import Any

import pytest

from tests.simulator.stage import ANOTHER, LINE, OTHER_LINE, PERSON, Stage

PATH = "/api/account/webhooks"
HOOK, SECOND = "https://example.com/hook", "https://example.com/second"


def told(stage: Stage) -> list[tuple[str, str | None, Any]]:
    """URL, secret and status of what went out."""
    rows = zip(stage.told, stage.heard(), strict=True)
    return [(delivery.url, delivery.headers.get("sb-signing-secret"), body.get("status")) for delivery, body in rows]


async def test_post_adds_and_get_shows_no_secret() -> None:
    """A URL that is there already is not doubled."""
    stage = Stage()
    await stage.post(PATH, {"webhooks": [HOOK]})
    await stage.post(PATH, {"webhooks": [{"url": SECOND, "secret": "s", "sendblue_numbers": [LINE]}, HOOK]})
    await stage.post(PATH, {"webhooks": [HOOK], "type": "outbound", "globalSecret": "g"})

    shown = await stage.get(PATH)

    rows = [{"url": SECOND, "sendblue_numbers": [LINE]}, HOOK]
    assert {"status": "OK", "webhooks": {"receive": rows, "outbound": [HOOK]}} == shown


async def test_put_replaces_everything() -> None:
    """Types it does not name are gone."""
    stage = Stage()
    await stage.post(PATH, {"webhooks": [HOOK], "type": "outbound"})
    await stage.put(PATH, {"webhooks": {"receive": [SECOND], "globalSecret": "g"}})

    assert (await stage.get(PATH))["webhooks"] == {"receive": [SECOND]}


async def test_delete_removes_from_one_type() -> None:
    """And leaves the others."""
    stage = Stage()
    await stage.put(PATH, {"webhooks": {"receive": [HOOK, SECOND], "outbound": [HOOK]}})
    await stage.client.request("DELETE", PATH, json={"webhooks": [HOOK]})

    assert (await stage.get(PATH))["webhooks"] == {"receive": [SECOND], "outbound": [HOOK]}


@pytest.mark.parametrize(
    "body",
    [
        {"webhooks": [HOOK], "type": "pigeon"},
        {"webhooks": ["nowhere"]},
        {"webhooks": [{"secret": "s"}]},
        {"webhooks": [{"url": HOOK, "secret": "a\r\nb"}]},
        {"webhooks": HOOK},
        {},
    ],
    ids=str,
)
async def test_a_webhook_nobody_could_call_is_400(body: dict[str, Any]) -> None:
    """And changes nothing."""
    stage = Stage()

    answer = await stage.post(PATH, body)

    assert (answer.status_code, (await stage.get(PATH))["webhooks"]) == (400, {})


@pytest.mark.parametrize(
    "body", [{"webhooks": {"receive": HOOK}}, {"webhooks": {"globalSecret": [HOOK]}}, {"webhooks": {"x": []}}], ids=str
)
async def test_a_bad_replacement_is_400(body: dict[str, Any]) -> None:
    """And replaces nothing."""
    stage = Stage()
    await stage.post(PATH, {"webhooks": [HOOK]})

    answer = await stage.put(PATH, body)

    assert (answer.status_code, (await stage.get(PATH))["webhooks"]) == (400, {"receive": [HOOK]})


async def test_who_hears_of_an_inbound_message() -> None:
    """``receive`` webhooks of that line, each with its own secret or the account's."""
    stage = Stage()
    hooks = [{"url": HOOK, "secret": "own"}, {"url": SECOND, "sendblue_numbers": [OTHER_LINE]}]
    await stage.post(PATH, {"webhooks": hooks, "globalSecret": "all"})
    for line in (LINE, OTHER_LINE):
        await stage.post("/_sim/inbound", {"number": PERSON, "line": line, "content": "Hi"})

    assert told(stage) == [(HOOK, "own", "RECEIVED"), (HOOK, "own", "RECEIVED"), (SECOND, "all", "RECEIVED")]
    row = stage.heard()[0]
    assert tuple(row[name] for name in ("from_number", "to_number", "sendblue_number", "is_outbound")) == (
        PERSON,
        LINE,
        LINE,
        False,
    )


async def test_photo_and_text_of_a_message_come_apart() -> None:
    """With one handle; the list has the message whole."""
    stage = Stage()
    await stage.post(PATH, {"webhooks": [HOOK]})
    photo = "https://storage.googleapis.com/inbound/Cat.jpeg"
    await stage.post("/_sim/inbound", {"number": PERSON, "line": LINE, "content": "Look", "media_url": photo})
    listed = (await stage.get("/api/v2/messages"))["data"]

    assert [(row["content"], row["media_url"]) for row in stage.heard()] == [("", photo), ("Look", "")]
    assert {row["message_handle"] for row in stage.heard()} == {row["message_handle"] for row in listed}
    assert [(row["content"], row["media_url"]) for row in listed] == [("Look", photo)]


async def test_an_inbound_message_needs_a_line_of_ours() -> None:
    """400 otherwise."""
    answer = await Stage().post("/_sim/inbound", {"number": PERSON, "line": "+13035550199", "content": "Hi"})

    assert answer.status_code == 400


async def test_outbound_hears_every_status_signed_and_the_callback_unsigned() -> None:
    """Both have the same body."""
    stage = Stage()
    await stage.post(PATH, {"webhooks": [HOOK], "type": "outbound", "globalSecret": "g"})
    await stage.send(status_callback="https://example.com/cb/1")
    await stage.send(ANOTHER)

    assert told(stage) == [("https://example.com/cb/1", None, "QUEUED"), (HOOK, "g", "QUEUED"), (HOOK, "g", "QUEUED")]
    assert stage.told[0].body == stage.told[1].body


async def test_a_blocked_line_is_told() -> None:
    """When it goes OFFLINE; and any type of webhook on demand."""
    stage = Stage()
    kinds = ("line_blocked", "typing_indicator", "contact_created")
    await stage.put(PATH, {"webhooks": {kind: [f"{HOOK}/{kind}"] for kind in kinds}})
    await stage.put(f"/_sim/lines/{LINE}", {"status": "OFFLINE"})
    for kind in kinds[1:]:
        await stage.post(f"/_sim/webhooks/{kind}", {"number": PERSON})
    unknown = await stage.post("/_sim/webhooks/pigeon", {})

    assert [f"{HOOK}/{kind}" for kind in kinds] == [delivery.url for delivery in stage.told]
    assert stage.heard()[0] == {"sendblue_number": LINE, "status": "OFFLINE"}
    assert unknown.status_code == 404
