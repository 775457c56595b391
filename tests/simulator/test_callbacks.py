"""Callbacks: when they are repeated, what chance does to them, and that a receiver that hangs delays only its own."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import pytest

from connector.simulator.callbacks import Callbacks, Timers
from connector.simulator.connections import MAX_CONNECTIONS, Delivery
from connector.simulator.faults import Faults
from connector.simulator.posting import Poster
from connector.simulator.settings import SimulatorSettings
from tests.simulator.stage import Stage
from tests.virtual_time import run

Tries = list[tuple[float, str]]
URL = "http://127.0.0.1/cb"


def tries(
    answers: list[int | None], faults: Faults | None = None, *, told: int = 1, retry_any: bool = False
) -> tuple[Tries, dict[str, int]]:
    """When a receiver that gives these answers, then 200, is called in virtual time; and the counts."""

    async def main() -> tuple[Tries, dict[str, int]]:
        seen: Tries = []
        loop, left = asyncio.get_running_loop(), iter(answers)

        def post(delivery: Delivery) -> None:
            seen.append((loop.time(), delivery.body.decode()))
            status = next(left, 200)
            loop.call_later(45.0 if status is None else 0.0, delivery.done, status)

        settings = SimulatorSettings(step_s=1.0, callback_retry_s=2.0, retry_any=retry_any)
        counts: Counter[str] = Counter()
        callbacks = Callbacks(settings, faults or Faults(), post, Timers(), counts)
        for n in range(told):
            callbacks.tell(URL, str(n).encode())
        await asyncio.sleep(600)
        return seen, dict(counts)

    return run(main())


@pytest.mark.parametrize(
    ("answers", "times"),
    [
        ([200], [0]),
        ([404], [0]),
        ([410], [0]),
        ([503, 200], [0, 2]),
        ([500, 500, 500, 200], [0, 2, 6, 14]),
        ([500] * 9, [0, 2, 6, 14]),
        ([None, 200], [0, 47]),
        ([None] * 9, [0, 47, 96, 149]),
    ],
)
def test_three_repeats_after_a_5xx_or_silence(answers: list[int | None], times: list[float]) -> None:
    """After 2, 4 and 8 s here; a 4xx is an answer."""
    assert times == [at for at, _ in tries(answers)[0]]


def test_repeats_after_any_answer_but_2xx() -> None:
    """By a switch."""
    assert [at for at, _ in tries([404, 302, 201], retry_any=True)[0]] == [0, 2, 6]


def test_answers_are_counted() -> None:
    """By HTTP status, or as failed."""
    assert tries([503, None])[1] == {"503": 1, "failed": 1, "200": 1}


def test_twice_late_and_lost() -> None:
    """All doubled a step later; all three steps late; none at all."""
    twice, late, lost = (Faults(callback_twice=1.0), Faults(callback_late=1.0), Faults(callback_lost=1.0))

    assert [at for at, _ in tries([], twice)[0]] == [0, 1]
    assert [at for at, _ in tries([], late)[0]] == [3]
    assert tries([], lost)[0] == []


def test_mishaps_follow_the_seed() -> None:
    """The same ones each time, some of each kind, out of order."""
    first, again = (
        tries([], Faults(callback_lost=0.2, callback_twice=0.2, callback_late=0.3, seed=9), told=30)[0]
        for _ in range(2)
    )
    bodies = [body for _, body in first]

    assert first == again
    assert len(set(bodies)) < 30 < len(bodies) + 10
    assert len(bodies) > len(set(bodies))
    assert bodies != sorted(bodies, key=int)


def test_every_status_is_told_once() -> None:
    """To the text's own URL."""

    async def main() -> list[tuple[str, str]]:
        stage = Stage(step_s=1.0)
        await stage.send(status_callback=URL)
        await asyncio.sleep(60)
        return [(delivery.url, row["status"]) for delivery, row in zip(stage.told, stage.heard(), strict=True)]

    assert [(URL, status) for status in ("QUEUED", "ACCEPTED", "SENT", "DELIVERED")] == run(main())


def test_a_silent_text_is_never_told_about() -> None:
    """Accepted, shown in the list as DELIVERED, and not one callback."""

    async def main() -> tuple[int, list[str]]:
        stage = Stage(Faults(silent=1.0), step_s=1.0)
        await stage.send(status_callback=URL)
        await asyncio.sleep(60)
        return len(stage.told), [row["status"] for row in (await stage.get("/api/v2/messages"))["data"]]

    assert run(main()) == (0, ["DELIVERED"])


def test_nothing_is_told_after_the_end() -> None:
    """Closing forgets what was still to come, a repeat that falls due meanwhile too."""

    async def main() -> int:
        stage = Stage(step_s=1.0)
        await stage.send(status_callback=URL)
        await stage.simulator.close()
        stage.told[0].done(None)
        await asyncio.sleep(60)
        return len(stage.told)

    assert run(main()) == 1


class Receiver:
    """A listener of our own: answers each POST with ``reply`` bytes, or with nothing."""

    def __init__(self, reply: bytes | None = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n") -> None:
        self.reply = reply
        self.bodies: list[bytes] = []
        self.heads: list[bytes] = []
        self.connections = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
                self.heads.append(head)
                self.bodies.append(await reader.readexactly(length))
                if self.reply is not None:
                    writer.write(self.reply)
                    if b"close" in self.reply:
                        break
        writer.close()


@contextlib.asynccontextmanager
async def listening(receiver: Receiver) -> AsyncIterator[str]:
    server = await asyncio.start_server(receiver, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


class Answers:
    """Collects the answers to a number of deliveries."""

    def __init__(self, count: int) -> None:
        self.seen: list[int | None] = []
        self.all = asyncio.Event()
        self._count = count

    def __call__(self, status: int | None) -> None:
        self.seen.append(status)
        if len(self.seen) == self._count:
            self.all.set()


async def posted(url: str, count: int, wait_s: float = 120.0, headers: dict[str, str] | None = None) -> Answers:
    """Post so many and wait for all answers."""
    poster, answers = Poster(wait_s), Answers(count)
    for n in range(count):
        poster(Delivery(f"{url}/cb?n={n}", str(n).encode(), answers, headers or {}))
    await asyncio.wait_for(answers.all.wait(), 120)
    poster.close()
    return answers


async def test_connections_are_few_and_used_again() -> None:
    """Every body arrives once."""
    receiver = Receiver()
    async with listening(receiver) as url:
        answers = await posted(url, 500, headers={"sb-signing-secret": "s"})

    assert answers.seen == [200] * 500
    assert sorted(receiver.bodies) == sorted(str(n).encode() for n in range(500))
    assert receiver.connections <= MAX_CONNECTIONS
    assert all(b"sb-signing-secret: s\r\n" in head for head in receiver.heads)
    assert any(head.startswith(b"POST /cb?n=7 HTTP/1.1\r\n") for head in receiver.heads)


@pytest.mark.parametrize(
    ("reply", "status"),
    [
        (b"HTTP/1.1 503 No\r\nconnection: close\r\ncontent-length: 2\r\n\r\nno", 503),
        (b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200),
        (b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n", 204),
        (b"what is this\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\nshort", None),
        (None, None),
    ],
    ids=range(6),
)
async def test_answers_are_read_to_their_end(reply: bytes | None, status: int | None) -> None:
    """Closed, chunked, preceded by a 100; nonsense, half an answer and silence are none."""
    async with listening(Receiver(reply)) as url:
        answers = await posted(url, 3, wait_s=0.2 if reply is None else 120.0)

    assert [status] * 3 == answers.seen


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "nowhere", "ftp://x", "http://[", "http://x:99999"])
async def test_where_nobody_listens_nobody_answers(url: str) -> None:
    """And nothing is raised."""
    answers = await posted(url, 2)

    assert answers.seen == [None, None]


async def test_a_receiver_that_hangs_delays_only_its_own() -> None:
    """With more waiting for it than it has connections, another destination gets all of its callbacks."""
    silent, quick = Receiver(None), Receiver()
    async with listening(silent) as hanging, listening(quick) as url:
        poster, answers = Poster(45.0), Answers(50)
        for n in range(10 * MAX_CONNECTIONS):
            poster(Delivery(f"{hanging}/cb", b"x", Answers(0)))
            if n < 50:
                poster(Delivery(f"{url}/cb", b"x", answers))
        await asyncio.wait_for(answers.all.wait(), 120)
        poster.close()

    assert answers.seen == [200] * 50
