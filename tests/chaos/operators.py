"""Operators at their commands and contacts who text STOP, beside everything else, at moments that the seed chooses.

They do what the commands do, in this process: pause a line or a tag for some seconds, move a line's contacts to another
line, or a few contacts; take contacts out, and in again. A moment is a count of requests, so a slow machine has as many
of them. Lines that are left and lines that take are apart, so nobody is moved to and fro by the line; and a line is
left once.
"""

import asyncio
import random
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Coroutine, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import Any, Self, TypeVar

import httpx2
from confluent_kafka import KafkaException

from connector.commands.ledger_commands import rebind
from connector.commands.ledger_reading import LedgerSaysOtherwise
from connector.commands.moving_commands import Moving, move
from connector.commands.opt_out_commands import say, whom
from connector.commands.pause_commands import pause, resume
from connector.core.pauses import OfLine, OfTag, Pause, Said, Scope
from connector.kafka.records import KafkaFatal, ProduceFailed
from connector.kafka.registry import RegistryAway
from tests.chaos.load import CAMPAIGN, number
from tests.chaos.ordered import Spoken
from tests.chaos.trial import SECRET, WITHIN_S, Trial

TICK_S = 0.1
FEW = 3
"""Contacts of one act."""
LONG_S, SHORT_S = (4.0, 8.0), (2.5, 3.5)
"""How long a pause lasts: longer than the two seconds that it may take to hold."""
FORGOTTEN_S = 3600.0
"""The end of a pause that somebody resumes."""
OPERATOR, WAIT_S, TRIES = "ann", 5.0, 5
V = TypeVar("V")


class Operators:
    """``with Operators(...) as one: one.begin(moments); ...; one.finish()``. ``did``: what came of it."""

    def __init__(self, trial: Trial, seed: str, spans_s: tuple[float, float] = LONG_S) -> None:
        self._trial, self._chance, self._spans_s = trial, random.Random(seed), spans_s
        self._settings = trial.site.settings()
        self._pool, self._enough = ThreadPoolExecutor(1, "operators"), threading.Event()
        self._work: Future[None] | None = None
        self._taking = self._chance.sample(sorted(trial.aliases.values()), len(trial.aliases))
        self._leaving = [self._taking.pop() for _ in range(len(self._taking) // 2)]
        self._paused: deque[tuple[float, Scope | None]] = deque()
        self._out: list[tuple[str, bool]] = []
        self.did: Counter[str] = Counter()

    def __enter__(self) -> Self:
        url = f"http://127.0.0.1:{self._trial.fleet.balancer.port}/v1/webhooks/receive"
        self._post("api/account/webhooks", {"webhooks": [url], "type": "receive", "globalSecret": SECRET})
        return self

    def __exit__(self, *_: object) -> None:
        self._enough.set()
        self._pool.shutdown(cancel_futures=True)

    def begin(self, moments: Sequence[int], acts: Sequence[str] = ()) -> None:
        """An act at each of these counts of requests: these ones, or each in turn in orders of the seed's."""
        chosen = list(acts) or [act for _ in moments for act in self._chance.sample(list(ACTS), len(ACTS))]
        self._work = self._pool.submit(self._run, list(zip(sorted(moments), chosen, strict=False)))

    def finish(self) -> None:
        """Return when all is done, and no pause holds any more. Raises what went wrong."""
        if self._work is not None:
            self._work.result()

    def _run(self, plan: list[tuple[int, str]]) -> None:
        todo = deque(plan)
        while (todo or self._paused) and not self._enough.is_set():
            if due := next((one for one in self._paused if one[0] <= time.monotonic()), None):
                self._paused.remove(due)
                if due[1] is not None:
                    self._resume(due[1])
            elif todo and (self._trial.load.requests >= todo[0][0] or not self._trial.load.going):
                ACTS[todo.popleft()[1]](self)
            else:
                self._enough.wait(TICK_S)

    def pause_line(self) -> None:
        """A line that is not paused."""
        held = [scope.alias for _, scope in self._paused if isinstance(scope, OfLine)]
        self._pause(OfLine(self._chance.choice([a for a in self._trial.aliases.values() if a not in held])))

    def pause_tag(self) -> None:
        """The one that some requests have, if it goes on."""
        scope = OfTag(*CAMPAIGN)
        if all(one != scope for _, one in self._paused):
            self._pause(scope)

    def _pause(self, scope: Scope) -> None:
        """Half of the pauses end by themselves."""
        span_s, ends = self._chance.uniform(*self._spans_s), self._chance.random() < 0.5
        self.did["pauses"] += 1
        said = self._said(f"pause {self.did['pauses']}")
        until_ms = said.at_ms + int((span_s if ends else FORGOTTEN_S) * 1000)
        self._command(lambda: pause(self._settings, Pause(scope, said, until_ms)))
        self._paused.append((time.monotonic() + span_s, None if ends else scope))

    def _resume(self, scope: Scope) -> None:
        self._command(lambda: resume(self._settings, scope, self._said("it is over")))

    def _said(self, reason: str) -> Said:
        return Said(OPERATOR, reason, time.time_ns() // 1_000_000)

    def move_line(self) -> None:
        """All contacts of a line; a few of any when every line that is left has been."""
        if not self._leaving:
            return self.move_few()
        wanted = Moving(self._leaving.pop(), self._chance.choice(self._taking), operator=OPERATOR, wait_s=WAIT_S)
        done = self._command(lambda: move(self._settings, wanted, None, lambda *_: None))
        self.did["moved"] += done.moved
        self.did["stayed"] += done.in_flight + done.parked
        return None

    def move_few(self) -> None:
        """A few contacts, one by one; who has a text in flight, in doubt or parked stays."""
        for who in self._some():
            to = self._chance.choice(self._taking)
            try:
                self._command(partial(rebind, self._settings, who, None, to))
                self.did["moved"] += 1
            except LedgerSaysOtherwise:
                self.did["stayed"] += 1

    def take_out(self) -> None:
        """By the command."""
        some = self._some()
        self._speaks(some, out=True)
        self._command(lambda: say(self._settings, whom(self._settings, some, [], []), out=True))
        self._out += [(who, False) for who in some]

    def stop(self) -> None:
        """By their own texts."""
        for who in self._some():
            self._texts(who, "STOP", out=True)
            self._out.append((who, True))

    def take_in(self) -> None:
        """The way in which it was taken out; nobody, if nobody is out."""
        if not self._out:
            return None
        who, by_text = self._out.pop(self._chance.randrange(len(self._out)))
        if by_text:
            return self._texts(who, "START", out=False)
        self._speaks([who], out=False)
        self._command(lambda: say(self._settings, whom(self._settings, [who], [], []), out=False))
        return None

    def _texts(self, who: str, word: str, *, out: bool) -> None:
        at, line = time.time(), self._chance.choice(list(self._trial.aliases))
        text = self._post("_sim/inbound", {"number": who, "line": line, "content": word})
        self._trial.spoken.append(Spoken(who, out, at, str(text["message_handle"])))
        self.did["words"] += 1

    def _speaks(self, some: Sequence[str], *, out: bool) -> None:
        self._trial.spoken += [Spoken(who, out, time.time()) for who in some]
        self.did["words"] += len(some)

    def _command(self, command: Callable[[], Coroutine[Any, Any, V]]) -> V:
        """Once more where a busy machine did not answer in time, as a person would."""
        for _ in range(TRIES - 1):
            try:
                return asyncio.run(command())
            except LedgerSaysOtherwise:
                raise
            except (KafkaException, KafkaFatal, ProduceFailed, RegistryAway, OSError, ValueError):
                self.did["tried again"] += 1
        return asyncio.run(command())

    def _some(self) -> list[str]:
        return [number(n) for n in self._chance.sample(range(self._trial.load.contacts), FEW)]

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, object]:
        api = self._trial.site.base["sendblue"]
        keys = {"sb-api-key-id": api["api_key_id"], "sb-api-secret-key": api["api_secret_key"]}
        url = f"http://127.0.0.1:{self._trial.site.api_port}/{path}"
        answer = httpx2.post(url, json=body, headers=keys, trust_env=False, timeout=WITHIN_S)
        answer.raise_for_status()
        told: dict[str, object] = answer.json()
        return told


ACTS: Mapping[str, Callable[[Operators], None]] = {
    "pause-line": Operators.pause_line,
    "pause-tag": Operators.pause_tag,
    "move-line": Operators.move_line,
    "move-few": Operators.move_few,
    "take-out": Operators.take_out,
    "stop": Operators.stop,
    "take-in": Operators.take_in,
}
