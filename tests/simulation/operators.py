"""The people at the connector's commands: cancel, pause, resolve, redrive, rebind; and who texts from the dashboard.

What they may say is judged by the same core as the commands use, against the ledger as it is by then; what they say
lands a moment later. The operators here know the truth, so they take no risk: *not sent* is said only of an attempt
that was not accepted and whose bytes cannot arrive any more.
"""

from typing import TYPE_CHECKING, NamedTuple

from connector.core.identities import contact_hash
from connector.core.messages import SendRequest
from connector.core.orders import CancelRequest, CancelTag, Order, Orders
from connector.core.pauses import OfAll, OfLine, OfTag, Pause, Pauses, Scope, name_of
from connector.core.pauses import Said as Ordered
from connector.core.records import Park, Rebind
from connector.core.redriving import Letter, Redriven, Terms, choose, headers_of, partition_of, redriven
from connector.core.resolving import Contradicted, Risky, Word, judge, record_of
from connector.core.standing import Status
from connector.roles.ends import DeadLetter
from tests.simulation.messages import Message, Text
from tests.simulation.plan import LINES
from tests.simulation.upstream import GROUPS, HELLO, PEOPLE, TAGS, Asked

if TYPE_CHECKING:
    from tests.simulation.world import World

KEY = b"k" * 16


def _key(scope: Scope) -> bytes:
    return f"pause/{name_of(scope)}".encode()


class Said(NamedTuple):
    """What a person says of a parked attempt."""

    word: Word
    handle: str = ""


class Operators:
    """``resolved``: requests of which somebody said that they were not sent; ``redriven``: sent round again.

    ``echoes``: handles of texts from the dashboard that the audit must find.
    """

    def __init__(self, world: "World") -> None:
        self.world, self._plan = world, world.plan
        self.resolved: set[str] = set()
        self.redriven: set[str] = set()
        self.echoes: list[str] = []

    def resolve(self, drop: bool = False) -> None:
        """Settle some of what is parked, or all of it: what was found at Sendblue as sent, the rest is dropped."""
        fold = self.world.oracle.fold
        for park in list(self.world.oracle.parks.values()):
            standing = fold.standing(park.request_id)
            if standing is not None and standing.status is Status.PARKED and standing.attempt == park.attempt:
                said = self._last_word(park) if drop else self._opinion(park)
                if said is not None:
                    self._say(park, said, 0.0 if drop else self._plan.span(0.01, 4))

    def _last_word(self, park: Park) -> Said:
        """What went out is now and then found at Sendblue; else it is dropped."""
        text = self.world.oracle.by_attempt.get(park.attempt)
        found = text is not None and text.message is not None and self._plan.rng.random() < 0.5
        return Said(Word.SENT, text.message.handle) if found and text and text.message else Said(Word.DROP)

    def _opinion(self, park: Park) -> Said | None:
        rng, text = self._plan.rng, self.world.oracle.by_attempt.get(park.attempt)
        if rng.random() < 0.3:
            return None
        if text is not None and text.message is not None:
            return Said(Word.SENT, text.message.handle) if rng.random() < 0.6 else Said(Word.DROP)
        return Said(Word.NOT_SENT) if self._is_gone(park, text) else Said(Word.DROP)

    def _is_gone(self, park: Park, text: Text | None) -> bool:
        if text is not None:
            return text.is_gone
        _, intent = self.world.oracle.granted.get(park.attempt, (0, None))
        return intent is None or all(p.loop.dead or p.owner != intent.owner for p in self.world.processes)

    def _say(self, park: Park, said: Said, after_s: float) -> None:
        judgement = judge(self.world.oracle.fold.standing(park.request_id), park.attempt, said.word)
        if isinstance(judgement, Contradicted):
            return
        if isinstance(judgement, Risky):
            self.world.saw("a risk accepted")
        if said.word is Word.NOT_SENT:
            self.resolved.add(park.request_id)
        record = record_of(park, said.word, said.handle, "operator")
        self.world.scheduler.after(after_s, self.world.broker.land, "ledger", 0, record)

    def redrive(self) -> None:
        """Send a dead letter round again; the risk is accepted only where the text surely never went out."""
        letters = self.world.broker.log("dlq")
        if not letters:
            return None
        entry = self._plan.rng.choice(letters)
        dead = entry.value
        assert isinstance(dead, DeadLetter), "no callback of this world is unreadable"
        letter = self._letter(dead)
        request_id = letter.request.request_id if letter.request else ""
        texts = [t for t in self.world.sendblue.posts if t.dispatch.request.request_id == request_id]
        terms = Terms(
            self.world.broker.now_ms,
            renew=self._plan.rng.random() < 0.3,
            accept_risk=all(text.is_gone for text in texts) and self._is_idle(request_id),
        )
        choice = choose(letter, self.world.oracle.fold.standing(request_id), terms)
        if not isinstance(choice, Redriven):
            return self.world.saw(f"not redriven: {choice.name}")
        self.world.saw("a redrive")
        self.redriven.add(request_id)
        asked = Asked(letter.request, tuple(headers_of(dead.source.headers, choice)), dead.source.value)
        return self.world.upstream.produce(asked, max(partition_of(letter.origin, "requests"), 0))

    def _is_idle(self, request_id: str) -> bool:
        """Nobody holds a grant of it that may still be written."""
        granted = self.world.oracle.granted.items()
        return all(a in self.world.oracle.by_attempt for a, (_, i) in granted if i.request_id == request_id)

    def _letter(self, dead: DeadLetter) -> Letter:
        """The letter as ``commands.letters`` reads it from its headers."""
        told = redriven(dead.source.headers, self.world.broker.now_ms)
        origin = str(dead.origin)
        request = self.world.upstream.origins[origin]
        headers = told if isinstance(told, Redriven) else ()
        return Letter(dead.code, dead.stage, origin, dead.source.timestamp_ms, request, *headers)

    def rebind(self) -> None:
        """Move a contact to another line, while nothing of it is open (the CLI refuses otherwise)."""
        who = self._plan.rng.choice((*(SendRequest("x", number=number) for number in PEOPLE), *GROUPS))
        contact = contact_hash(who, KEY)
        if not any(
            self.world.oracle.fold.is_open(intent.request_id, attempt)
            for attempt, (_, intent) in self.world.oracle.granted.items()
            if intent.contact == contact
        ):
            self.world.broker.land("ledger", 0, Rebind(contact, self._plan.rng.choice(LINES)))

    def cancel(self) -> None:
        """Order a cancellation, by id (of a request to come, too) or by tag; or take one back."""
        rng, now_ms = self._plan.rng, self.world.broker.now_ms
        if rng.random() < 0.15:
            standing = [e.key for e in self.world.broker.log("control") if isinstance(e.value, Order)]
            return self._order(rng.choice(standing), None) if standing else None
        if rng.random() < 0.35:
            tag = rng.choice(TAGS)
            return self._order(f"cancel-tag/{tag}".encode(), CancelTag("season", tag, now_ms))
        request_id = f"r{rng.randint(1, self._plan.requests)}"
        return self._order(f"cancel/{request_id}".encode(), CancelRequest(request_id, now_ms))

    def pause(self) -> None:
        """Pause a line, a tag or everything, with an end, or until somebody resumes; mostly somebody does."""
        rng, now_ms = self._plan.rng, self.world.broker.now_ms
        scope = rng.choice((OfLine(rng.choice(LINES)), OfTag("season", rng.choice(TAGS)), OfAll()))
        until_ms = now_ms + int(self._plan.span(2, 90) * 1000) if rng.random() < 0.5 else None
        pause = Pause(scope, Ordered("ann", "under review", now_ms), until_ms)
        self.world.saw("a pause")
        self._order(_key(scope), pause)
        if rng.random() < 0.7:
            self.world.scheduler.after(self._plan.span(1, 60), self._resume, scope)

    def resume_all(self) -> None:
        """Whatever is paused goes on."""
        for pause in self._pauses().holding(self.world.broker.now_ms):
            self._resume(pause.scope)

    def _resume(self, scope: Scope) -> None:
        now_ms = self.world.broker.now_ms
        for pause in self._pauses().holding(now_ms):
            if pause.scope == scope:
                self.world.saw("a resume")
                self._order(_key(scope), pause._replace(resumed=Ordered("ben", "it is over", now_ms)))

    def _pauses(self) -> Pauses:
        orders = Orders()
        for entry in self.world.broker.log("control"):
            if entry.value is None or isinstance(entry.value, Order):
                orders.put(entry.key or b"", entry.value)
        return orders.pauses

    def _order(self, key: bytes | None, order: Order | None) -> None:
        self.world.say(None, "order", f"{key!r} {order}")
        self.world.broker.land("control", 0, order, key)

    def by_hand(self) -> None:
        """Somebody texts from the dashboard: to a contact of ours, now and then the very text that we send."""
        rng = self._plan.rng
        text = HELLO if rng.random() < 0.15 else "harbour, by hand"
        self.texts(SendRequest("by-hand", number=rng.choice(PEOPLE), content=text), rng.choice(LINES))

    def echo(self) -> None:
        """Somebody sends our last text once more, from the dashboard."""
        ours = [message for message in self.world.sendblue.messages.values() if message.text is not None]
        if ours:
            self.echoes.append(self.texts(ours[-1].request, ours[-1].line).handle)

    def texts(self, request: SendRequest, line: str) -> Message:
        """From the dashboard."""
        message = self.world.sendblue.by_hand(request, line)
        self.world.say(None, "by hand", f"{message.handle} on {message.line}")
        return message
