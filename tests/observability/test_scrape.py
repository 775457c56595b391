"""The endpoint: a valid format whatever is asked for, exemplars for those who can read them."""

import http.client

import pytest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from connector.core import facts
from connector.observability.metrics import Metrics

TRACE = "0af7651916cd43dd8448eb211c80319c"
PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;"
    "q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
)


def get(port: int, accept: str | None, path: str = "/metrics", method: str = "GET") -> tuple[int, str, str]:
    """Status, content type and body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    connection.request(method, path, headers={} if accept is None else {"Accept": accept})
    reply = connection.getresponse()
    body = reply.read().decode()
    connection.close()
    return reply.status, reply.headers.get("content-type", ""), body


@pytest.mark.parametrize(
    ("accept", "is_openmetrics"),
    [
        (PROMETHEUS, True),
        ("application/openmetrics-text", True),
        ("application/openmetrics-text; version=1.0.0; q=1", True),
        (None, False),
        ("", False),
        ("*/*", False),
        ("text/html,application/xhtml+xml", False),
        ("text/plain;version=0.0.4;q=0.9,application/openmetrics-text;q=0.1", False),
        ("application/openmetrics-text;q=0", False),
        ("application/openmetrics-text;version=99", False),
        ("application/openmetrics-text;version=abc", False),
        ("application/openmetrics-text;version", True),
        ("application/openmetrics-text;q=nan", False),
        ("application/openmetrics-text;q=many", False),
        ("text/plain;version=1.0.0;escaping=nonsense", False),
        (";;;,,,=;q=", False),
        ("application/openmetrics-text;version=1.0.0;escaping=values," * 200, True),
    ],
)
def test_whatever_is_accepted_gets_a_format_that_exists(accept: str | None, is_openmetrics: bool) -> None:
    """The body parses by the very rules its content type names."""
    port = Metrics(["a"]).serve("127.0.0.1", 0)

    status, kind, body = get(port, accept)
    parse = openmetrics if is_openmetrics else classic

    assert status == 200
    assert kind.startswith(
        "application/openmetrics-text; version=1.0.0" if is_openmetrics else "text/plain; version=0.0.4"
    )
    assert len(list(parse(body))) > 50


def test_an_exemplar_leads_to_the_trace() -> None:
    """In OpenMetrics alone, and only of a message that is traced."""
    metrics = Metrics(["a"])
    port = metrics.serve("127.0.0.1", 0)
    metrics(facts.PostAnswered("a", "submitted", "ok", 0.2, TRACE))
    metrics(facts.MessageSettled("SUBMITTED", "", "a", "r", "x", "o", 0.3))

    _, _, rich = get(port, "application/openmetrics-text")
    _, _, plain = get(port, "text/plain")

    assert f'# {{trace_id="{TRACE}"}} 0.2' in rich
    assert rich.count("trace_id") == 1
    assert "trace_id" not in plain


@pytest.mark.parametrize(("method", "path", "expected"), [("POST", "/metrics", 405), ("GET", "/admin", 404)])
def test_nothing_else_is_there(method: str, path: str, expected: int) -> None:
    """The port is for scrapes."""
    status, _, _ = get(Metrics().serve("127.0.0.1", 0), None, path, method)

    assert status == expected
