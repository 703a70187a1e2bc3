"""Traces by OpenTelemetry: one span a request, a child for each act, hash and call; no value of a customer's.

Needs the extra ``otel``; imported only where the usual ``OTEL_…`` variables ask for traces.
"""

from collections.abc import Callable, Mapping, Sequence

from opentelemetry import context as contexts
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, StatusCode, get_current_span, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
from starlette.types import ASGIApp, Receive, Scope, Send

from aldaba.service.audit import Event
from aldaba.service.watching import Watch

SERVER_ERROR = 500
_W3C = TraceContextTextMapPropagator()
_TAKEN = frozenset({b"traceparent", b"tracestate"})
_LONGEST = 512
"""Bytes of a header of a trace; W3C Trace Context asks for no more."""
_UNSEEN = "/health/"
"""Probes come every few seconds and tell nothing."""
_SAID = {
    "operation": "aldaba.operation",
    "application": "aldaba.application",
    "uuid": "aldaba.request_id",
    "status": "http.response.status_code",
    "code": "aldaba.code",
}


class Tracing:
    """A ``Watch`` that makes spans and passes on what it is told; ``nanoseconds`` is the time since 1970."""

    def __init__(self, inner: Watch, version: str, nanoseconds: Callable[[], int]) -> None:
        resource = Resource.create()
        if str(resource.attributes.get(SERVICE_NAME, "")).startswith("unknown_service"):
            resource = resource.merge(Resource({SERVICE_NAME: "aldaba"}))
        self._provider = TracerProvider(resource=resource, shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("aldaba", version)
        self._inner = inner
        self._nanoseconds = nanoseconds

    def round_the_door(self, app: ASGIApp) -> ASGIApp:
        """The door, with a span for each request that goes in."""

        async def traced(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith(_UNSEEN):
                await app(scope, receive, send)
                return
            span = self._tracer.start_span("page", _given(scope), SpanKind.SERVER)
            token = contexts.attach(set_span_in_context(span))
            try:
                await app(scope, receive, send)
            finally:
                contexts.detach(token)
                span.end()

        return traced

    def told(self, line: Mapping[str, object]) -> None:
        """A line of the request log, for the span of its request."""
        span = get_current_span()
        span.update_name(str(line["operation"]))
        for field, attribute in _SAID.items():
            value = line.get(field)
            if isinstance(value, str | int):
                span.set_attribute(attribute, value)
        status = line["status"]
        if isinstance(status, int) and status >= SERVER_ERROR:
            span.set_status(StatusCode.ERROR)

    def acted(self, seconds: float) -> None:
        self._span("act", seconds, SpanKind.INTERNAL, {})
        self._inner.acted(seconds)

    def committed(self, acts: int, seconds: float, events: Sequence[Event]) -> None:
        self._inner.committed(acts, seconds, events)

    def commit_failed(self) -> None:
        self._inner.commit_failed()

    def hashed(self, waited: float, seconds: float) -> None:
        self._span("hash", waited + seconds, SpanKind.INTERNAL, {"aldaba.waited_seconds": waited})
        self._inner.hashed(waited, seconds)

    def called(self, backend: str, outcome: str, seconds: float) -> None:
        said = {"aldaba.backend": backend, "aldaba.outcome": outcome}
        self._span(f"call {backend}", seconds, SpanKind.CLIENT, said)
        self._inner.called(backend, outcome, seconds)

    def carried(self) -> Mapping[str, str]:
        headers: dict[str, str] = {}
        _W3C.inject(headers)
        return headers

    def close(self) -> None:
        """Send what waits; blocks for some seconds where the collector is away."""
        self._provider.shutdown()

    def _span(self, name: str, seconds: float, kind: SpanKind, said: Mapping[str, str | float]) -> None:
        # What is done for no request, such as sealing the audit, makes no traces of its own.
        if not get_current_span().is_recording():
            return
        ended = self._nanoseconds()
        span = self._tracer.start_span(
            name, kind=kind, attributes=said, start_time=ended - int(seconds * 1e9)
        )
        span.end(ended)


def _given(scope: Scope) -> contexts.Context:
    """The trace the caller says its request belongs to; no more of its headers is looked at."""
    carrier = {
        name.decode(): value.decode("latin-1")
        for name, value in scope["headers"]
        if name in _TAKEN and len(value) <= _LONGEST
    }
    return _W3C.extract(carrier, contexts.Context())
