"""Makes a request model strict about scalars: true is no number, a number no date, "5" no integer.

Pydantic's own strict mode cannot be used: bodies arrive already parsed, and it would refuse every date and id.
"""

import re
from datetime import UTC, datetime
from typing import Any

from pydantic_core import core_schema

_ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_ISO_MOMENT = re.compile(r"\d{4}-\d\d")
_FIRST_YEAR, _LAST_YEAR = 1900, 2199
_ISO_TIME = re.compile(r"\d\d:\d\d")


def _no_nul(value: str) -> str:
    # PostgreSQL cannot store it, and nobody types it.
    if "\0" in value:
        raise ValueError("text may not contain the NUL character")
    return value


def _iso_day(value: Any) -> Any:
    # Pydantic also accepts a datetime at midnight for a day, whatever its zone, and a number.
    if isinstance(value, int | float) or (isinstance(value, str) and not _ISO_DAY.fullmatch(value)):
        raise ValueError("must be a day, written as YYYY-MM-DD")
    return _in_our_time(value)


def _iso_moment(value: Any) -> Any:
    # Pydantic also accepts a number, or digits in a string.
    if isinstance(value, int | float) or (isinstance(value, str) and not _ISO_MOMENT.match(value)):
        raise ValueError("must be written as YYYY-MM-DDThh:mm:ss with a zone")
    return _in_our_time(value)


def _in_utc(value: datetime) -> datetime:
    # As it is kept, so that what is told of it at once and later is written the same.
    return value if value.tzinfo is None else value.astimezone(UTC)


def _in_our_time(value: Any) -> Any:
    # Near the ends of the calendar a change of zone, or an added deadline, overflows.
    if isinstance(value, str) and not _FIRST_YEAR <= int(value[:4]) <= _LAST_YEAR:
        raise ValueError(f"must lie in the years {_FIRST_YEAR} to {_LAST_YEAR}")
    return value


def _iso_time(value: Any) -> Any:
    if isinstance(value, int | float) or (isinstance(value, str) and not _ISO_TIME.match(value)):
        raise ValueError("must be written as hh:mm")
    return value


def _no_truth(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("must be a number, not true or false")
    return value


_BEFORE = {"date": _iso_day, "datetime": _iso_moment, "time": _iso_time, "decimal": _no_truth}
_SCALARS = frozenset({"int", "float", "bool", "str", *_BEFORE})
_INSIDE = ("schema", "items_schema", "keys_schema", "values_schema", "choices", "fields", "definitions")


def strict_scalars(node: Any) -> Any:
    """Return a core schema with every scalar in it, also in nested ones, made strict."""
    if isinstance(node, list | tuple):
        return type(node)(strict_scalars(item) for item in node)
    if not isinstance(node, dict):
        return node
    kind = node.get("type")
    if not isinstance(kind, str):
        # A mapping of field names or tags to schemas.
        return {name: strict_scalars(item) for name, item in node.items()}
    if kind in _SCALARS:
        return _strict_scalar(node, kind)
    if _is_strict_already(node):
        return node
    return {name: strict_scalars(item) if name in _INSIDE else item for name, item in node.items()}


def _strict_scalar(node: Any, kind: str) -> Any:
    if kind == "str":
        return core_schema.no_info_after_validator_function(_no_nul, node)
    if kind in _BEFORE:
        node = core_schema.no_info_before_validator_function(_BEFORE[kind], node)
        return core_schema.no_info_after_validator_function(_in_utc, node) if kind == "datetime" else node
    return {**node, "strict": True}


def _is_strict_already(node: dict[str, Any]) -> bool:
    # A recursive model has been visited before.
    if node["type"] not in ("function-before", "function-after"):
        return False
    return node["function"]["function"] in (*_BEFORE.values(), _in_utc, _no_nul)
