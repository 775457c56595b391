"""The truth about answers: the connection breaks at every byte of the response.

The oracle: the server has read the whole request each time, so the message may be on its way. Until the last byte
of an answer has been sent, whatever the client learned must leave the message in doubt.
"""

import asyncio
import re
from collections import Counter

import pytest

from connector.core.outcome_table import REFUSED_SENTENCE
from connector.core.outcomes import Rejected, Scope, Submitted, Unknown, Unsent, Wait, Window, classify
from connector.sendblue.client import Limits
from tests.sendblue.peers import ACCEPTED, HANDLE, Connection, End, message, reply, talking_to

JSON = b"Content-Type: application/json"
HOURLY = b'{"error_key":"LINE_HOURLY_LIMIT_REACHED"}'
REPLIES: dict[str, bytes] = {
    "accepted": ACCEPTED,
    "accepted-in-chunks": b"HTTP/1.1 202 X\r\nTransfer-Encoding: chunked\r\n\r\n18\r\n"
    + ACCEPTED[-24:]
    + b"\r\n0\r\n\r\n",
    "accepted-after-100": b"HTTP/1.1 100 Continue\r\n\r\n" + ACCEPTED,
    "hourly": reply(400, HOURLY, JSON),
    "hourly-in-chunks": b"HTTP/1.1 400 X\r\nTransfer-Encoding: chunked\r\n\r\n29\r\n" + HOURLY + b"\r\n0\r\n\r\n",
    "hourly-until-close": b"HTTP/1.1 400 X\r\n\r\n" + HOURLY,
    "rejected": reply(400, b'{"status":"ERROR","message":"no"}', JSON),
    "unauthorized": reply(401),
    "rate": reply(429, b"", b"Retry-After: 2"),
    "redirect": reply(307, b"", b"Location: /api/send-message"),
}
HOURLY_LIMIT = Unsent("LINE_HOURLY_LIMIT_REACHED", Scope.LINE, Wait(Window.HOURLY))
WHOLE: dict[str, object] = {
    "accepted": Submitted(HANDLE),
    "accepted-in-chunks": Submitted(HANDLE),
    "accepted-after-100": Submitted(HANDLE),
    "hourly": HOURLY_LIMIT,
    "hourly-in-chunks": HOURLY_LIMIT,
    "hourly-until-close": HOURLY_LIMIT,
    "rejected": Rejected("HTTP_400", REFUSED_SENTENCE),
    "unauthorized": Unsent("UNAUTHORIZED", Scope.ACCOUNT_STOPPED, Wait(Window.BACKOFF)),
    "rate": Unsent("RATE_LIMITED", Scope.LINE, Wait(Window.BACKOFF, 2.0)),
    "redirect": Unsent("REDIRECT", Scope.ACCOUNT_STOPPED, Wait(Window.BACKOFF)),
}
PATIENT = Limits(in_flight=256, deadline_s=120, connect_s=100)
"""On a slow day a hundred connections at once take seconds, and one that does not stand is UNSENT, as it should be."""
HASTY = Limits(in_flight=512, deadline_s=1.0)
"""Only for servers that never answer: how long a call waits for nothing."""
NOT_CONNECTED = Unsent("CONNECT", Scope.LINE, Wait(Window.BACKOFF))


class Cutter:
    """Answers the message "cut-N" with N bytes of the reply, then breaks off; counts each message it reads."""

    def __init__(self, response: bytes, end: End) -> None:
        self._response = response
        self._end = end
        self.seen: Counter[int] = Counter()

    async def __call__(self, connection: Connection) -> None:
        cut = re.search(rb"cut-(\d+)", await connection.read_request())
        assert cut
        self.seen[int(cut[1])] += 1
        await connection.send(self._response[: int(cut[1])])
        await connection.end(self._end)


async def cut_everywhere(
    name: str, end: End, limits: Limits, pooled: bool = False
) -> tuple[dict[int, object], Counter[int]]:
    """What each cut is classified as, and how often the server has read each message."""
    cutter = Cutter(REPLIES[name], end)
    cuts = range(len(REPLIES[name]) + 1)
    async with talking_to(cutter, limits, pooled) as (client, _):
        answers = await asyncio.gather(*(client.send(message(f"cut-{cut}")) for cut in cuts))
    return {cut: classify(answer) for cut, answer in zip(cuts, answers, strict=True)}, cutter.seen


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("end", [End.FIN, End.RST])
@pytest.mark.parametrize("name", REPLIES)
async def test_half_an_answer_is_none(name: str, end: End, pooled: bool) -> None:
    """Cut by FIN or RST at any byte before the last: in doubt. The server has read every message exactly once."""
    found, seen = await cut_everywhere(name, end, PATIENT, pooled)
    whole = found.pop(len(REPLIES[name]))

    assert set(found.values()) == {Unknown("NO_ANSWER")}
    assert seen == Counter(range(len(REPLIES[name]) + 1))
    assert whole in (WHOLE[name], Unknown("NO_ANSWER"))  # a reset may overtake the last bytes


@pytest.mark.parametrize("end", [End.GARBAGE, End.LINES])
@pytest.mark.parametrize("name", REPLIES)
async def test_garbage_instead_of_the_rest_is_no_answer(name: str, end: End) -> None:
    """Bytes that are no HTTP, or no JSON where JSON was announced, prove nothing at any place."""
    found, seen = await cut_everywhere(name, end, PATIENT)
    found.pop(len(REPLIES[name]))

    assert {type(classified) for classified in found.values()} == {Unknown}
    assert seen == Counter(range(len(REPLIES[name]) + 1))


@pytest.mark.parametrize("name", REPLIES)
async def test_silence_is_no_answer(name: str) -> None:
    """The server stops at any byte and says nothing more: at the deadline what it has read is in doubt."""
    found, seen = await cut_everywhere(name, End.HANG, HASTY)
    whole = found.pop(len(REPLIES[name]))

    assert {found[cut] for cut in found if seen[cut]} <= {Unknown("NO_ANSWER")}
    assert set(found.values()) <= {Unknown("NO_ANSWER"), NOT_CONNECTED}  # on a slow day the deadline comes first
    assert whole in (WHOLE[name], Unknown("NO_ANSWER"), NOT_CONNECTED)
    assert set(seen.values()) <= {1}


@pytest.mark.parametrize("end", [End.FIN, End.HANG, End.GARBAGE])
@pytest.mark.parametrize("name", REPLIES)
async def test_a_whole_answer_is_believed_however_the_connection_goes_on(name: str, end: End) -> None:
    """Once the last byte has arrived, what the server does with the connection changes nothing."""
    response = REPLIES[name]
    if name == "hourly-until-close":
        end = End.FIN  # the end of the connection is the end of this answer
    async with talking_to(Cutter(response, end)) as (client, _):
        found = classify(await client.send(message(f"cut-{len(response)}")))

    assert found == WHOLE[name]


async def test_a_trickle_does_not_stretch_the_deadline() -> None:
    """The deadline counts from the begin of the call, not from the last byte: a slow whole answer comes too late."""

    async def trickle(connection: Connection) -> None:
        await connection.read_request()
        for byte in ACCEPTED:
            await connection.send(bytes([byte]))
            await asyncio.sleep(0.02)  # this peer is slow; nothing waits for it

    async with talking_to(trickle, Limits(deadline_s=0.5)) as (client, server):
        found = classify(await client.send(message()))

    assert found == Unknown("NO_ANSWER")
    assert server.posts == 1
