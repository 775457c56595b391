"""Traces, if they are switched on; nothing of OpenTelemetry is imported otherwise."""

from urllib.parse import urlsplit

from connector import __version__
from connector.core.spans import OFF, Tracing
from connector.settings import Settings

MISSING = 'observability.tracing is on, but OpenTelemetry is not installed: pip install "kafka-sendblue[otel]"'


def tracing_of(settings: Settings) -> Tracing:
    """Raises ValueError when tracing is on and its extra is not installed."""
    if not settings.observability.tracing:
        return OFF
    try:
        from connector.observability.tracing import exported  # noqa: PLC0415 - takes long, and may not be installed
    except ModuleNotFoundError:
        raise ValueError(MISSING) from None
    url = urlsplit(settings.sendblue.base_url)
    port = url.port or (443 if url.scheme == "https" else 80)
    return exported(__version__, {"server.address": url.hostname or "", "server.port": port})
