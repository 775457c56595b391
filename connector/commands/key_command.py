"""A new API key of the same Sendblue account. The ledger knows what one account was sent, and no other: so these topics
never change their account, but its keys may be rotated.

What shows that it is the same account are our lines: a number belongs to one account, and the new key must list every
line of ours. The fingerprint is one of the key id, since Sendblue gives nothing else that is the account's own.
"""

import asyncio
import time

from connector.commands.control_topic import control_codec, control_now, write_control
from connector.commands.ledger_reading import RiskNotAccepted
from connector.commands.parked_commands import Confirm
from connector.core.preflight import genesis, refusal
from connector.kafka.control import account_record
from connector.sendblue.lookups import SendblueError
from connector.settings import Settings
from connector.wiring.installation import identity_of
from connector.wiring.preflight import account_findings, found_identity

DANGER = "these topics, and what their ledger remembers, belong to the account of this key"
ALREADY = "this key is accepted already"
ACCEPTED = "accepted: a connector with this key starts on these topics; the former ones still do"


async def accept_key(settings: Settings, operator: str, confirm: Confirm | None) -> str:
    """Accept the key of the settings; return what is true now. Raises ValueError, RiskNotAccepted."""
    ours = identity_of(settings)
    if ours.account is None:
        raise ValueError("sendblue.api_key_id is not set; set it, or sendblue.api_key_id_file")
    codec = await control_codec(settings)
    control = await control_now(settings, codec)
    found = found_identity(control)
    if why := refusal([genesis(found, ours._replace(account=None))]):
        raise ValueError(why)
    if genesis(found, ours, control.accounts).ok:
        return ALREADY
    await _check_lines(settings)
    if confirm is not None and not await asyncio.to_thread(confirm, f"Is that so: {DANGER}?"):
        raise RiskNotAccepted("nothing was accepted")
    await write_control(settings, [account_record(codec, ours.account, time.time_ns() // 1_000_000, operator)])
    return ACCEPTED


async def _check_lines(settings: Settings) -> None:
    """Raises ValueError unless the new key lists every line of ours."""
    if not settings.lines:
        raise ValueError("no line is configured, so nothing shows that this is the same account: set lines")
    try:
        findings = await account_findings(settings)
    except SendblueError as error:
        raise ValueError(f"Sendblue does not list the lines of this key ({error.code}): nothing was accepted") from None
    if why := refusal(findings):
        raise ValueError(f"{why}\nso this is another account: nothing was accepted")
