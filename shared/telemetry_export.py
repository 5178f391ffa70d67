"""Where spans go: an OTLP collector, a file of JSON lines, or both. Imported only when one is configured."""

from pathlib import Path

from opentelemetry import trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter, SimpleSpanProcessor

_OTLP_PATH = "/v1/traces"


def install(*, service: str, otlp_endpoint: str | None, traces_file: Path | None) -> None:
    """Install the tracer provider of this process."""
    provider = TracerProvider(resource=Resource.create({"service.name": f"kring-{service}"}))
    if otlp_endpoint is not None:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

        endpoint = otlp_endpoint.rstrip("/").removesuffix(_OTLP_PATH) + _OTLP_PATH
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint)))
    if traces_file is not None:
        lines = traces_file.open("a", buffering=1, encoding="utf-8")
        provider.add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter(out=lines, formatter=_line)))
    trace.set_tracer_provider(provider)


def _line(span: ReadableSpan) -> str:
    return str(span.to_json(indent=None)) + "\n"
