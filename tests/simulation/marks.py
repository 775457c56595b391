"""21: whose numbers and which texts are in this world, looked for where they may not be.

Logs and metrics are made of facts alone; so every fact is looked at, and every record of the ledger, of the contacts,
of the control and of the optouts topic.
"""

import re
from typing import TYPE_CHECKING

from connector.core.facts import Fact
from tests.simulation.broker import Entry
from tests.simulation.messages import NUMBERS
from tests.simulation.upstream import BLACKLISTED, HELLO, OTHER, PEOPLE

if TYPE_CHECKING:
    from tests.simulation.world import World

DIGITS = 10  # without the country code a number is still somebody's
TEXT = HELLO.partition(",")[0]
assert OTHER.startswith(TEXT), "one word marks every text"
ANYBODY = r"\+1\d{3}55501\d\d"
MARKED = re.compile(
    "|".join((TEXT, ANYBODY, *(number[-DIGITS:] for number in (*NUMBERS.values(), *PEOPLE, BLACKLISTED))))
)


class Marks:
    """Watches one world."""

    def __init__(self, world: "World") -> None:
        self._oracle = world.oracle
        for topic in ("ledger", "contacts", "control", "optouts"):
            world.broker.listen(topic, self._landed)

    def told(self, fact: Fact) -> None:
        """What logs and metrics hear."""
        self._look(fact, "a fact")

    def _landed(self, entry: Entry) -> None:
        self._look(entry.value, entry.topic)

    def _look(self, value: object, where: str) -> None:
        if MARKED.search(repr(value)):
            self._oracle.wrong("21 marks", f"{where} tells {value!r}")
