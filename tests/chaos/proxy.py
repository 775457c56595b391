"""A TCP proxy that cuts, holds or delays: the network between the replicas, the brokers and Sendblue.

Each connection has a label, taken from its first bytes: Kafka clients say their client id there, and a replica's client
id is its name. So one replica can be cut from one broker. Other connections are labelled by the ``era`` in which they
began, so those of a moment can be held while later ones pass. A rule holds for a label, or for every connection ("").

What a rule did is counted: a run whose faults did not fire proves nothing. And what the proxy itself made late is told
(``jams``), wanted or not, so that nobody else is blamed for it.
"""

import asyncio
import threading
import time
from collections import Counter
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any, NamedTuple, Self, TypeVar

import uvloop

from connector.simulator.arrival import waited_s

CHUNK = 65_536
JAM_S = 0.005
"""What passes sooner was not held up."""
UP, DOWN = "up", "down"
V = TypeVar("V")


class End(NamedTuple):
    """One side of a connection."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


class Piece(NamedTuple):
    """Bytes on their way. ``came``: when they arrived; ``due``: when they go on, on the loop's clock."""

    data: bytes
    came: float
    due: float


NO_MORE = Piece(b"", 0.0, 0.0)


class Rule(NamedTuple):
    """``cut``: no connection lives or begins. ``hold``: the ways whose bytes stay here. ``delay_s``: each way."""

    cut: bool = False
    hold: frozenset[str] = frozenset()
    delay_s: float = 0.0


CLEAR, CUT, HOLE = Rule(), Rule(cut=True), Rule(hold=frozenset({UP, DOWN}))
LOSE_ANSWERS, KEEP_CALLS = Rule(hold=frozenset({DOWN})), Rule(hold=frozenset({UP}))


class Proxy:
    """From one port of ours to the first of ``targets`` (ports on loopback) that takes the connection, in turn."""

    def __init__(self, network: "Network", targets: list[int]) -> None:
        self.targets, self.port = targets, 0
        self.did: Counter[str] = Counter()
        self.jams: list[tuple[float, float]] = []
        """Of bytes on their way up that were held up: when they arrived and when they went on, since the epoch."""
        self.era = ""
        self._network, self._rules = network, {"": CLEAR}
        self._changed = asyncio.Event()
        self._links: set[tuple[str, int, asyncio.StreamWriter]] = set()

    def impose(self, rule: Rule, label: str = "") -> None:
        """From now on this holds for connections of this label."""
        self._network.call(self._set(rule, label))

    def release(self, label: str) -> None:
        """No rule for this label any more."""
        self._network.call(self._set(CLEAR, label))

    def clear(self) -> None:
        """No rules any more."""
        self._network.call(self._clear())

    def aim(self, targets: list[int]) -> None:
        """Other targets; connections to those that are none any more are cut."""
        self._network.call(self._aim(targets))

    async def listen(self, port: int) -> None:
        """Begin; port 0: any."""
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]

    async def _set(self, rule: Rule, label: str) -> None:
        self._rules[label] = rule
        if rule.cut:
            self._cut({writer for of, _, writer in self._links if label in ("", of)})
        self._changed.set()
        self._changed = asyncio.Event()

    async def _clear(self) -> None:
        self._rules = {}
        await self._set(CLEAR, "")

    async def _aim(self, targets: list[int]) -> None:
        self.targets = targets
        self._cut({writer for _, target, writer in self._links if target not in targets})

    def _cut(self, writers: set[asyncio.StreamWriter]) -> None:
        self.did["cut"] += len(writers) // 2
        for writer in writers:
            writer.transport.abort()

    def _rule(self, label: str) -> Rule:
        return self._rules.get(label, self._rules[""])

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            first = await reader.read(CHUNK)
            came, label = _came(writer), client_id(first) or self.era
            await self._released(label, UP)
            there = None if self._rule(label).cut else await self._connect()
            if there is None or self._rule(label).cut:  # cut meanwhile
                self.did["refused"] += 1
                if there is not None:
                    there[0].writer.transport.abort()
                return writer.transport.abort()
            (onward, target), here = there, End(reader, writer)
            links = {(label, target, end.writer) for end in (here, onward)}
            self._links |= links
            self.did["connections"] += 1
            await asyncio.gather(
                self._pump(label, UP, here, onward, Piece(first, came, 0.0)), self._pump(label, DOWN, onward, here)
            )
            self._links -= links

    async def _released(self, label: str, way: str) -> None:
        """Return when bytes of this label may pass; what was held then goes on, even if its sender has left."""
        while way in self._rule(label).hold:
            self.did["held"] += 1
            await self._changed.wait()

    async def _connect(self) -> tuple[End, int] | None:
        self.targets = [*self.targets[1:], *self.targets[:1]]
        for target in self.targets:
            with suppress(OSError):
                return End(*await asyncio.open_connection("127.0.0.1", target)), target
        return None

    async def _pump(self, label: str, way: str, source: End, sink: End, first: Piece | None = None) -> None:
        queue: asyncio.Queue[Piece] = asyncio.Queue(64)
        delivery = asyncio.create_task(self._deliver(label, way, queue, sink.writer))
        piece = first or await _read(source)
        while piece.data and not delivery.done():
            await queue.put(piece._replace(due=asyncio.get_running_loop().time() + self._rule(label).delay_s))
            piece = await _read(source)
        if not delivery.done():
            await queue.put(NO_MORE)
            await delivery

    async def _deliver(self, label: str, way: str, queue: "asyncio.Queue[Piece]", writer: asyncio.StreamWriter) -> None:
        loop = asyncio.get_running_loop()
        with suppress(OSError):
            while True:
                piece = await queue.get()
                if (wait := piece.due - loop.time()) > 0:
                    self.did["delayed"] += 1
                    await asyncio.sleep(wait)
                await self._released(label, way)
                if not piece.data or writer.transport.is_closing():
                    return writer.close()
                writer.write(piece.data)
                if way == UP and (now := time.time()) - piece.came > JAM_S:
                    self.jams.append((piece.came, now))
                await writer.drain()


class Network:
    """The loop of all proxies, in a thread of its own."""

    def __init__(self) -> None:
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="network", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.call(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def proxy(self, targets: list[int], port: int = 0) -> Proxy:
        """One more proxy, listening."""
        proxy = Proxy(self, targets)
        self.call(proxy.listen(port))
        return proxy

    async def _end(self) -> None:
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    def call(self, work: Coroutine[Any, Any, V]) -> V:
        """Run it on the loop."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


async def _read(source: End) -> Piece:
    try:
        data = await source.reader.read(CHUNK)
    except OSError:
        return NO_MORE
    return Piece(data, _came(source.writer), 0.0)


def _came(writer: asyncio.StreamWriter) -> float:
    """When the bytes that were just read arrived."""
    return time.time() - waited_s(writer.transport)


def client_id(first: bytes) -> str:
    """The client id in the first request of a Kafka connection; empty for what is none."""
    length = int.from_bytes(first[12:14]) if len(first) > 14 else 0
    return first[14 : 14 + length].decode("ascii", "ignore") if first[:2] == b"\x00\x00" else ""
