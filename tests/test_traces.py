"""Traces: one from the producer through router and sender to the event, and nothing at all when they are off."""

import subprocess
import sys
from collections.abc import Sequence

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import SpanKind, StatusCode

from connector.core.callbacks import Report
from connector.core.calls import Answer, Failure
from connector.core.messages import Dispatch, Origin, SendRequest
from connector.core.spans import OFF, Kind
from connector.core.steps import Held, Owe
from connector.observability.tracing import Traces
from connector.roles.router import RequestRecord
from connector.roles.surroundings import DispatchRecord
from connector.settings import Settings
from connector.wiring.traces import tracing_of
from tests.router_stage import LINE, NUMBER, SOURCE
from tests.router_stage import Stage as RouterStage
from tests.sender_stage import NOW_MS, Log, Stage
from tests.virtual_time import run

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"


class Recorder:
    """Keeps every span that ended."""

    def __init__(self) -> None:
        self._kept = InMemorySpanExporter()
        provider = TracerProvider()
        provider.add_span_processor(SimpleSpanProcessor(self._kept))
        self.traces = Traces(provider, {"server.address": "api.example.com", "server.port": 443})

    @property
    def spans(self) -> Sequence[ReadableSpan]:
        """In the order of their ends."""
        return self._kept.get_finished_spans()


class Sending(Stage):
    """A sender whose ends keep the trace context of their event."""

    def __init__(self, recorder: Recorder) -> None:
        super().__init__(Log(), "A", tracing=recorder.traces)
        self.events: list[str | None] = []

    async def owed(self, held: Held, owe: Owe, report: Report | None) -> None:
        self.events.append(held.dispatch.traceparent)
        await super().owed(held, owe, report)

    def traced(self, traceparent: str | None) -> None:
        """Hand the sender a record with a trace context."""
        request = SendRequest("r1", number=NUMBER, content="hello")
        dispatch = Dispatch(request, Origin("sendblue.requests", 0, 1), NOW_MS, "A", traceparent=traceparent)
        self.sender.records([DispatchRecord(0, 1, NOW_MS, 300, dispatch)])


def test_the_router_continues_the_producers_trace() -> None:
    """Its span hangs below the record's context, and the dispatch record hangs below the span."""
    recorder = Recorder()

    async def story() -> None:
        stage = RouterStage()
        stage.router._tracing = recorder.traces
        stage.router.assigned([0])
        request = SendRequest("r1", number=NUMBER, content="hello", from_number=LINE)
        origin = Origin("sendblue.requests", 0, 7)
        stage.router.records([RequestRecord(origin, SOURCE, request, NOW_MS, PARENT)])
        while not stage.topics.dispatched:
            await stage.router.revoked([0])
        (span,), (dispatch,) = recorder.spans, stage.topics.dispatched

        assert (span.name, span.kind) == ("process sendblue.requests", SpanKind.CONSUMER)
        assert f"{span.context.trace_id:032x}" == TRACE
        assert span.parent is not None
        assert f"{span.parent.span_id:016x}" == SPAN
        assert dispatch.traceparent == f"00-{TRACE}-{span.context.span_id:016x}-01"
        assert dict(span.attributes or {}) == {
            "messaging.system": "kafka",
            "messaging.operation.name": "process",
            "messaging.operation.type": "process",
            "messaging.destination.name": "sendblue.requests",
            "messaging.destination.partition.id": "0",
            "messaging.kafka.offset": 7,
            "messaging.message.id": "r1",
        }

    run(story())


def test_the_event_hangs_below_the_call() -> None:
    """The POST's span below the dispatch record's context, the event below the POST."""
    recorder = Recorder()

    async def story() -> None:
        stage = Sending(recorder)
        stage.sender.assigned([0])
        stage.traced(PARENT)
        await stage.until(lambda: bool(stage.events))
        (span,) = recorder.spans

        assert (span.name, span.kind) == ("POST", SpanKind.CLIENT)
        assert span.parent is not None
        assert f"{span.parent.span_id:016x}" == SPAN
        assert stage.events == [f"00-{TRACE}-{span.context.span_id:016x}-01"]
        assert span.attributes is not None
        assert span.attributes["server.address"] == "api.example.com"
        assert span.attributes["sendblue.outcome"] == "submitted"
        assert span.status.status_code is StatusCode.UNSET
        assert NUMBER not in str(span.to_json())
        assert "hello" not in str(span.to_json())

    run(story())


def test_a_call_in_doubt_is_a_span_that_failed() -> None:
    """With the code of the doubt, and no word of Sendblue's."""
    recorder = Recorder()

    async def story() -> None:
        stage = Sending(recorder)
        stage.answers.append(Answer(failure=Failure.WRITTEN))
        stage.sender.assigned([0])
        stage.traced(None)
        await stage.until(lambda: bool(recorder.spans))
        (span,) = recorder.spans

        assert span.parent is None
        assert span.status.status_code is StatusCode.ERROR
        assert span.attributes is not None
        assert span.attributes["error.type"] == "NO_ANSWER"

    run(story())


def test_an_exception_is_told_by_its_class_alone() -> None:
    """Its words may hold a number."""
    recorder = Recorder()
    with pytest.raises(ValueError, match="555"), recorder.traces.span("x", Kind.CONSUMER, None, {}):
        raise ValueError(NUMBER)
    (span,) = recorder.spans

    assert span.attributes == {"error.type": "ValueError"}
    assert NUMBER not in str(span.to_json())


def test_a_trace_upstream_did_not_sample_is_not_kept() -> None:
    """The decision made where the trace began holds here too, and goes on with the record."""
    recorder = Recorder()
    with recorder.traces.span("x", Kind.CONSUMER, f"00-{TRACE}-{SPAN}-00", {}) as span:
        onward = span.traceparent

    assert recorder.spans == ()
    assert onward.startswith(f"00-{TRACE}-")
    assert onward.endswith("-00")


@pytest.mark.parametrize("parent", ["", "nonsense", f"00-{'0' * 32}-{SPAN}-01", NUMBER])
def test_a_context_that_is_none_begins_a_new_trace(parent: str) -> None:
    """Anybody may write the header."""
    recorder = Recorder()
    with recorder.traces.span("x", Kind.CONSUMER, parent, {}):
        pass

    assert recorder.spans[0].parent is None


def test_off_the_context_goes_on_as_it_came() -> None:
    """No span, no new id: consumers downstream still find the producer's trace."""
    with OFF.span("x", Kind.CONSUMER, PARENT, {}) as span:
        span.tell({"a": 1}, "code")

        assert span.traceparent == PARENT


def test_off_nothing_of_opentelemetry_is_imported() -> None:
    """Not by the command line, not by the connector, not by asking for the tracing that is off."""
    program = (
        "import sys, connector.cli\n"
        "from connector.settings import Settings\n"
        "from connector.wiring.traces import tracing_of\n"
        "tracing_of(Settings.model_construct(observability=Settings.model_fields['observability'].get_default(\n"
        "    call_default_factory=True)))\n"
        "print([name for name in sys.modules if name.startswith('opentelemetry')])\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_off_is_the_default() -> None:
    """Nobody gets traces unasked."""
    field = Settings.model_fields["observability"].get_default(call_default_factory=True)

    assert field.tracing is False
    assert tracing_of(Settings.model_construct(observability=field)) is OFF
