"""The account's API key may be rotated; another account is never accepted."""

import pytest
from pydantic import SecretStr

from connector.commands.control_topic import check_ours, control_codec, control_now, write_control
from connector.commands.key_command import ACCEPTED, ALREADY, accept_key
from connector.commands.ledger_reading import RiskNotAccepted
from connector.core.identities import account_fingerprint
from connector.kafka.control import Genesis, genesis_record
from connector.settings import LinePart, Settings
from connector.wiring.installation import identity_of
from tests.installed import installed


async def made_for(settings: Settings, key_id: str, hash_key: str | None = None) -> None:
    """The genesis that ``topics apply`` wrote when this was the key."""
    genesis = Genesis(settings.name, account_fingerprint(key_id), hash_key or identity_of(settings).hash_key, 7)
    await write_control(settings, [genesis_record(await control_codec(settings), genesis)])


async def why_not(settings: Settings) -> str | None:
    """Why a start is refused."""
    try:
        check_ours(settings, await control_now(settings, await control_codec(settings)))
    except ValueError as error:
        return str(error)
    return None


async def test_a_new_key_of_the_same_account_is_accepted() -> None:
    """The refused start names the command; after it the new key starts, and the old one still does."""
    async with installed(lines=2) as settings:
        await made_for(settings, "old-key")
        old = settings.sendblue.model_copy(update={"api_key_id": SecretStr("old-key")})
        refused = await why_not(settings)
        told = await accept_key(settings, "ann", None)
        after = await why_not(settings)
        again = await accept_key(settings, "ann", None)

        assert refused is not None
        assert "another account" in refused
        assert "kafka-sendblue ledger accept-key" in refused
        assert (told, after, again) == (ACCEPTED, None, ALREADY)
        assert await why_not(settings.model_copy(update={"sendblue": old})) is None


async def test_the_key_of_another_account_is_not_accepted() -> None:
    """It does not list every line of ours, or Sendblue refuses it; without lines nothing is shown."""
    async with installed() as settings:
        await made_for(settings, "old-key")
        foreign = LinePart(alias="elsewhere", number="+14045550199")
        wrong = settings.sendblue.model_copy(update={"api_key_id": SecretStr("no-such-key")})
        changes: list[tuple[dict[str, object], str]] = [
            ({"lines": (*settings.lines, foreign)}, "line elsewhere: is not on the account"),
            ({"sendblue": wrong}, "HTTP_401"),
            ({"lines": ()}, "no line is configured"),
        ]
        for change, told in changes:
            with pytest.raises(ValueError, match=told):
                await accept_key(settings.model_copy(update=change), "ann", None)

        assert "another account" in (await why_not(settings) or "")


async def test_nothing_is_accepted_unasked() -> None:
    """A person says no; the topics of another hash key are not ours, whatever the account."""
    async with installed() as settings:
        await made_for(settings, "old-key")
        with pytest.raises(RiskNotAccepted):
            await accept_key(settings, "ann", lambda _: False)
        await made_for(settings, "old-key", "0123456789abcdef")
        with pytest.raises(ValueError, match="another hash key"):
            await accept_key(settings, "ann", None)
