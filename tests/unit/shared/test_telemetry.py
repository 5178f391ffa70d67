"""Traces: one trace through requests and messages, nothing of an exception's text, and nothing at all when off."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from shared import telemetry

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
NAME = "Jan Peeters"


def spans_of(program: str, directory: Path) -> dict[str, dict[str, Any]]:
    """Run a program of its own, for a process has one provider of spans; return its spans by name."""
    file = directory / "spans.jsonl"
    setup = f"""
        from pathlib import Path
        from shared import telemetry
        from shared.settings import Settings
        telemetry.configure(Settings(traces_file=Path({str(file)!r})), service="network")
    """
    source = textwrap.dedent(setup) + textwrap.dedent(program)
    subprocess.run([sys.executable, "-c", source], check=True, timeout=120)
    text = file.read_text()
    assert NAME not in text
    return {span["name"]: span for span in map(json.loads, text.splitlines())}


class TestSpan:
    def test_continues_the_trace_it_is_given_and_hands_it_on(self, tmp_path: Path) -> None:
        spans = spans_of(
            f"""
            with telemetry.request_span("POST", traceparent={PARENT!r}) as span:
                span.update_name("POST /v1/referrals")
                carried = telemetry.current_traceparent()
                assert telemetry.trace_ids()[0] == "0af7651916cd43dd8448eb211c80319c"
            with telemetry.consuming("intake.case.opened.v1", carried):
                with telemetry.span("step", case="c1"):
                    pass
            """,
            tmp_path,
        )
        request, receive, step = (
            spans[name] for name in ("POST /v1/referrals", "receive intake.case.opened.v1", "step")
        )
        assert {span["context"]["trace_id"] for span in spans.values()} == {
            "0x0af7651916cd43dd8448eb211c80319c"
        }
        assert request["parent_id"] == "0xb7ad6b7169203331"
        assert receive["parent_id"] == request["context"]["span_id"]
        assert step["parent_id"] == receive["context"]["span_id"]
        assert step["attributes"] == {"case": "c1"}
        assert (request["kind"], receive["kind"]) == ("SpanKind.SERVER", "SpanKind.CONSUMER")
        assert request["resource"]["attributes"]["service.name"] == "kring-network"

    def test_tells_the_type_of_an_error_and_not_its_text(self, tmp_path: Path) -> None:
        spans = spans_of(
            f"""
            try:
                with telemetry.span("fails"):
                    raise ValueError({NAME!r})
            except ValueError:
                pass
            """,
            tmp_path,
        )
        assert spans["fails"]["status"] == {"status_code": "ERROR", "description": "ValueError"}
        assert spans["fails"]["events"] == []

    def test_begins_a_trace_when_what_it_is_given_is_none(self, tmp_path: Path) -> None:
        spans = spans_of(
            """
            with telemetry.request_span("GET", traceparent="Jan Peeters"):
                pass
            """,
            tmp_path,
        )
        assert spans["GET"]["parent_id"] is None


class TestOff:
    def test_makes_no_spans_and_loads_no_exporter(self) -> None:
        with telemetry.request_span("GET", traceparent=PARENT) as span:
            assert span is None
            assert telemetry.current_traceparent() is None
        assert telemetry.trace_ids() is None
        program = (
            "import sys; from shared import telemetry; from shared.settings import Settings;"
            "telemetry.configure(Settings(), service='x');"
            "assert not [m for m in sys.modules if m.startswith('opentelemetry.sdk')]"
        )
        subprocess.run([sys.executable, "-c", program], check=True, timeout=120)
