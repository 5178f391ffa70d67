"""Words that belong to people: every name, address and sentence of a story is of this type, and so can be found again.

A check for leaks collects them from a story and searches logs, messages and histories for them.
"""

import re
from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema

# Shorter ones are found in any text by chance.
_SHORTEST = 4


class Words(str):
    """Text about people: personal, whatever it says."""

    __slots__ = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of non-empty text that becomes Words."""
        text = core_schema.str_schema(min_length=1, strip_whitespace=True)
        return core_schema.no_info_after_validator_function(cls, text)


def collect(value: Any) -> set[str]:
    """Return all personal texts in a story, or in any part of one, that are long enough to search for."""
    return {str(words) for words in _walk(value) if len(words) >= _SHORTEST}


def _walk(value: Any) -> Iterator[Words]:
    if isinstance(value, Words):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _walk(getattr(value, name))
    elif isinstance(value, dict):
        for item in value.values():
            yield from _walk(item)
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _walk(item)


def finder(texts: set[str]) -> re.Pattern[str]:
    """Return a pattern that finds any of the texts as whole words, whatever its capitals and spacing."""
    if not texts:
        raise ValueError("there is nothing to search for")
    longest_first = sorted(texts, key=len, reverse=True)
    patterns = [r"\s+".join(re.escape(part) for part in text.split()) for text in longest_first]
    return re.compile(r"(?<!\w)(?:" + "|".join(patterns) + r")(?!\w)", re.IGNORECASE)
