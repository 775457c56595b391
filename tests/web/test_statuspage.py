"""The state as a page: the same content as the JSON, nothing that runs, nothing from elsewhere."""

import json
import re
from collections.abc import Iterator, Mapping
from html import unescape

import pytest

from connector.web.health import health_app
from connector.web.statuspage import TITLES, page, wants_page
from tests.web.peers import ask, served

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
STATE: Mapping[str, object] = {
    "state": "running",
    "not_ready": ["no Kafka broker has been reachable for 61 s"],
    "roles": ("router", "sender"),
    "versions": {"connector": "1.2.3", "settings": "abc123"},
    "requests": {"in_flight": 17, "parked": None},
    "errors": {"RATE_LIMITED": 3},
    "lines_by_state": {"ready": 1, "breaker": 1},
    "lines": {
        "line-b": {"state": "breaker", "queued": 12, "oldest_s": 7.5, "in_doubt": 2},
        "line-a": {"state": "ready", "queued": 0, "oldest_s": 0.0, "in_doubt": 0},
    },
    "topics": {},
}


def words(value: object) -> Iterator[str]:
    """Every name and value of the state."""
    if isinstance(value, Mapping):
        for name, inner in value.items():
            yield TITLES.get(name) or (name if name.isupper() else name.replace("_", " "))
            yield from words(inner)
    elif isinstance(value, list | tuple):
        for one in value:
            yield from words(one)
    elif value is not None:
        yield str(value)


def test_the_page_shows_all_that_the_json_does() -> None:
    """No name and no value is missing, and lines stay in their order."""
    text = unescape(re.sub(r"<[^>]*>", "\n", re.sub(r"<style>.*?</style>", "", page(STATE), flags=re.DOTALL)))
    shown = set(re.split(r"\n|: |, ", text)) | {one.rstrip(":") for one in text.split("\n")} | set(text.split("\n"))

    assert [word for word in words(STATE) if word not in shown and word not in text] == []
    assert text.index("line-b") < text.index("line-a")


def test_nothing_runs_and_nothing_comes_from_elsewhere() -> None:
    """No script, no address; what is shown is escaped."""
    shown = page({"errors": {"<script>alert(1)</script>": 1}, "lines": {"a": {"state": '"><img src=x>'}}})

    assert "<script" not in shown
    assert "<img" not in shown
    assert "//" not in shown.replace("</", "")
    assert 'http-equiv="refresh"' in shown


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (BROWSER, True),
        ("text/html", True),
        ("TEXT/HTML; q=0.5, */*", True),
        ("text/html;q=0.5,application/json", False),
        ("application/json", False),
        ("*/*", False),
        ("", False),
        ("text/html;q=0", False),
        ("text/html;q=nan", False),
        (";,=;q=;", False),
    ],
)
def test_who_asks_for_html_gets_the_page(accept: str, expected: bool) -> None:
    """Browsers do; curl and Prometheus do not."""
    assert wants_page(accept) is expected


@pytest.mark.parametrize(
    ("path", "accept", "kind"),
    [
        ("/statusz", BROWSER, "text/html"),
        ("/statusz", "*/*", "application/json"),
        ("/statusz?format=json", BROWSER, "application/json"),
    ],
)
async def test_one_address_two_forms(path: str, accept: str, kind: str) -> None:
    """Neither is kept by a cache, and the page forbids itself to load anything."""
    asked = f"GET {path} HTTP/1.1\r\nHost: here\r\nAccept: {accept}\r\nConnection: close\r\n\r\n".encode()
    async with served(health_app(list, list, lambda: STATE)) as port:
        head, body = (await ask(port, asked)).split(b"\r\n\r\n", 1)
    told = head.decode().lower()

    assert f"content-type: {kind}" in told
    assert "vary: accept" in told
    assert "cache-control: no-store" in told
    assert ("content-security-policy: default-src 'none'" in told) == (kind == "text/html")
    if kind == "application/json":
        assert json.loads(body)["requests"] == {"in_flight": 17, "parked": None}
