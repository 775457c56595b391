"""Traces by OpenTelemetry. Only ``wiring.traces`` imports this, and only where tracing is switched on.

Where spans go, which share of them is kept and what the service is called say OpenTelemetry's own environment variables
(``OTEL_EXPORTER_OTLP_ENDPOINT``, ``OTEL_TRACES_SAMPLER``, ``OTEL_SERVICE_NAME``); a trace that began upstream keeps
the decision made there. Spans leave in batches, from a thread of the library's.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, Status, StatusCode
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from connector.core.spans import Attributes, Kind

NAME = "kafka-sendblue"
_KINDS = {Kind.CONSUMER: SpanKind.CONSUMER, Kind.CLIENT: SpanKind.CLIENT}
_context = TraceContextTextMapPropagator()


class Begun:
    """A span under way."""

    def __init__(self, span: Span) -> None:
        self._span = span

    @property
    def traceparent(self) -> str:
        """The context for whatever follows."""
        context = self._span.get_span_context()
        return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags) & 1:02x}"

    def tell(self, attributes: Attributes, error: str = "") -> None:
        """Add attributes; a code makes it a span that failed."""
        self._span.set_attributes(attributes)
        if error:
            self._span.set_attribute("error.type", error)
            self._span.set_status(Status(StatusCode.ERROR))


class Traces:
    """Spans of one provider. ``server``: what every call of Sendblue has in common, its address."""

    def __init__(self, provider: TracerProvider, server: Attributes) -> None:
        self._provider, self._tracer, self._server = provider, provider.get_tracer(NAME), server

    @contextmanager
    def span(self, name: str, kind: Kind, parent: str | None, attributes: Attributes) -> Iterator[Begun]:
        """A span below ``parent``, or the first of a new trace. Of an exception only its class is told."""
        above = _context.extract({"traceparent": parent or ""})
        more = self._server if kind is Kind.CLIENT else {}
        begun = Begun(span := self._tracer.start_span(name, above, _KINDS[kind], {**attributes, **more}))
        try:
            yield begun
        except BaseException as error:
            begun.tell({}, type(error).__name__)
            raise
        finally:
            span.end()

    async def close(self) -> None:
        """Send what is left."""
        await asyncio.to_thread(self._provider.shutdown)


def exported(version: str, server: Attributes) -> Traces:
    """Traces that go where OpenTelemetry's variables say."""
    provider = TracerProvider(resource=Resource.create({"service.version": version, **_named()}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Traces(provider, server)


def _named() -> dict[str, str]:
    """Our name, unless the variables give another: of what is told here and there, what is told here wins."""
    told = Resource.create().attributes.get("service.name", "")
    return {"service.name": NAME} if str(told).startswith("unknown_service") else {}
