"""Logs: one JSON object per line on stdout, from our code and libraries, without personal data.

Our own lines name events and carry ids, codes and numbers. Output of libraries and exceptions is reduced: the
text of an unknown exception can contain a value that a driver was given, so only its type and place are kept.
"""

import logging
import os
import re
import sys
import traceback
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from structlog.typing import EventDict, WrappedLogger

from shared import telemetry
from shared.errors import DomainError, NotYet, Operational

if TYPE_CHECKING:
    from shared.settings import Settings

_HERE = f"{Path(__file__).parents[1]}{os.sep}"
_MAX_FRAMES = 12
_MAX_TEXT = 300
_MAX_CAUSES = 4
# The texts of these are ours and hold ids, codes and dates only.
_OURS = (DomainError, NotYet, Operational)
# They log addresses, every delivery or every connection at INFO.
_CHATTY = ("aio_pika", "aiormq", "faststream", "httpcore2", "httpx2", "sqlalchemy", "uvicorn")
# A task's or future's description ends with the exception's text.
_QUOTED_EXCEPTION = re.compile(r"exception=.*", re.DOTALL)


def configure(settings: "Settings", *, service: str) -> None:
    """Send all logs of this process to stdout as JSON lines."""
    level = logging.getLevelNamesMapping().get(settings.log_level.upper(), logging.INFO)
    structlog.configure(
        processors=_processors(service),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.BytesLoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(_LibraryFormatter(service))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _CHATTY:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    logging.captureWarnings(True)
    sys.excepthook = _log_crash


def _processors(service: str) -> list[Any]:
    def named(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
        add_trace,
        cut_exceptions,
        _render,
    ]


def add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Add the trace that a line belongs to, when tracing is on."""
    ids = telemetry.trace_ids()
    if ids is not None:
        event["trace_id"], event["span_id"] = ids
    return event


def cut_exceptions(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Replace an exception by what may be logged of it: types, places, and texts that are ours."""
    given = event.pop("exc_info", None)
    if given:
        error = given if isinstance(given, BaseException) else _current(given)
        if error is not None:
            event["error"] = describe(error)
    for name, value in event.items():
        if isinstance(value, BaseException):
            event[name] = type(value).__name__
    return event


def _current(given: Any) -> BaseException | None:
    found = given[1] if isinstance(given, tuple) else sys.exc_info()[1]
    return found if isinstance(found, BaseException) else None


def describe(error: BaseException) -> list[dict[str, Any]]:
    """Return an exception and its causes, outermost first: type, places, and text if it is one of ours."""
    described: list[dict[str, Any]] = []
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and len(described) < _MAX_CAUSES and id(current) not in seen:
        seen.add(id(current))
        one: dict[str, Any] = {"type": f"{type(current).__module__}.{type(current).__qualname__}"}
        if isinstance(current, _OURS):
            one["text"] = str(current)[:_MAX_TEXT]
        one["where"] = _places(current.__traceback__)
        described.append(one)
        following = current.__cause__
        if following is None and not current.__suppress_context__:
            following = current.__context__
        current = following
    return described


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.StackSummary.extract(traceback.walk_tb(trace), lookup_lines=False)
    return [f"{_short(frame.filename)}:{frame.lineno} {frame.name}" for frame in frames[-_MAX_FRAMES:]]


def _short(path: str) -> str:
    _, found, inside = path.rpartition(f"{os.sep}site-packages{os.sep}")
    return inside if found else path.removeprefix(_HERE)


def _render(_: WrappedLogger, __: str, event: EventDict) -> bytes:
    return orjson.dumps(event, default=str, option=orjson.OPT_NON_STR_KEYS)


class _LibraryFormatter(logging.Formatter):
    """Renders the log lines of libraries in the same form."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._before = _processors(service)[:-1]

    def format(self, record: logging.LogRecord) -> str:
        """Return the record as one line."""
        event: EventDict = {"event": library_text(record), "logger": record.name}
        if record.exc_info:
            event["exc_info"] = record.exc_info
        method = record.levelname.lower()
        for processor in self._before:
            event = processor(None, method, event)
        return _render(None, method, event).decode()


def library_text(record: logging.LogRecord) -> str:
    """Return the first line of a library's message, without the text of any exception."""
    errors = [arg for arg in _arguments(record) if isinstance(arg, BaseException)]
    if record.exc_info and record.exc_info[1] is not None:
        errors.append(record.exc_info[1])
    try:
        text = record.getMessage()
    except (TypeError, ValueError):
        text = str(record.msg)
    for error in errors:
        for quoted in (repr(error), str(error)):
            if quoted:
                text = text.replace(quoted, type(error).__name__)
    return _QUOTED_EXCEPTION.sub("exception=…", text.partition("\n")[0])[:_MAX_TEXT]


def _arguments(record: logging.LogRecord) -> list[Any]:
    if isinstance(record.args, dict):
        return list(record.args.values())
    return list(record.args or ())


def _log_crash(_: type[BaseException], error: BaseException, __: TracebackType | None) -> None:
    if isinstance(error, KeyboardInterrupt):
        return
    structlog.get_logger("kring").critical("process.crashed", exc_info=error)
