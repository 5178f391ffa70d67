"""What people of a story mention and see that is nobody: hours, places, organisations, wishes, judgements."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, TypedDict, get_args, get_type_hints
from uuid import UUID

from shared.ids import uuid7

# Text about people, whatever it says: a check for leaks searches logs, messages and histories for all of it.
Words = Annotated[str, "personal"]
Reading = Literal["case", "baseline", "persons", "conferences", "plans"]
# What comes of an attempt to read: it is shown, refused (403, 404), or said to have been erased (410).
Access = Literal["shown", "refused", "erased"]
RequestKind = Literal["copy", "erasure", "correction"]


def personal_texts(hint: Any, value: Any) -> Iterator[str]:
    """Yield every text in a value, annotated with `hint`, that is annotated as Words."""
    if is_dataclass(value) and not isinstance(value, type):
        hints = get_type_hints(type(value), include_extras=True)
        for each in fields(value):
            yield from personal_texts(hints[each.name], getattr(value, each.name))
    elif isinstance(value, list | tuple):
        for item in value:
            yield from personal_texts(hint, item)
    elif isinstance(value, str) and _is_personal(hint):
        yield value


def _is_personal(hint: Any) -> bool:
    return hint == Words or any(_is_personal(part) for part in get_args(hint))


@dataclass(frozen=True)
class Hours:
    """Some hours of one day, in UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(eq=False)
class Organisation:
    """An organisation; the one that `runs_conferences` is the tenant, whose the story's cases are."""

    name: Words
    kbo: str
    runs_conferences: bool = False
    languages: Sequence[str] = ("nl",)
    id: UUID = field(default_factory=uuid7)


@dataclass(frozen=True)
class Wishes:
    """What the people concerned wish of the coordinator."""

    languages: Sequence[str] = ()
    gender: str | None = None
    culture: str | None = None


@dataclass(frozen=True)
class Venue:
    """Where a conference is held."""

    name: Words
    address: Words


@dataclass(frozen=True)
class Judgement:
    """Whether the plan meets one bottom line, and why."""

    met: bool
    reason: Words | None = None


class ConferenceView(TypedDict, total=False):
    """The latest conference of a case."""

    number: int
    state: str
    starts_at: datetime | None
