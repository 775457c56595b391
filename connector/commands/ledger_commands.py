"""What an operator says in the ledger: REBIND and RULES, each after the ledger has been read to its end.

A REBIND is judged here alone, never by the fold. What is granted between the look and the landing looks once more at
the contact's line before it writes.
"""

from collections.abc import Callable

from connector.commands.ledger_reading import LedgerSaysOtherwise, in_time, reading
from connector.core.identities import contact_hash
from connector.core.ledger import RULES_VERSION
from connector.core.messages import SendRequest
from connector.core.nearest import no_line
from connector.core.rebinding import in_the_way
from connector.core.records import LedgerRecord, Rebind, Rules
from connector.core.requests import E164
from connector.core.views import Views
from connector.settings import Settings
from connector.wiring.installation import aliases_of, hash_key_of


async def rebind(
    settings: Settings, number: str | None, group_id: str | None, line: str, *, parked_too: bool = False
) -> None:
    """Move a contact to another line. Raises ValueError with what is in the way."""
    if line not in (known := [each.alias for each in settings.lines]):
        raise ValueError(no_line(line, known, aliases_of(settings)))
    if (number is None) == (group_id is None):
        raise ValueError("give the contact's number, or --group-id")
    if number is not None and not E164.fullmatch(number):
        raise ValueError("a contact's number begins with + and its country, digits only (E.164)")
    contact = contact_hash(SendRequest("rebind", number=number, group_id=group_id), hash_key_of(settings))
    await _say(settings, Rebind(contact, line), lambda views: in_the_way(views, contact, parked_too=parked_too))


async def rules(settings: Settings, version: int) -> None:
    """Append RULES. Raises ValueError for a version that this program does not know."""
    if version != RULES_VERSION:
        raise ValueError(f"this release knows rules version {RULES_VERSION} only; run the release of the other version")
    await _say(settings, Rules(version), lambda _: None)


async def _say(settings: Settings, record: LedgerRecord, in_its_way: Callable[[Views], str | None]) -> None:
    async with in_time(), reading(settings) as replica:
        if why := in_its_way(replica.views):
            raise LedgerSaysOtherwise(why)
        await replica.record(record)
