"""Rules about consent: whose consent is asked, from which age, and how the answers of several people combine."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from services.network.domain import Purpose
from shared.ages import ADULT_FROM, OWN_DECISIONS_FROM
from shared.calendar import Calendar, age_on, years_after
from shared.deadlines import clock_kind
from shared.errors import Conflict, Forbidden, Invalid
from shared.events.network import AgeBracket

Age = Literal[12, 18]
# Names of the clocks for the two birthdays.
COMING_OF_AGE: dict[str, Age] = {
    clock_kind("turns-12", turn="warned"): 12,
    clock_kind("turns-18", turn="warned"): 18,
}
# New Zealand's law on family group conferences, s29A: the plan for a child under seven is reviewed sooner.
_LATER_REVIEW_FROM = 7
# Names of the clocks for every birthday after which something else holds.
BIRTHDAYS: dict[str, int] = {clock_kind("turns-7", turn="never"): _LATER_REVIEW_FROM, **COMING_OF_AGE}

# These purposes need a yes first; for the others, no answer counts as no objection.
ASKED_FIRST = frozenset({Purpose.RESEARCH, Purpose.FILE_ACCESS})
# Purposes about the young person alone: once they are old enough, only their own answer decides.
_OWN_WORD = frozenset({Purpose.TAKING_PART, Purpose.MAIL, Purpose.FILE_ACCESS})
# The purposes on which a holder of parental authority is asked about a child.
ABOUT_A_CHILD = (Purpose.REFERRAL, Purpose.TAKING_PART, Purpose.SHARE_PLAN, Purpose.RESEARCH)


class Audience(StrEnum):
    """The reader a text is written for: an adult, a young person, or a parent about their child."""

    ADULT = "adult"
    YOUNG = "young"
    PARENT = "parent"


AUDIENCES: dict[Purpose, tuple[Audience, ...]] = {
    Purpose.REFERRAL: tuple(Audience),
    Purpose.TAKING_PART: tuple(Audience),
    Purpose.MAIL: (Audience.ADULT, Audience.YOUNG),
    Purpose.SHARE_PLAN: tuple(Audience),
    Purpose.RESEARCH: tuple(Audience),
    Purpose.FILE_ACCESS: (Audience.YOUNG,),
}


class AgeGroup(StrEnum):
    """What a person's age means for consent. A person without a known birth date is not treated as too young."""

    UNDER_TWELVE = "under-twelve"
    TWELVE_TO_SEVENTEEN = "twelve-to-seventeen"
    ADULT = "adult"
    UNKNOWN = "unknown"

    @property
    def minor(self) -> bool:
        """Tell whether a person is known to be under eighteen."""
        return self in (AgeGroup.UNDER_TWELVE, AgeGroup.TWELVE_TO_SEVENTEEN)

    @property
    def audience(self) -> Audience:
        """Return which audience they belong to."""
        return Audience.YOUNG if self.minor else Audience.ADULT


class UnknownText(Invalid):
    """The named version does not exist."""

    code = "consent-text-unknown"
    title = "There is no such version of this text; `current` says which one to show and name"


class OutdatedText(Conflict):
    """A yes must be given to the current text."""

    code = "consent-text-outdated"
    title = "The text has changed since; show the version that `current` names and ask again"


class TextIncomplete(Invalid):
    """A text needs Dutch for each of its audiences, and each audience and language at most once."""

    code = "consent-text-incomplete"
    title = "Give each audience of this purpose its text in Dutch, and each audience and language once"


class NotAHolder(Forbidden):
    """Only holders of parental authority over a child under eighteen are asked about that child."""

    code = "not-a-holder"
    title = "This is asked of those who hold parental authority over this child, until the child is eighteen"


class HoldersAreAsked(Conflict):
    """Under twelve, the holders of parental authority are asked; a no from the child is always recorded."""

    code = "holders-are-asked"
    title = (
        "Under twelve, those who hold parental authority give the yes: record it as theirs, about the child"
    )


class NotAskedHere(Invalid):
    """This purpose concerns another person and none was named, or the reverse."""

    code = "consent-not-asked"
    title = "This is not asked of this person, or not about that one"


class ChildNotInCase(Invalid):
    """Parental authority can only be held over central persons of the same case."""

    code = "child-not-in-case"
    title = "authority_over must name central persons of this case"


class BornInFuture(Invalid):
    """A birth date cannot lie in the future."""

    code = "birth-date-in-future"
    title = "A birth date cannot lie in the future"


@dataclass(frozen=True, kw_only=True)
class Someone:
    """A person of the circle, with what consent depends on. `authority_over`: None means every minor of the case."""

    person_id: UUID
    central: bool
    birth_date: date | None
    parental_authority: bool
    authority_over: frozenset[UUID] | None = None

    def group(self, today: date) -> AgeGroup:
        """Return their age group today."""
        return age_group(self.birth_date, today)

    def holds_authority_over(self, child: "Someone", today: date) -> bool:
        """Tell whether they are asked about a child today: never about an adult, nor if the age is unknown."""
        return (
            self.parental_authority
            and child.central
            and child.person_id != self.person_id
            and child.group(today).minor
            and (self.authority_over is None or child.person_id in self.authority_over)
        )


@dataclass(frozen=True, kw_only=True)
class Word:
    """A person's latest answer. Stale: it was given to an earlier version of the text."""

    given: bool
    version: int
    stale: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Voice:
    """A person whose answer counts. `needed`: consent is not complete without their yes."""

    person_id: UUID
    speaks: Literal["self", "holder"]
    needed: bool
    word: Word | None

    @property
    def said_no(self) -> bool:
        """Tell whether they object."""
        return self.word is not None and not self.word.given

    @property
    def said_yes(self) -> bool:
        """Tell whether they agreed to the current text."""
        return self.word is not None and self.word.given and not self.word.stale


WordOf = Callable[[UUID, UUID | None], Word | None]


def coming_of_age_workflow_id(person_id: UUID) -> str:
    """Return the id of the workflow that waits for a person's birthdays."""
    return f"coming-of-age/{person_id}"


def age_group(birth_date: date | None, day: date) -> AgeGroup:
    """Return the age group of a person on a day."""
    if birth_date is None:
        return AgeGroup.UNKNOWN
    age = age_on(birth_date, day)
    if age < OWN_DECISIONS_FROM:
        return AgeGroup.UNDER_TWELVE
    return AgeGroup.TWELVE_TO_SEVENTEEN if age < ADULT_FROM else AgeGroup.ADULT


def bracket_of(birth_dates: Iterable[date | None], day: date) -> AgeBracket | None:
    """Return the age bracket of the youngest of some people on a day; None if nobody is known to be under eighteen."""
    youngest = min((age_on(each, day) for each in birth_dates if each is not None), default=ADULT_FROM)
    if youngest < _LATER_REVIEW_FROM:
        return "under-seven"
    return "minor" if youngest < ADULT_FROM else None


def next_birthday(birth_date: date | None, today: date) -> tuple[str, date] | None:
    """Return the kind and date of the next birthday after which something else holds; None if there is none."""
    if birth_date is None:
        return None
    for kind, age in BIRTHDAYS.items():
        if (day := years_after(birth_date, age)) > today:
            return kind, day
    return None


def monday_after(day: date, calendar: Calendar) -> datetime:
    """Return the morning of the first Monday after a day, so that what is published does not reveal a birth date."""
    monday = day + timedelta(days=7 - day.weekday())
    return calendar.at(monday, time(9))


def holders_of(child: Someone, people: Iterable[Someone], today: date) -> list[Someone]:
    """Return who holds parental authority over a child today."""
    return [person for person in people if person.holds_authority_over(child, today)]


def voices(person: Someone, people: Iterable[Someone], word: WordOf, *, today: date) -> list[Voice]:
    """Return whose answers count for a person: their own, and those of holders of authority over them."""
    group = person.group(today)
    own = Voice(
        person_id=person.person_id,
        speaks="self",
        needed=group != AgeGroup.UNDER_TWELVE,
        word=word(person.person_id, None),
    )
    return [own] + [
        Voice(
            person_id=holder.person_id,
            speaks="holder",
            needed=True,
            word=word(holder.person_id, person.person_id),
        )
        for holder in holders_of(person, people, today)
    ]


def allows(purpose: Purpose, group: AgeGroup, heard: Sequence[Voice]) -> bool:
    """Tell whether something may be done for a purpose: one no is enough to stop it.

    From the age of twelve a young person alone decides whether they take part and are written to; the no of a
    holder of parental authority is then shown to the coordinator, who talks with them.
    """
    alone = purpose in _OWN_WORD and group != AgeGroup.UNDER_TWELVE
    deciding = [voice for voice in heard if voice.speaks == "self"] if alone else heard
    if any(voice.said_no for voice in deciding):
        return False
    if purpose not in ASKED_FIRST:
        return True
    return all(voice.said_yes for voice in deciding) if alone else is_complete(group, heard)


def is_complete(group: AgeGroup, heard: Sequence[Voice]) -> bool:
    """Tell whether everyone needed said yes; never true for a minor whose holders of authority are unknown."""
    if group.minor and not any(voice.speaks == "holder" for voice in heard):
        return False
    return all(voice.said_yes for voice in heard if voice.needed)


def differ(heard: Sequence[Voice]) -> bool:
    """Tell whether one says yes and another no."""
    said = {voice.word.given for voice in heard if voice.word is not None}
    return len(said) > 1
