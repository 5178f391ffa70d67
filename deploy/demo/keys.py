"""The short names by which a story refers to what it describes: typed, so that a wrong one is found at reading."""

from collections.abc import Iterator
from typing import Any

from pydantic import BaseModel, GetCoreSchemaHandler
from pydantic_core import CoreSchema, core_schema


class Key(str):
    """A short name from one of the story's lists."""

    __slots__ = ()
    LISTS: tuple[str, ...] = ()

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return the schema of a short name."""
        text = core_schema.str_schema(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
        return core_schema.no_info_after_validator_function(cls, text)


class OrganisationKey(Key):
    """An organisation of the story."""

    LISTS = ("organisations",)


class StaffKey(Key):
    """A member of staff of the story."""

    LISTS = ("staff",)


class CoordinatorKey(Key):
    """A coordinator of the story."""

    LISTS = ("coordinators",)


class PersonKey(Key):
    """One of the people of the story."""

    LISTS = ("people",)


class ActorKey(Key):
    """Anyone of the story who can do something."""

    LISTS = ("staff", "coordinators", "people")


class LabelKey(Key):
    """A name that one step gives to something (a date, an agreement) and later steps use."""


def used_in(value: Any) -> Iterator[Key]:
    """Return every key that is used in a part of a story."""
    if isinstance(value, Key):
        yield value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from used_in(getattr(value, name))
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from used_in(name)
            yield from used_in(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from used_in(item)
