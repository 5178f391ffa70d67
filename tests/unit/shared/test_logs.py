"""Logs: lines of JSON in which no exception and no library can say a name."""

import json
import logging
import subprocess
import sys
import textwrap
from typing import Any

import pytest

from shared.errors import Conflict, Operational
from shared.logs import cut_exceptions, describe, library_text

NAME = "Jan Peeters"


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except type(error) as caught:
        return caught


def record(message: str, *args: Any, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("library", logging.ERROR, __file__, 1, message, args, info)


class TestDescribe:
    def test_keeps_type_and_place_and_drops_the_text(self) -> None:
        (only,) = describe(raised(ValueError(NAME)))
        assert only["type"] == "builtins.ValueError"
        assert "text" not in only
        assert "test_logs.py" in only["where"][0]
        assert only["where"][0].endswith(" raised")

    def test_keeps_the_text_of_our_own_errors(self) -> None:
        assert describe(Operational("database: OSError"))[0]["text"] == "database: OSError"
        assert describe(Conflict("it is closed"))[0]["text"] == "it is closed"

    def test_follows_causes_and_stops_where_they_were_cut(self) -> None:
        def chained(*, cut: bool) -> BaseException:
            try:
                raise ValueError(NAME)
            except ValueError as first:
                return raised_from(None if cut else first)

        def raised_from(cause: BaseException | None) -> BaseException:
            try:
                raise RuntimeError(NAME) from cause
            except RuntimeError as caught:
                return caught

        assert [one["type"] for one in describe(chained(cut=False))] == [
            "builtins.RuntimeError",
            "builtins.ValueError",
        ]
        assert [one["type"] for one in describe(chained(cut=True))] == ["builtins.RuntimeError"]
        assert NAME not in str(describe(chained(cut=False)))

    def test_ends_on_a_circle_of_causes(self) -> None:
        first, second = ValueError(), RuntimeError()
        first.__cause__, second.__cause__ = second, first
        assert len(describe(first)) == 2


class TestCutExceptions:
    @pytest.mark.parametrize("given", ["error", "tuple", "current"])
    def test_takes_any_way_to_name_an_exception(self, given: str) -> None:
        try:
            raise ValueError(NAME)
        except ValueError as error:
            ways = {"error": error, "tuple": (type(error), error, error.__traceback__), "current": True}
            info: Any = ways[given]
            event = cut_exceptions(None, "error", {"event": "x.y", "exc_info": info})
        assert event["error"][0]["type"] == "builtins.ValueError"
        assert NAME not in str(event)

    def test_cuts_an_exception_passed_as_a_value(self) -> None:
        assert (
            cut_exceptions(None, "info", {"event": "x.y", "cause": ValueError(NAME)})["cause"] == "ValueError"
        )


class TestLibraryText:
    @pytest.mark.parametrize(
        "made",
        [
            lambda error: record("failed: %s", error),
            lambda error: record("failed: %r", error),
            lambda error: record(f"ValueError: {error}", error=error),
            lambda _: record("first line\nsecond line with " + NAME),
            lambda _: record("Task was destroyed <Task exception=ValueError('" + NAME + "')>"),
        ],
    )
    def test_says_nothing_of_an_exceptions_text(self, made: Any) -> None:
        text = library_text(made(raised(ValueError(NAME))))
        assert NAME not in text
        assert text

    def test_keeps_ordinary_words(self) -> None:
        assert library_text(record("connected to %s in %d ms", "broker", 5)) == "connected to broker in 5 ms"

    def test_survives_a_message_that_does_not_fit_its_arguments(self) -> None:
        assert library_text(record("%d of %d", "x")) == "%d of %d"


def lines_of(program: str, *, code: int = 0) -> list[dict[str, Any]]:
    setup = """
        import logging, structlog, asyncio, warnings
        from shared.settings import Settings
        from shared import logs
        logs.configure(Settings(), service="network")
        log = structlog.get_logger("x")
    """
    source = textwrap.dedent(setup) + textwrap.dedent(program)
    done = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False, timeout=120
    )
    assert done.returncode == code, done.stderr
    assert done.stderr == ""
    assert NAME not in done.stdout
    return [json.loads(line) for line in done.stdout.splitlines()]


class TestProcess:
    def test_writes_one_json_object_a_line_with_what_is_bound(self) -> None:
        (line,) = lines_of(
            """
            with structlog.contextvars.bound_contextvars(case_id="c1", request_id="r1"):
                log.info("case.opened", count=3)
            log.debug("not shown")
            """
        )
        assert line.pop("timestamp").endswith("Z")
        assert line == {
            "event": "case.opened",
            "level": "info",
            "service": "network",
            "case_id": "c1",
            "request_id": "r1",
            "count": 3,
        }

    def test_brings_libraries_into_the_same_form(self) -> None:
        shown, warned = lines_of(
            """
            logging.getLogger("httpx2").info("GET http://x/persons/Jan")
            logging.getLogger("some.library").warning("slow: %s", 5)
            warnings.warn("old")
            """
        )
        assert (shown["event"], shown["logger"], shown["level"]) == ("slow: 5", "some.library", "warning")
        assert warned["logger"] == "py.warnings"

    def test_cuts_a_crash(self) -> None:
        (line,) = lines_of("raise ValueError('Jan Peeters')", code=1)
        assert line["event"] == "process.crashed"
        assert line["error"][0]["type"] == "builtins.ValueError"

    def test_cuts_a_task_that_nobody_awaited(self) -> None:
        (line,) = lines_of(
            """
            async def fail():
                raise ValueError("Jan Peeters")
            async def main():
                task = asyncio.create_task(fail())
                await asyncio.wait([task])
                del task
            asyncio.run(main())
            """
        )
        assert line["event"] == "Task exception was never retrieved"
        assert line["error"][0]["type"] == "builtins.ValueError"

    def test_cuts_what_a_validator_was_given(self) -> None:
        (line,) = lines_of(
            """
            from pydantic import BaseModel
            class Model(BaseModel):
                age: int
            try:
                Model(age="Jan Peeters")
            except Exception:
                log.exception("x.failed")
            """
        )
        assert line["error"][0]["type"].endswith("ValidationError")
