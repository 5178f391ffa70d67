"""Rules about consent: whose word is asked, from which age, and what the words of several people come to."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from services.network.domain import Purpose
from shared.ages import ADULT_FROM, OWN_DECISIONS_FROM
from shared.calendar import Calendar, age_on, years_after
from shared.errors import Conflict, Forbidden, Invalid

Age = Literal[12, 18]
# What the clocks of the two birthdays are called.
COMING_OF_AGE: dict[str, Age] = {"turns-12": 12, "turns-18": 18}

# Nothing is done for these before somebody said yes; for the others silence is no objection.
ASKED_FIRST = frozenset({Purpose.RESEARCH, Purpose.FILE_ACCESS})
# What is about the young person alone, once they are old enough: nobody else's word decides.
_OWN_WORD = frozenset({Purpose.TAKING_PART, Purpose.MAIL, Purpose.FILE_ACCESS})
# What a holder of parental authority is asked about a child.
ABOUT_A_CHILD = (Purpose.REFERRAL, Purpose.TAKING_PART, Purpose.SHARE_PLAN, Purpose.RESEARCH)


class Audience(StrEnum):
    """Whom a text is written for: an adult, somebody young, or a parent about their child."""

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
    """What somebody's age means for consent. Of whom no birth date is known, nobody can say they are too young."""

    UNDER_TWELVE = "under-twelve"
    TWELVE_TO_SEVENTEEN = "twelve-to-seventeen"
    ADULT = "adult"
    UNKNOWN = "unknown"

    @property
    def minor(self) -> bool:
        """Say whether somebody is known to be under eighteen."""
        return self in (AgeGroup.UNDER_TWELVE, AgeGroup.TWELVE_TO_SEVENTEEN)

    @property
    def audience(self) -> Audience:
        """Return which text is theirs."""
        return Audience.YOUNG if self.minor else Audience.ADULT


class UnknownText(Invalid):
    """The version that was named does not exist."""

    code = "consent-text-unknown"
    title = "There is no such version of this text; `current` says which one to show and name"


class OutdatedText(Conflict):
    """A yes is to the text as it is now."""

    code = "consent-text-outdated"
    title = "The text has changed since; show the version that `current` names and ask again"


class TextIncomplete(Invalid):
    """A text is there in Dutch for everyone whom it is for, once per audience and language."""

    code = "consent-text-incomplete"
    title = "Give each audience of this purpose its text in Dutch, and each audience and language once"


class NotAHolder(Forbidden):
    """Only who holds parental authority over a child under eighteen is asked about that child."""

    code = "not-a-holder"
    title = "This is asked of those who hold parental authority over this child, until the child is eighteen"


class HoldersAreAsked(Conflict):
    """Under twelve, those who hold parental authority are asked; a no of the child itself is always heard."""

    code = "holders-are-asked"
    title = "Under twelve, a yes is asked of those who hold parental authority: record it as theirs, about the child"


class NotAskedHere(Invalid):
    """This purpose is asked about somebody, or about nobody else."""

    code = "consent-not-asked"
    title = "This is not asked of this person, or not about that one"


class ChildNotInCase(Invalid):
    """Parental authority is held over central persons of the same case."""

    code = "child-not-in-case"
    title = "authority_over must name central persons of this case"


class BornInFuture(Invalid):
    """Nobody is born after today."""

    code = "birth-date-in-future"
    title = "A birth date cannot lie in the future"


@dataclass(frozen=True, kw_only=True)
class Someone:
    """Somebody of the circle, as far as consent depends on it. `authority_over`: None for every minor of the case."""

    person_id: UUID
    central: bool
    birth_date: date | None
    parental_authority: bool
    authority_over: frozenset[UUID] | None = None

    def group(self, today: date) -> AgeGroup:
        """Return what their age means today."""
        return age_group(self.birth_date, today)

    def holds_authority_over(self, child: "Someone", today: date) -> bool:
        """Say whether they are asked about a child today: never about an adult, nor where no age is known."""
        return (
            self.parental_authority
            and child.central
            and child.person_id != self.person_id
            and child.group(today).minor
            and (self.authority_over is None or child.person_id in self.authority_over)
        )


@dataclass(frozen=True, kw_only=True)
class Word:
    """What somebody said last. Stale: to an earlier text than the one of now."""

    given: bool
    version: int
    stale: bool
    at: datetime


@dataclass(frozen=True, kw_only=True)
class Voice:
    """One whose word counts. `needed`: without their yes it is not complete."""

    person_id: UUID
    speaks: Literal["self", "holder"]
    needed: bool
    word: Word | None

    @property
    def said_no(self) -> bool:
        """Say whether they object."""
        return self.word is not None and not self.word.given

    @property
    def said_yes(self) -> bool:
        """Say whether they agreed to the text as it is now."""
        return self.word is not None and self.word.given and not self.word.stale


WordOf = Callable[[UUID, UUID | None], Word | None]


def coming_of_age_workflow_id(person_id: UUID) -> str:
    """Return the id of the workflow that waits for somebody's birthdays."""
    return f"coming-of-age/{person_id}"


def age_group(birth_date: date | None, day: date) -> AgeGroup:
    """Return what an age means on a day."""
    if birth_date is None:
        return AgeGroup.UNKNOWN
    age = age_on(birth_date, day)
    if age < OWN_DECISIONS_FROM:
        return AgeGroup.UNDER_TWELVE
    return AgeGroup.TWELVE_TO_SEVENTEEN if age < ADULT_FROM else AgeGroup.ADULT


def next_coming_of_age(birth_date: date | None, today: date) -> tuple[str, date] | None:
    """Return the kind of the next birthday that changes whose consent counts, and the day; None if there is none."""
    if birth_date is None:
        return None
    for kind, age in COMING_OF_AGE.items():
        if (day := years_after(birth_date, age)) > today:
            return kind, day
    return None


def monday_after(day: date, calendar: Calendar) -> datetime:
    """Return the morning of the first Monday after a day: what is published must not tell when somebody was born."""
    monday = day + timedelta(days=7 - day.weekday())
    return calendar.at(monday, time(9))


def holders_of(child: Someone, people: Iterable[Someone], today: date) -> list[Someone]:
    """Return who holds parental authority over a child today."""
    return [person for person in people if person.holds_authority_over(child, today)]


def voices(person: Someone, people: Iterable[Someone], word: WordOf, *, today: date) -> list[Voice]:
    """Return whose word counts for a person: their own, and of those who hold authority over them."""
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
    """Say whether something may be done for a purpose: one no is enough to stop it.

    From twelve on a young person decides alone whether they come and are written to; a no of somebody who holds
    parental authority is then shown to the coordinator, who talks with them.
    """
    alone = purpose in _OWN_WORD and group != AgeGroup.UNDER_TWELVE
    deciding = [voice for voice in heard if voice.speaks == "self"] if alone else heard
    if any(voice.said_no for voice in deciding):
        return False
    if purpose not in ASKED_FIRST:
        return True
    return all(voice.said_yes for voice in deciding) if alone else is_complete(group, heard)


def is_complete(group: AgeGroup, heard: Sequence[Voice]) -> bool:
    """Say whether everyone who is needed said yes; nobody can have for a minor whose holders are not known."""
    if group.minor and not any(voice.speaks == "holder" for voice in heard):
        return False
    return all(voice.said_yes for voice in heard if voice.needed)


def differ(heard: Sequence[Voice]) -> bool:
    """Say whether one says yes and another no."""
    said = {voice.word.given for voice in heard if voice.word is not None}
    return len(said) > 1
