"""What is asked outside before texts go, and who is asked: Sendblue's look-up, and the servers of links.

An upload runs through: each chunk that the server of a link gives is written to Sendblue before the next one is read.
"""

import asyncio
from collections.abc import Callable

from connector.core.content_facts import MediaAsked, ServiceAsked
from connector.core.facts import Observer
from connector.core.inquiries import NoAnswer
from connector.core.looks import service_rate
from connector.core.media import media_fault
from connector.core.preparing import Media, NotTaken, Uploaded
from connector.core.statuses import Service, service_name
from connector.roles.inquiring import Clocks, Desk, Preparations
from connector.sendblue.client import SendblueClient
from connector.sendblue.lookups import SendblueError
from connector.sendblue.public_files import FileAway, FileRefused, PublicFile, PublicFiles
from connector.settings import Settings
from connector.wiring.installation import preparing_of

SERVICES_AT_ONCE = 4  # look-ups under way: what one second of the account's share allows, slow answers included
UPLOADS_RATE = 5.0  # a second; Sendblue names a rate for its list only, and what is large is slower anyway
KEEP_OTHER_S = 3600.0
"""How long a contact is taken to have no iMessage: people get new phones, and a refusal should rest on a fresh look."""
KEEP_URL_S = 900.0
"""How long a link's file is taken to be what was uploaded. Longer than a hop through a delay topic, so that whoever
waits for it finds it; short enough for a link whose file changes."""
KEEP_REFUSAL_S = 60.0
"""A file that was not there may be there a minute later, for another request."""
SMS_BYTES = 5_000_000
"""What Sendblue sends by SMS at most; it tries to make more than that smaller."""
REFUSED = {
    **dict.fromkeys(("HTTP_400", "HTTP_415", "HTTP_422"), "MEDIA_NOT_TAKEN"),
    "HTTP_413": "MEDIA_TOO_LARGE",
}
"""What Sendblue's answer to an upload says of the file; anything else says nothing of it."""


class Services:
    """Which service reaches a contact."""

    def __init__(self, client: SendblueClient, observe: Observer) -> None:
        self._client, self._observe = client, observe

    async def of(self, number: str) -> str | NoAnswer:
        """``iMessage``, ``SMS`` or ``RCS``; everything else is no answer."""
        try:
            found = service_name(await self._client.lookup(number))
        except SendblueError as error:
            return self._nothing(error.retry_after_s)
        if found not in tuple(Service):
            return self._nothing(None)
        self._observe(ServiceAsked("imessage" if found == Service.IMESSAGE else "other"))
        return found

    def _nothing(self, retry_after_s: float | None) -> NoAnswer:
        self._observe(ServiceAsked("no_answer"))
        return NoAnswer(retry_after_s)


class Files:
    """Takes the file behind a link to Sendblue, within ``deadline_s``."""

    def __init__(self, files: PublicFiles, client: SendblueClient, deadline_s: float, observe: Observer) -> None:
        self._files, self._client, self._deadline_s, self._observe = files, client, deadline_s, observe

    async def uploaded(self, link: str) -> Media | NoAnswer:
        """Where Sendblue has it now."""
        answer, result = await self._uploaded(link)
        self._observe(MediaAsked(result))
        return answer

    async def _uploaded(self, link: str) -> tuple[Media | NoAnswer, str]:
        try:
            async with asyncio.timeout(self._deadline_s), self._files.open(link) as file:
                url = await self._taken(file)
                return Uploaded(url), "large" if file.read > SMS_BYTES else "uploaded"
        except FileRefused as refused:
            return NotTaken(refused.code), "not_taken"
        except FileAway as away:
            return NoAnswer(away.retry_after_s), "no_answer"
        except TimeoutError:
            return NoAnswer(), "no_answer"

    async def _taken(self, file: PublicFile) -> str:
        """Upload it; return its URL. Raises FileRefused, FileAway: of what failed first, the reading or Sendblue."""
        try:
            taken = await self._client.upload_file(file.name, file.chunks(), file.size, self._deadline_s)
        except SendblueError as error:
            if file.failure is not None:
                raise file.failure from None
            if error.code in REFUSED:
                raise FileRefused(REFUSED[error.code]) from None
            raise FileAway(error.retry_after_s) from None
        if media_fault(taken.media_url) is not None:
            raise FileAway
        return taken.media_url


class Asking:
    """The two desks, and whom they ask; ``looks_rate``: looks at the message list a second that are this replica's.

    Close it with ``close``.
    """

    def __init__(
        self,
        settings: Settings,
        client: SendblueClient,
        clocks: Clocks,
        jitter: Callable[[], float],
        wake: Callable[[tuple[bytes, ...]], None],
        looks_rate: Callable[[], float],
        observe: Observer,
    ) -> None:
        keep_s, part = settings.lookup.keep_s, settings.media
        self._files = PublicFiles(part.max_mb * 1_000_000)
        self._services: Desk[str, str] = Desk(
            Services(client, observe).of,
            lambda service: keep_s if service == Service.IMESSAGE else min(keep_s, KEEP_OTHER_S),
            clocks,
            jitter,
            wake,
            at_once=SERVICES_AT_ONCE,
            rate=lambda: service_rate(looks_rate()),
        )
        self._uploads: Desk[str, Media] = Desk(
            Files(self._files, client, part.deadline_s, observe).uploaded,
            _kept_s,
            clocks,
            jitter,
            wake,
            at_once=part.at_once,
            rate=lambda: UPLOADS_RATE,
        )
        self.watches = [self._services.watch, self._uploads.watch]
        self.preparations = Preparations(preparing_of(settings), self._services, self._uploads)

    async def close(self) -> None:
        """Give up what is under way."""
        await self._services.close()
        await self._uploads.close()
        await self._files.aclose()


def _kept_s(media: Media) -> float:
    return KEEP_URL_S if isinstance(media, Uploaded) else KEEP_REFUSAL_S
