"""The commands for webhooks against the local Sendblue: what they change, and what they leave."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import sendblue_api
from pydantic import SecretStr

from connector.commands.doctor_command import webhooks_state
from connector.commands.operations import settings_state
from connector.commands.webhook_commands import Wish, applied, listed, planned
from connector.core.account_webhooks import Kind
from connector.core.webhook_plan import url_of
from connector.settings import Settings
from connector.settings_webhooks import WANTED, Webhooks
from connector.simulator.app import Simulator, SimulatorSettings
from connector.simulator.server import running
from connector.wiring.assembly import ROLES
from connector.wiring.webhook_secrets import SecretsNow, secret_for

PUBLIC, OLD, THEIRS = "https://texts.example.com", "https://old.example.com", "https://crm.example.org/hooks/a"
LINE, SECRET = "+13035550100", "a shared secret of the tests"
Site = tuple[Simulator, Settings, sendblue_api.AsyncSendblueAPI]


def settings_at(url: str, **hooks: Any) -> Settings:
    """Settings of an account at this address."""
    return Settings(
        unsafe_dev=True,
        sendblue={"base_url": url, "api_key_id": "demo-key", "api_secret_key": "demo-secret"},
        callbacks={"public_url": PUBLIC},
        webhooks=hooks or {"secrets": {"w1": SECRET}},
    )


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """A local Sendblue, our settings for it, and the official client."""
    one = Simulator(SimulatorSettings((LINE,)))
    async with running(one) as url:
        client = sendblue_api.AsyncSendblueAPI(
            api_key="demo-key", api_secret="demo-secret", base_url=url, max_retries=0
        )
        async with client:
            yield one, settings_at(url), client


async def urls(client: sendblue_api.AsyncSendblueAPI) -> dict[str, list[str]]:
    """What the official client sees."""
    hooks = (await client.webhooks.list()).webhooks
    assert hooks is not None
    shown = hooks.model_dump(exclude_none=True)
    return {kind: [one if isinstance(one, str) else one["url"] for one in many] for kind, many in shown.items() if many}


async def test_apply_registers_ours_beside_others(site: Site) -> None:
    """With our secret; a second time there is nothing to do."""
    one, settings, client = site
    await client.webhooks.create(webhooks=[THEIRS], global_secret="theirs, which is not ours")
    steps = await applied(settings, Wish())
    again = [await applied(settings, Wish()), await planned(settings, Wish())]
    expected = {str(kind): [url_of(PUBLIC, kind)] for kind in WANTED}

    assert await urls(client) == {**expected, "receive": [THEIRS, url_of(PUBLIC, "receive")]}
    assert [step.action for step in steps] == ["add"] * len(WANTED)
    assert again == [(), ()]
    assert one.account.webhooks.of("receive") == [
        (THEIRS, "theirs, which is not ours"),
        (url_of(PUBLIC, "receive"), SECRET),
    ]


async def test_plan_changes_nothing(site: Site) -> None:
    """It needs no secret of ours."""
    _, settings, client = site
    steps = await planned(settings.model_copy(update={"webhooks": Webhooks()}), Wish((Kind.RECEIVE,)))

    assert [(step.action, step.kind, step.url) for step in steps] == [("add", "receive", url_of(PUBLIC, "receive"))]
    assert await urls(client) == {}


async def test_a_former_address_is_given_up_when_asked(site: Site) -> None:
    """Ours there, and nothing of others."""
    _, settings, client = site
    await client.webhooks.create(webhooks=[url_of(OLD, "receive"), f"{OLD}/theirs"])
    await applied(settings, Wish((Kind.RECEIVE,)))
    unasked = await urls(client)
    await applied(settings, Wish((Kind.RECEIVE,), (OLD,)))

    assert unasked == {"receive": [url_of(OLD, "receive"), f"{OLD}/theirs", url_of(PUBLIC, "receive")]}
    assert await urls(client) == {"receive": [f"{OLD}/theirs", url_of(PUBLIC, "receive")]}


async def test_a_secret_is_rotated(site: Site) -> None:
    """Both are accepted, then Sendblue is told the next one, then the first is retired."""
    one, settings, _ = site
    await applied(settings, Wish((Kind.RECEIVE,)))
    steps = await applied(rotated(settings), Wish((Kind.RECEIVE,), renew=True))

    assert [step.action for step in steps] == ["renew"]
    assert one.account.webhooks.of("receive") == [(url_of(PUBLIC, "receive"), "the next secret of the tests")]


def rotated(settings: Settings) -> Settings:
    """The same with a second secret, which counts."""
    both = Webhooks(secrets={"w1": SecretStr(SECRET), "w2": SecretStr("the next secret of the tests")}, current="w2")
    return settings.model_copy(update={"webhooks": both})


async def test_a_renewal_leaves_the_lines_that_somebody_chose(site: Site) -> None:
    """It hears of one line only, and goes on so."""
    _, settings, client = site
    chosen = {"url": url_of(PUBLIC, "receive"), "secret": SECRET, "sendblue_numbers": [LINE]}
    await client.webhooks.create(webhooks=[chosen])  # type: ignore[list-item]  # a table of keyword arguments
    await applied(rotated(settings), Wish((Kind.RECEIVE,), renew=True))
    hooks = (await client.webhooks.list()).webhooks

    assert hooks is not None
    assert hooks.model_dump(exclude_none=True)["receive"] == [
        {"url": url_of(PUBLIC, "receive"), "sendblue_numbers": [LINE]}
    ]


async def test_a_renewal_that_is_only_added_is_told() -> None:
    """The secret before stays in use beside it: whoever took it away would refuse every reply once."""
    async with running(Simulator(SimulatorSettings((LINE,), hooks_append=True))) as url:
        settings = settings_at(url)
        await applied(settings, Wish((Kind.RECEIVE,)))
        with pytest.raises(ValueError, match=r"receive is there more than once\. Keep both secrets"):
            await applied(rotated(settings), Wish((Kind.RECEIVE,), renew=True))

        assert [step.action for step in await planned(settings, Wish((Kind.RECEIVE,)))] == ["note"]


async def test_list_shows_no_secret_and_of_others_no_path(site: Site) -> None:
    """And how many lines each hears of."""
    _, settings, client = site
    await client.webhooks.create(webhooks=[{"url": THEIRS, "secret": "s", "sendblue_numbers": [LINE]}])
    await applied(settings, Wish((Kind.RECEIVE,)))

    assert await listed(settings) == [
        ("receive", "https://crm.example.org/...", False, LINE),
        ("receive", url_of(PUBLIC, "receive"), True, "all"),
    ]


async def test_without_a_secret_nothing_is_registered(site: Site) -> None:
    """Whatever came would be refused."""
    _, settings, client = site
    with pytest.raises(ValueError, match=r"webhooks\.secrets is empty"):
        await applied(settings.model_copy(update={"webhooks": Webhooks()}), Wish())

    assert await urls(client) == {}


async def test_what_is_dropped_without_a_word_is_told() -> None:
    """Sendblue was seen to answer OK and to forget the type: the others are registered all the same."""
    async with running(Simulator(SimulatorSettings((LINE,), dropped_types=("typing_indicator",)))) as url:
        settings = settings_at(url)
        with pytest.raises(ValueError, match="does not list it so: add typing_indicator;"):
            await applied(settings, Wish((Kind.TYPING_INDICATOR, Kind.RECEIVE)))

        assert [kind for kind, _, _, _ in await listed(settings)] == ["receive"]


async def test_a_refusal_is_a_sentence(site: Site) -> None:
    """With what to do, and without a key."""
    _, settings, _ = site
    wrong = settings.model_copy(
        update={"sendblue": settings.sendblue.model_copy(update={"api_secret_key": SecretStr("x")})}
    )

    with pytest.raises(ValueError, match="refuses the account's keys"):
        await planned(wrong, Wish())


def test_one_secret_needs_no_name_and_several_do() -> None:
    """Which one Sendblue has must not be left to chance."""
    one, two = settings_at("http://127.0.0.1"), {"w1": SECRET, "w2": "the next secret of the tests"}
    named = settings_at("http://127.0.0.1", secrets=two, current="w2")

    assert (secret_for(one), secret_for(named)) == (SECRET, "the next secret of the tests")
    for hooks, told in (({"secrets": two}, "several"), ({"secrets": two, "current": "w3"}, "not one of")):
        with pytest.raises(ValueError, match=told):
            secret_for(settings_at("http://127.0.0.1", **hooks))


def test_check_says_whether_replies_are_heard() -> None:
    """Which is no fault: who only sends needs none."""
    with_one, without = settings_at("http://127.0.0.1"), Settings(unsafe_dev=True)
    found = [
        finding for one in (with_one, without) for finding in settings_state(one, ROLES) if finding.name == "webhooks"
    ]

    assert [(one.ok, one.sentence) for one in found] == [
        (True, "1 secrets"),
        (True, "no secret: replies are not heard"),
    ]


def test_secrets_of_a_folder_are_read_again(tmp_path: Any) -> None:
    """One is added and another retired while it runs; what is no secret changes nothing, and is told."""
    now = [0.0]
    settings = settings_at("http://127.0.0.1", secrets_dir=tmp_path)
    secrets = SecretsNow(settings, lambda: now[0])
    seen = [secrets()]
    (tmp_path / "w1").write_text(f"{SECRET}\n")
    (tmp_path / "..data").write_text("a link of Kubernetes")
    seen.append(secrets())
    now[0] += 10
    seen.append(secrets())
    (tmp_path / "w1").unlink()
    (tmp_path / "w2").write_text("the next secret of the tests")
    now[0] += 10
    seen.append(secrets())
    (tmp_path / "w3").write_text("too short")
    now[0] += 10
    seen.append(secrets())
    (said,) = secrets.notes()
    (tmp_path / "w3").unlink()
    now[0] += 10
    seen.append(secrets())

    assert seen == [(), (), (SECRET.encode(),), *[(b"the next secret of the tests",)] * 3]
    assert "w3: a secret has 16 to 256 characters: the webhook secrets that were read before still count" in said
    assert secrets.notes() == []


def test_secrets_that_could_never_be_read_refuse_the_start(tmp_path: Any) -> None:
    """Nobody knows who may tell us anything."""
    (tmp_path / "w3").write_text("too short")
    secrets = SecretsNow(settings_at("http://127.0.0.1", secrets_dir=tmp_path), lambda: 0.0)

    for _ in range(2):
        with pytest.raises(ValueError, match="w3: a secret has 16 to 256 characters"):
            secrets()
    assert secrets.notes() == []


async def test_the_doctor_compares_as_the_plan_does(site: Site) -> None:
    """What is not registered is a fault until it is; keys that are refused are told, not taken for webhooks."""
    _, settings, _ = site
    (missing,) = await webhooks_state(settings)
    await applied(settings, Wish())
    (heard,) = await webhooks_state(settings)
    wrong = settings.sendblue.model_copy(update={"api_secret_key": SecretStr("another")})
    (refused,) = await webhooks_state(settings.model_copy(update={"sendblue": wrong}))

    assert (missing.ok, heard.ok, refused.ok) == (False, True, False)
    assert "receive, line_blocked" in missing.sentence
    assert "webhooks apply" in missing.what_to_do
    assert "refuses the account's keys" in refused.sentence
