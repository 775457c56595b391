"""Where opt-outs meet the edges: their topic, followed live, and Sendblue's own list of them."""

from collections.abc import Callable

from connector.core.opt_outs import OptedOut, contact_of
from connector.kafka.avro import Row
from connector.kafka.opt_outs import word_of
from connector.kafka.schemas import SchemaName
from connector.roles.write_through import WriteThrough
from connector.sendblue.client import SendblueClient, SendblueError
from connector.wiring.following import Following
from connector.wiring.inbound import Reader
from connector.wiring.parts import Parts


class OptOutsFeed(Following):
    """``known`` changes in place; ``heard`` hears the key of each record after it was read."""

    schema = SchemaName.OPT_OUT

    def __init__(self, reader: Reader) -> None:
        super().__init__(reader)
        self.known = OptedOut()
        self.heard: Callable[[bytes], None] = lambda _: None

    def put(self, key: bytes, row: Row | None) -> None:
        """Take the next record, None for a tombstone."""
        self.known.read(key, word_of(row))
        self.heard(key)

    def unreadable(self, key: bytes) -> None:
        """The contact in the key is out, until something that can be read is said of it."""
        self.known.unreadable(key)
        self.heard(key)


class SendbluesList:
    """Sendblue's own list of opt-outs."""

    def __init__(self, client: SendblueClient) -> None:
        self._client = client

    async def tell(self, number: str, out: bool) -> bool:
        """Put the contact on the list, or take it off; False when there was no good answer."""
        try:
            await self._client.opt_out(number, out)
        except SendblueError:
            return False
        return True


def listen(parts: Parts, feed: OptOutsFeed) -> None:
    """From now on: who is out is not texted, whatever waits for them; what is behind is mended."""
    opt_outs = parts.opt_outs

    def heard(key: bytes) -> None:
        parts.wake((contact_of(key),))
        opt_outs.read(key)

    feed.heard = heard
    opt_outs.mend()
    parts.noted.append(feed.notes)
    parts.watches += [feed.watch, opt_outs.watch]
    parts.closers.append(opt_outs.close)
    if parts.settings.optouts.write_through:
        _write_through(parts)


def _write_through(parts: Parts) -> None:
    writer = WriteThrough(SendbluesList(parts.client()), parts.system.mono, parts.observe)
    parts.opt_outs.write_through = writer.want
    parts.watches.append(writer.watch)
    parts.closers.append(writer.close)
