"""What one process knows of its lines, what keeps it fresh, and Sendblue's answers as that needs them."""

from collections.abc import Callable, Mapping

from connector.core.facts import Observer
from connector.core.line_facts import LineFacts, State, Usage
from connector.core.numbers import digits_of
from connector.core.own_limits import Limits, own_usage
from connector.core.pool import Pool
from connector.core.routing import Lines
from connector.roles.line_watch import LineWatch, Pause, or_none
from connector.roles.replica import Replica
from connector.sendblue.client import SendblueClient
from connector.sendblue.lookups import SendblueError
from connector.settings import Settings
from connector.system import System
from connector.wiring.installation import aliases_of

Stir = Callable[[frozenset[str]], None]


class KnownLines:
    """``stir`` is called with the lines that may do more than before."""

    def __init__(self, settings: Settings, replica: Replica, system: System, observe: Observer, stir: Stir) -> None:
        numbers = aliases_of(settings)
        self.lines = Lines(numbers, tuple(line.alias for line in settings.lines if line.pool))
        each = {line.alias: Limits(line.new_contacts_per_hour, line.new_contacts_per_day) for line in settings.lines}

        def own(alias: str, now_ms: int) -> Usage:
            return own_usage(each[alias], replica.views.firsts_at, alias, now_ms)

        self.facts = LineFacts(numbers, lambda: replica.views.firsts, stir, own)
        self.pool = Pool(self.lines.circle, self.facts, settings.pool.margin)
        self.watch: LineWatch | None = None
        self._settings, self._replica, self._system, self._observe = settings, replica, system, observe

    def begin(self, client: SendblueClient) -> LineWatch:
        """Keep the facts fresh from now on."""
        pause, firsts = Pause(self._settings.pool.refresh_s, self._system.jitter), lambda: self._replica.views.firsts
        watch = LineWatch(self.facts, ToldLines(client), firsts, pause, self._system, self._observe)
        self.watch = watch
        return watch

    def pick(self, contact: bytes) -> str:
        """A line for a contact that has none."""
        return self.pool.line_of(contact, self._system.mono(), self._system.now_ms())


class ToldLines:
    """The three look-ups; one that fails is no answer."""

    def __init__(self, client: SendblueClient) -> None:
        self._client = client

    async def listed(self) -> frozenset[str] | None:
        """Return the account's lines."""
        numbers = await or_none(self._client.lines, (SendblueError,))
        return None if numbers is None else frozenset(map(digits_of, numbers))

    async def states(self) -> Mapping[str, State] | None:
        """Return each line's state."""
        return await or_none(self._client.line_states, (SendblueError,))

    async def usage(self) -> Mapping[str, Usage] | None:
        """Return each line's new contacts."""
        return await or_none(self._client.line_usages, (SendblueError,))
