"""What Sendblue says of our lines now, and an operator of them; what contacts Sendblue says they have talked to lately.

Nothing is written.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping

from connector.commands.control_topic import control_codec, control_now
from connector.core.callbacks import Report
from connector.core.identities import contact_hash
from connector.core.line_facts import LineFacts, Told, shown_fact
from connector.core.looks import RECONCILER_RATE
from connector.core.messages import SendRequest
from connector.core.moving import Entry
from connector.core.numbers import number_of
from connector.core.proofs import was_refused
from connector.core.requests import E164
from connector.core.sweeping import Page, Walk
from connector.sendblue.client import SendblueClient
from connector.sendblue.lookups import SendblueError
from connector.settings import Settings
from connector.system import System
from connector.wiring.installation import aliases_of, client_of, hash_key_of
from connector.wiring.line_facts import ToldLines
from connector.wiring.message_list import reports, stamp
from connector.wiring.obeying import shown_pauses

TURN_S = 2 / RECONCILER_RATE
"""Half of the reconciler's share, which stays within the account's with all that runs."""


async def lines(settings: Settings) -> list[dict[str, object]]:
    """Each line of ours; a retired, blocked or paused one as such. Raises ValueError when Sendblue says nothing."""
    ordered = await control_now(settings, await control_codec(settings))
    facts, now, now_ms = await facts_of(settings), time.monotonic(), System().now_ms()
    facts.obey(ordered.moves, ordered.blocks)
    pauses = ordered.orders.pauses
    return [
        {
            "line": line.alias,
            "paused": shown_pauses(pauses.of_line(line.alias, now_ms)),
            "pool": line.pool,
            **shown_fact(facts.fact(line.alias, now, now_ms)),
        }
        for line in settings.lines
    ]


async def facts_of(settings: Settings) -> LineFacts:
    """What Sendblue says of our lines. Raises ValueError when it says nothing at all."""
    client = client_of(settings, time.monotonic)
    try:
        answers = ToldLines(client)
        told = Told(await answers.listed(), await answers.states(), await answers.usage(), {})
    finally:
        await client.aclose()
    if told.listed is None and told.states is None and told.usage is None:
        raise ValueError("Sendblue does not answer; check sendblue.base_url and the two keys: `kafka-sendblue check`")
    facts = LineFacts(aliases_of(settings))
    facts.told(told, time.monotonic(), System().now_ms())
    return facts


async def talked_to(settings: Settings, days: int) -> list[Entry]:
    """Each contact of the last days with the line it talked to last; groups are left out. Raises ValueError."""
    client, hash_key = client_of(settings, time.monotonic), hash_key_of(settings)
    aliases, last = aliases_of(settings), dict[str, str]()
    try:
        async for report in _rows(client, System().now_ms() - days * 86_400_000):
            contact, line = pair(report, aliases)
            if contact is not None and line is not None:
                last.pop(contact, None)
                last[contact] = line
    except SendblueError as error:
        raise ValueError(f"Sendblue does not give its message list ({error.code}); nothing was imported") from None
    finally:
        await client.aclose()
    return [
        Entry(f"contact {n} of the list", contact_hash(SendRequest("import", number=number), hash_key), line)
        for n, (number, line) in enumerate(last.items(), 1)
    ]


async def _rows(client: SendblueClient, since_ms: int) -> AsyncIterator[Report]:
    """The message list from then on, the oldest first, in pages and within our share."""
    walk = Walk(since_ms, since_ms)
    while not walk.ended:
        page = await client.messages(
            created_at_gte=stamp(walk.since_ms), order_by="createdAt", order_direction="asc", offset=walk.offset
        )
        found = reports(page.rows)
        for report in found:
            yield report
        times = tuple(report.date_sent_ms for report in found if report.date_sent_ms is not None)
        walk = walk.after(Page(times, page.listed, page.has_more), page.date_ms or System().now_ms())
        await asyncio.sleep(TURN_S)


def pair(report: Report, aliases: Mapping[str, str]) -> tuple[str | None, str | None]:
    """The contact's number and the alias of our line (``aliases``: by number).

    None for what is neither, for a group, and for a text that Sendblue refused: the person knows nothing of it.
    """
    if report.group_id or report.message_type == "group" or was_refused(report):
        return None, None
    texts = (report.from_number, report.to_number, report.number, report.sendblue_number)
    numbers = [number_of(text) for text in texts if text]
    line = next((aliases[number] for number in numbers if number in aliases), None)
    contact = next((number for number in numbers if E164.fullmatch(number) and number not in aliases), None)
    return contact, line
