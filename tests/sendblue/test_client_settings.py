"""What a client is made of: keys, base URL, limits, and the proxy of the environment when asked."""

import httpx2
import pytest

from connector.sendblue.client import Limits, SendblueClient
from connector.sendblue.credentials import Credentials
from connector.sendblue.transport import environment_proxy
from tests.sendblue.peers import KEYS, Connection, Server, message, reply


@pytest.mark.parametrize(
    "base_url",
    [
        "",
        "api.example.com",
        "ftp://example.com",
        "https://",
        "https://user:pass@example.com",
        "https://x.example?a=b",
        "https://[::1",
    ],
)
def test_a_base_url_of_no_use_is_refused_at_once(base_url: str) -> None:
    """At the start, with a sentence that does not repeat it; not once per message."""
    with pytest.raises(ValueError, match="base URL") as error:
        SendblueClient(base_url, lambda: KEYS)

    assert "pass" not in str(error.value)


@pytest.mark.parametrize("key", ["", " padded", "line\n", "ümlaut", "x" * 1_025])
def test_a_key_of_no_use_is_refused_without_being_shown(key: str) -> None:
    """A line end from a secret file would fail in every call otherwise."""
    for keys in ((key, "fine"), ("fine", key)):
        with pytest.raises(ValueError, match="must be printable ASCII") as error:
            Credentials(*keys)

        assert not key or key.strip() not in str(error.value)


@pytest.mark.parametrize("limits", [{"in_flight": 0}, {"deadline_s": 0}, {"connect_s": -1}, {"pool_s": float("inf")}])
def test_limits_are_above_zero(limits: dict[str, int]) -> None:
    """A deadline of nothing would put every message in doubt."""
    with pytest.raises(ValueError, match="above zero"):
        Limits(**limits)


@pytest.mark.parametrize(
    ("environment", "proxy"),
    [
        ({}, None),
        ({"HTTPS_PROXY": "http://proxy.example.com:3128"}, b"proxy.example.com"),
        ({"https_proxy": "proxy.example.com:3128"}, b"proxy.example.com"),
        ({"ALL_PROXY": "http://proxy.example.com:3128"}, b"proxy.example.com"),
        ({"HTTP_PROXY": "http://proxy.example.com:3128"}, None),
        ({"HTTPS_PROXY": "http://proxy.example.com:3128", "NO_PROXY": "api.example.com"}, None),
    ],
)
def test_the_environments_proxy(
    environment: dict[str, str], proxy: bytes | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The usual variables, in either case; NO_PROXY goes before them."""
    for name in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    found = environment_proxy(httpx2.URL("https://api.example.com/x"))

    assert (found.url.host if found else None) == proxy


@pytest.mark.parametrize("asked", [False, True])
async def test_the_environments_proxy_is_used_only_when_asked(asked: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy that happens to be set must not come between us and Sendblue: it may repeat a POST."""

    async def play(connection: Connection) -> None:
        await connection.read_request()
        await connection.send(reply(401))

    async with Server(play) as proxy, Server(play) as server:
        for name, value in (("http_proxy", proxy.url), ("no_proxy", "")):
            monkeypatch.setenv(name, value)
            monkeypatch.setenv(name.upper(), value)
        async with SendblueClient(server.url, lambda: KEYS, use_env_proxies=asked) as client:
            answer = await client.send(message())

    assert answer.status == 401
    assert (len(proxy.connections), len(server.connections)) == ((1, 0) if asked else (0, 1))
