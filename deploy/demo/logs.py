"""The last lines of a part's log, made readable: what a person needs when a story fails."""

from collections.abc import Mapping
from pathlib import Path

import orjson

_TAIL_BYTES = 200_000
_LINES = 8
_BAD = frozenset({"warning", "error", "critical", "exception"})


def last_lines(log: Path) -> str:
    """Return the last lines that complain, else the last lines."""
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _TAIL_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    readable = [_readable(line) for line in lines if line.strip()]
    complaints = [text for text, is_bad in readable if is_bad]
    chosen = complaints or [text for text, _ in readable]
    return f"The log of {log.stem} ends with:\n" + "\n".join(f"  {line[:2000]}" for line in chosen[-_LINES:])


def _readable(line: str) -> tuple[str, bool]:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError:
        return line, "Traceback" in line or "Error" in line
    if not isinstance(entry, Mapping):
        return line, False
    level = str(entry.get("level", ""))
    rest = " ".join(
        f"{key}={value}" for key, value in entry.items() if key not in ("level", "event", "timestamp")
    )
    return f"{entry.get('timestamp', '')} {level} {entry.get('event', '')} {rest}", level in _BAD
