"""Traces that join HTTP, outbox, broker and workflow. Off, and cheap, unless an exporter is configured."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from shared.settings import Settings

_propagator = TraceContextTextMapPropagator()
tracer = trace.get_tracer("kring")
_NO_SPAN: AbstractContextManager[None] = nullcontext()
_tracing = False


def configure(settings: "Settings", *, service: str) -> None:
    """Send spans to the configured exporters; do nothing when there are none."""
    if settings.otlp_endpoint is None and settings.traces_file is None:
        return
    global _tracing  # noqa: PLW0603 - one provider for the process, as OpenTelemetry has it
    from shared.telemetry_export import install

    install(service=service, otlp_endpoint=settings.otlp_endpoint, traces_file=settings.traces_file)
    _tracing = True


def current_traceparent() -> str | None:
    """Return the W3C traceparent of the span under way, if any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span(
    name: str,
    *,
    traceparent: str | None = None,
    kind: trace.SpanKind = trace.SpanKind.INTERNAL,
    **attributes: str | int,
) -> Iterator[trace.Span]:
    """Open a span, as a child of `traceparent` if given. Attributes: ids, codes and numbers only."""
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with tracer.start_as_current_span(
        name,
        context=parent,
        kind=kind,
        attributes=attributes,
        # Both would write the exception's text, which can hold what a driver was given, into the trace.
        record_exception=False,
        set_status_on_exception=False,
    ) as current:
        try:
            yield current
        except Exception as error:
            current.set_status(trace.StatusCode.ERROR, type(error).__name__)
            raise


def request_span(method: str, *, traceparent: str | None) -> AbstractContextManager[trace.Span | None]:
    """Open the span of a request, in the caller's trace; yields None when tracing is off."""
    if not _tracing:
        return _NO_SPAN
    return span(method, traceparent=traceparent, kind=trace.SpanKind.SERVER)


@contextmanager
def consuming(event_type: str, traceparent: Any) -> Iterator[trace.Span]:
    """Open the span of one delivery, in the trace of what published it."""
    with span(
        f"receive {event_type}",
        traceparent=traceparent if isinstance(traceparent, str) else None,
        kind=trace.SpanKind.CONSUMER,
    ) as current:
        yield current


def trace_ids() -> tuple[str, str] | None:
    """Return trace id and span id of the span under way as logs show them, or None."""
    if not _tracing:
        return None
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return trace.format_trace_id(context.trace_id), trace.format_span_id(context.span_id)
