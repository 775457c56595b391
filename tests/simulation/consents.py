"""Who wants to be texted: people who say STOP and START, operators who say it for them, and what each process knows.

The truth is the log of the optouts topic, judged by a model of its own: of each key the word with the newest time.
The rule (docs/reliability.md, invariant 26): nothing is proposed, and nothing written, for a contact that is out by
what the process has read. Sendblue knows its own list, refuses whom it holds, and says so in callbacks.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, cast

from connector.core.identities import contact_hash
from connector.core.messages import SendRequest
from connector.core.opt_outs import OptedOut, Source, Word, contact_of, operators_key
from connector.core.records import Intent
from connector.roles.opt_outs import OptOuts
from tests.simulation.broker import Entry
from tests.simulation.messages import ms_of
from tests.simulation.upstream import PEOPLE

if TYPE_CHECKING:
    from tests.simulation.process import Process
    from tests.simulation.world import World

KEY = b"k" * 16
UNCOMPACTED_MS = 60_000
"""Records as young as this are all there for whoever begins. The topic keeps them for days (``kafka.topics``): what two
ingresses wrote in the wrong order is put right by a process that reads both, and both may be killed before they do."""


def contact(number: str) -> bytes:
    """Of a person."""
    return contact_hash(SendRequest("", number=number), KEY)


class Ears:
    """What one process knows of the optouts topic, up to ``position``, as ``wiring.opt_outs`` follows it."""

    def __init__(self, process: "Process") -> None:
        self._process, self._world = process, process.world
        self.known = self._world.teeth.opted_out()
        self.role = OptOuts(self.known, process.edges, KEY, process.edges.now_ms, process.observe)
        process.watches.append(self.role.watch)
        process.closers.append(self.role.close)
        log = self._world.broker.log("optouts")
        self.position = len(log)
        for entry in _compacted(log, self._world.broker.now_ms) if self._world.plan.rng.random() < 0.5 else log:
            self._take(entry)
        self.role.mend()
        self._world.broker.listen("optouts", self._landed)

    def _landed(self, entry: Entry) -> None:
        if not self._process.loop.dead:
            self._process.hear(self._world.plan.lag_s(), self._read, entry.offset + 1)

    def _read(self, end: int) -> None:
        for entry in self._world.broker.log("optouts")[self.position : end]:
            self._take(entry)
            if self._process.sender is not None:
                self._process.sender.wake((contact_of(entry.key or b""),))
            self.role.read(entry.key or b"")
        self.position = max(self.position, end)

    def _take(self, entry: Entry) -> None:
        self.known.read(entry.key or b"", cast("Word", entry.value))


class Consents:
    """Watches one world, and lets people speak. ``listed``: numbers on Sendblue's own list."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.listed: set[str] = set()
        self.ever: set[str] = set()
        world.broker.listen("ledger", self._intended)

    def act(self) -> None:
        """Somebody says STOP or START, or an operator says it for them."""
        rng = self.world.plan.rng
        number = rng.choice(self._busy() if rng.random() < 0.5 else PEOPLE)
        if rng.random() < 0.3:
            return self._operator(number)
        out = number not in self.listed and rng.random() < 0.8
        if out and rng.random() < 0.4:
            self.world.scheduler.after(rng.choice((0.005, 0.05, 2.0)), self._speak, number, False)
        return self._speak(number, out)

    def _speak(self, number: str, out: bool) -> None:
        (self.listed.add if out else self.listed.discard)(number)
        self.ever.add(number)
        self.world.say(None, "word", f"{'STOP' if out else 'START'} of person {PEOPLE.index(number)}")
        self.world.webhooks.says(number, "STOP" if out else "Start.", ms_of(self.world.scheduler.now))

    def check(self, process: "Process", who: bytes, what: str) -> None:
        """26: by what the process has read, the contact is not out."""
        read = self.world.broker.log("optouts")[: process.ears.position]
        newest = _newest(entry for entry in read if contact_of(entry.key or b"") == who)
        if any(word.out for word in newest.values()):
            self.world.oracle.wrong("26 out", f"{process} {what} {who.hex()}, which is out: {newest}")

    def settled(self) -> bool:
        """Every process has read all, and nothing is left to be put right."""
        end = self.world.broker.end("optouts")
        live = [process for process in self.world.processes if process.live]
        return all(p.ears.position == end and not p.ears.known.behind() for p in live)

    def finish(self) -> None:
        """All agree, and whoever begins after a compaction agrees with them."""
        log = self.world.broker.log("optouts")
        truth = _newest(log)
        left = _newest({entry.key: entry for entry in log}.values())
        if left != truth:
            self.world.oracle.wrong("26 compacted", f"{left} is left of {truth}")
        for process in self.world.processes:
            if process.live and dict(process.ears.known) != truth:
                self.world.oracle.wrong("26 agree", f"{process} knows {dict(process.ears.known)}, not {truth}")

    def _intended(self, entry: Entry) -> None:
        """Now and then an operator is just faster than the write."""
        if isinstance(entry.value, Intent) and self.world.plan.chance(0.02):
            for number in PEOPLE:
                if contact(number) == entry.value.contact:
                    self._operator(number)
                    self.world.scheduler.after(30.0, self._operator, number)

    def _busy(self) -> Sequence[str]:
        """Those to whom something is under way; if there are none, anybody."""
        oracle = self.world.oracle
        busy = {oracle.granted[attempt][1].contact for attempt in oracle.open}
        return [number for number in PEOPLE if contact(number) in busy] or PEOPLE

    def _operator(self, number: str) -> None:
        """As ``commands.opt_out_commands`` does it."""
        broker, known, who = self.world.broker, OptedOut(), contact(number)
        for entry in {entry.key: entry for entry in broker.log("optouts")}.values():
            known.read(entry.key or b"", cast("Word", entry.value))
        held = known.word(operators_key(who))
        out = not (held is not None and held.out)
        self.ever.add(number)
        word = Word(known.newer_than(who, broker.now_ms), out, Source.OPERATOR)
        for key in known.news(who, word):
            broker.land("optouts", 0, word, key)

    def answered(self, process: "Process", number: str, at_ms: int) -> None:
        """A process has said that it has heard a word of this person, said then."""
        durable = _newest(self.world.broker.log("optouts")).get(contact(number))
        if durable is None or durable.since_ms < at_ms:
            self.world.oracle.wrong("26 durable", f"{process} has answered, and {durable} is in the topic")


def _compacted(log: Sequence[Entry], now_ms: int) -> list[Entry]:
    """What a compaction leaves: of each key the last record, and all that are young."""
    last = {entry.key: entry.offset for entry in log}
    return [e for e in log if e.offset == last[e.key] or e.ms > now_ms - UNCOMPACTED_MS]


def _newest(entries: Iterable[Entry]) -> dict[bytes, Word]:
    """Of each key the word with the newest time; at the same time, out; then by its source."""
    newest: dict[bytes, Word] = {}
    for entry in entries:
        key, word = entry.key or b"", cast("Word", entry.value)
        newest[key] = max(newest.get(key, word), word, key=_rank)
    return newest


def _rank(word: Word) -> tuple[int, bool, int]:
    return word.since_ms, word.out, list(Source).index(word.source)
