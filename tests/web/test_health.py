"""Health: alive is local, readiness gives its reasons, the state is JSON."""

import json

import pytest

from connector.web.health import health_app
from tests.web.peers import ask, served, status_of


def get(path: str) -> bytes:
    """A GET that wants the connection closed."""
    return f"GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n".encode()


def fails() -> list[str]:
    """Readiness that nobody may ask for."""
    raise AssertionError("livez must not depend on it")


@pytest.mark.parametrize("path", ["/livez", "/startupz"])
@pytest.mark.parametrize(("deaths", "status"), [([], 200), (["the event loop has not turned for 11 s"], 503)])
async def test_livez_does_not_ask_for_readiness(path: str, deaths: list[str], status: int) -> None:
    """It answers whatever Kafka or Sendblue do, and at a start that waits for them."""
    async with served(health_app(lambda: deaths, fails, dict)) as port:
        reply = await ask(port, get(path))

    assert status_of(reply) == status
    assert reply.endswith("".join(f"{line}\n" for line in deaths or ["ok"]).encode())


@pytest.mark.parametrize(
    ("reasons", "status", "body"),
    [([], 200, b"ok\n"), (["the ledger is being read", "no broker"], 503, b"the ledger is being read\nno broker\n")],
)
async def test_readyz_says_why_not(reasons: list[str], status: int, body: bytes) -> None:
    """One sentence a line; 200 when there is none."""
    async with served(health_app(list, lambda: reasons, dict)) as port:
        reply = await ask(port, get("/readyz"))

    assert status_of(reply) == status
    assert reply.endswith(b"\r\n\r\n" + body)


async def test_readyz_tells_what_does_not_make_it_unready() -> None:
    """A partition of somebody's bad records is said, and callbacks still come."""
    async with served(health_app(list, list, dict, lambda: ["a partition waits"])) as port:
        reply = await ask(port, get("/readyz"))

    assert status_of(reply) == 200
    assert reply.endswith(b"\r\n\r\nok\na partition waits\n")


async def test_statusz_is_json_for_people_and_machines() -> None:
    """Tuples and nested objects included, on several lines."""
    state = {"version": "1", "lines": {"A": {"held": 1}}, "roles": ("ingress",), "parked": None}
    async with served(health_app(list, list, lambda: state)) as port:
        reply = await ask(port, get("/statusz"))
    head, body = reply.split(b"\r\n\r\n", 1)

    assert b"content-type: application/json" in head.lower()
    assert json.loads(body) == {**state, "roles": ["ingress"]}
    assert b"\n" in body
