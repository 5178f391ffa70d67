"""Traces that join HTTP, outbox, broker and workflow. Off unless an exporter is configured, and cheap when off."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from opentelemetry import trace
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

if TYPE_CHECKING:
    from shared.settings import Settings

_propagator = TraceContextTextMapPropagator()
tracer = trace.get_tracer("kring")


def configure(settings: "Settings", *, service: str) -> None:
    """Send spans to the configured exporters; do nothing when there are none."""
    if settings.otlp_endpoint is None and settings.traces_file is None:
        return
    from shared.telemetry_export import install

    install(service=service, otlp_endpoint=settings.otlp_endpoint, traces_file=settings.traces_file)


def current_traceparent() -> str | None:
    """Return the W3C traceparent of the span under way, if any."""
    carrier: dict[str, str] = {}
    _propagator.inject(carrier)
    return carrier.get("traceparent")


@contextmanager
def span(name: str, *, traceparent: str | None = None, **attributes: str | int) -> Iterator[trace.Span]:
    """Open a span, as a child of `traceparent` if given. Attributes: ids, codes and numbers only."""
    parent = _propagator.extract({"traceparent": traceparent}) if traceparent else None
    with tracer.start_as_current_span(
        name, context=parent, attributes=attributes, record_exception=False, set_status_on_exception=True
    ) as current:
        yield current


@contextmanager
def consuming(event_type: str, headers: Mapping[str, Any]) -> Iterator[trace.Span]:
    """Open the span of one delivery, in the trace of what published it."""
    traceparent = headers.get("traceparent")
    with span(
        f"receive {event_type}", traceparent=traceparent if isinstance(traceparent, str) else None
    ) as current:
        yield current
