"""What comes to the ingress is told by type and status, and no path is looked at."""

import asyncio

import pytest

from connector.web.callbacks import callbacks_app
from connector.web.traffic import Traffic, watched
from tests.web.peers import OK, Role, ask, post, served


class Told:
    """Keeps what it hears."""

    def __init__(self) -> None:
        self.answers: list[tuple[str, int]] = []

    def __call__(self, kind: str, status: int, seconds: float) -> None:
        self.answers.append((kind, status))


@pytest.mark.parametrize(
    ("sent", "expected"),
    [
        (post(), ("status_callback", 200)),
        (post(path="/v1/other"), ("other", 404)),
        (post().replace(b"POST", b"GET"), ("status_callback", 405)),
        (post(b"x" * 300_000), ("status_callback", 413)),
        (post(path="/v1/webhooks/receive"), ("receive", 404)),
        (post(path="/v1/webhooks/outbound"), ("outbound", 404)),
        (post(path="/v1/webhooks/line_blocked"), ("account_event", 404)),
    ],
)
async def test_every_answer_is_told(sent: bytes, expected: tuple[str, int]) -> None:
    """The routes' own refusals too."""
    told, traffic = Told(), Traffic()
    async with served(watched(callbacks_app(Role().accept), traffic, told)) as port:
        await ask(port, sent)

    assert told.answers == [expected]
    assert traffic.in_flight == 0


async def test_a_role_that_breaks_is_a_500() -> None:
    """And leaves nothing in flight."""
    told, traffic = Told(), Traffic()
    async with served(watched(callbacks_app(Role(error=RuntimeError()).accept), traffic, told)) as port:
        await ask(port, post())

    assert told.answers == [("status_callback", 500)]
    assert traffic.in_flight == 0


async def test_what_is_in_work_is_seen() -> None:
    """While the role waits for Kafka."""
    role, traffic = Role(OK), Traffic()
    role.gate.clear()
    async with served(watched(callbacks_app(role.accept), traffic, Told())) as port:
        asking = asyncio.create_task(ask(port, post()))
        await role.entered.wait()
        seen = traffic.in_flight
        role.gate.set()
        await asking

    assert seen == 1
