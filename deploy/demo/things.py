"""The subjects of a story, independent of how it is played: people, things, and what people see."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from itertools import count
from pathlib import Path
from typing import Annotated, Any, Literal, Required, TypedDict
from uuid import UUID

from pydantic import AfterValidator

from services.intake.domain.codes import Side, Theme
from shared.calendar import BRUSSELS
from shared.events.network import AttendanceMode
from shared.fields import LanguageCode
from shared.ids import uuid7

# Text about people: a test for leaks searches logs, messages and histories for all of it.
Words = Annotated[str, "personal"]
# Codes that are checked for existence before a story is played.
ThemeCode = Annotated[str, AfterValidator(Theme)]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
# A time of day in Brussels, as "14:00".
TimeOfDay = Annotated[str, AfterValidator(time.fromisoformat)]
Reading = Literal["case", "baseline", "persons", "conferences", "plans"]
# The result of an attempt to read: shown, refused (403, 404), or erased (410).
Access = Literal["shown", "refused", "erased"]
RequestKind = Literal["copy", "erasure", "correction"]


def _email_kind(kind: str) -> str:
    if kind not in _EMAIL_KINDS:
        raise ValueError("no email is of this kind: the kinds are the names of templates")
    return kind


_SERVICES = Path(__file__).parents[2] / "services"
_EMAIL_KINDS = frozenset(each.name.partition(".")[0] for each in _SERVICES.glob("*/templates/*.nl.txt"))
EmailKind = Annotated[str, AfterValidator(_email_kind)]


@dataclass(frozen=True)
class Hours:
    """Some hours of one day, in UTC."""

    starts_at: datetime
    ends_at: datetime


# Of each organisation another, with the two digits that check it; nobody has these.
_NUMBERS = count(9_999_001)


def _number() -> str:
    number = next(_NUMBERS)
    return f"{number:08}{97 - number % 97:02}"


@dataclass(eq=False)
class Organisation:
    """An organisation; the one that `runs_conferences` is the tenant of the story's cases."""

    name: Words
    runs_conferences: bool = False
    languages: Sequence[str] = ("nl",)
    id: UUID = field(default_factory=uuid7)
    kbo: str = field(default_factory=_number)


@dataclass(eq=False, kw_only=True)
class Actor:
    """A person in a story; their emails are written in `language`, and they are of this `age` at its start."""

    first_name: Words = field(kw_only=False)
    last_name: Words = field(kw_only=False)
    email: Words | None = field(default=None, kw_only=False)
    phone: Words | None = None
    language: LanguageCode = "nl"
    age: int | None = None
    address: Words | None = None
    id: UUID | None = field(default=None, init=False)

    @property
    def contact(self) -> dict[str, str | None]:
        """Their contact details, by the names of the APIs' fields."""
        names = ("first_name", "last_name", "email", "phone", "language")
        return {name: getattr(self, name) for name in names}


@dataclass(eq=False)
class Case:
    """A case, from its referral on; ids are filled in as they become known. `people`: who took part so far."""

    referral_id: UUID
    id: UUID | None = None
    plan_id: UUID | None = None
    people: set[Actor] = field(default_factory=set)

    @property
    def ids(self) -> set[UUID]:
        """The ids that its events and clocks refer to."""
        return {self.referral_id} if self.id is None else {self.referral_id, self.id}


@dataclass(eq=False)
class Session:
    """A session of a course. `people`: who registered so far, with the ids of their registrations."""

    course_id: UUID
    id: UUID
    people: dict[Actor, UUID] = field(default_factory=dict)

    @property
    def ids(self) -> set[UUID]:
        """The ids that its events and clocks refer to."""
        return {self.course_id, self.id, *self.people.values()}


@dataclass(frozen=True)
class Wishes:
    """The family's wishes for a coordinator."""

    languages: Sequence[str] = ()
    gender: str | None = None
    culture: str | None = None


@dataclass(frozen=True)
class Referred:
    """Somebody named in a referral."""

    person: Actor
    relation: Words | None = None
    role: Literal["central", "representative", "circle"] = "central"
    side: Side | None = None
    parental_authority: bool | None = None
    agrees: bool = True


class Referral(TypedDict, total=False):
    """The content of a referral, besides its people."""

    question: Required[Words]
    themes: Required[Sequence[ThemeCode]]
    languages: Required[Sequence[LanguageCode]]
    wishes: Wishes
    bottom_lines: Sequence[Words]
    resources: Words
    summary: Words
    mandated: Organisation


@dataclass(frozen=True)
class Venue:
    """Where a conference is held."""

    name: Words
    address: Words


@dataclass(frozen=True)
class Attendance:
    """How somebody took part in a conference, and when they came later or left earlier."""

    person: Actor
    mode: AttendanceMode = "in-person"
    came: bool = True
    arrived_at: datetime | None = None
    left_at: datetime | None = None


@dataclass(eq=False)
class Agreement:
    """An agreement; `name` is what the player shows."""

    name: str
    what: Words
    who: Sequence[Actor]
    due: date
    by: Literal["network", "professional"] = "network"
    known_done_how: Words | None = None
    id: UUID | None = None


@dataclass(frozen=True)
class PlanB:
    """What is done if things turn out differently, and by whom."""

    when: Words
    then: Words
    who: Actor


class Plan(TypedDict, total=False):
    """The content of a plan, besides its agreements."""

    goals: Required[Sequence[Words]]
    plan_b: Sequence[PlanB]
    monitor: Required[Actor]
    review: Required[date]


@dataclass(frozen=True)
class Judgement:
    """Whether the plan meets one bottom line, and why."""

    met: bool
    reason: Words | None = None


@dataclass(eq=False)
class Transfer:
    """A transfer in a bank's statement: with free text, or the structured communication of the payer's last email.

    `amount`: in euro; EUR 20 unless another is given.
    """

    payer: Actor
    iban: Words
    text: Words | None = None
    amount: str = "20.00"
    id: UUID | None = None


def in_words(value: Any) -> str:
    """Return how the player shows something: people by their first name, several things as a phrase."""
    match value:
        case Actor(first_name=shown) | Agreement(name=shown) | Referred(person=Actor(first_name=shown)):
            pass
        case Transfer(payer=Actor(first_name=shown)):
            pass
        case Hours(starts_at=begin):
            shown = f"{begin.astimezone(BRUSSELS):%-d %B}"
        case dict():
            shown = ", ".join(f"{in_words(name)} {in_words(item)}" for name, item in value.items()) or "none"
        case list() | tuple() | set():
            items = [in_words(item) for item in value]
            shown = " and ".join([", ".join(items[:-1]), items[-1]] if len(items) > 1 else items) or "nobody"
        case _:
            shown = str(value)
    return shown
