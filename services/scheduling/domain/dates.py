"""Which date is best, who has not answered, and which dates can be proposed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from services.scheduling.domain.refusals import DateNotUsable
from services.scheduling.domain.states import Availability

# People who take part in these ways must be free at the time; a letter or a spokesperson needs no date.
REMOTE = frozenset({"online", "phone"})
ATTENDING = REMOTE | {"in-person"}

LONGEST_MEETING = timedelta(days=2)
FURTHEST_AHEAD = timedelta(days=550)


@dataclass(frozen=True)
class Member:
    """A member of the circle, as far as dates are concerned.

    `serves`: the person whose interpreter or advocate they are; `not_with`: people they must not be brought in
    contact with.
    """

    person_id: UUID
    required: bool
    attends: bool
    serves: UUID | None = None
    not_with: frozenset[UUID] = frozenset()


class DayPart(StrEnum):
    """A part of a day that can be proposed as a date."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    DAY = "day"

    @property
    def hours(self) -> tuple[time, time]:
        """Its begin and end."""
        return _HOURS[self]


_HOURS = {
    DayPart.MORNING: (time(9, 30), time(12, 30)),
    DayPart.AFTERNOON: (time(13, 30), time(17, 30)),
    DayPart.EVENING: (time(17, 30), time(21, 30)),
    DayPart.DAY: (time(10), time(17)),
}


@dataclass(frozen=True)
class Option:
    """A proposed date with each person's answer; `part`: the part of the day as which it was proposed."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    answers: Mapping[UUID, Availability] = field(default_factory=dict)
    part: DayPart | None = None

    def can(self, person_id: UUID) -> bool:
        """Tell whether a person can come then, at least if need be."""
        return self.answers.get(person_id) in (Availability.YES, Availability.MAYBE)


@dataclass(frozen=True)
class Suitability:
    """How well a date suits the circle, and what prevents it.

    `hindered`: required people who said no or nothing. `unserved`: people who can come, but without their
    interpreter or advocate; `unserved_required`: how many of them are required. `apart`: pairs who can both
    come and must not meet. `short`: how many more are needed for the quorum.
    """

    option: Option
    yes: int
    maybe: int
    said_no: tuple[UUID, ...]
    silent: int
    hindered: tuple[UUID, ...]
    unserved: tuple[UUID, ...]
    unserved_required: int
    apart: tuple[tuple[UUID, UUID], ...]
    short: int
    unsure: int

    @property
    def obstacles(self) -> int:
        """How many things would have to change for this date to fit."""
        return len(self.hindered) + self.unserved_required + len(self.apart) + self.short

    @property
    def fits(self) -> bool:
        """Tell whether nothing prevents it, and at least one person said a definite yes."""
        return self.obstacles == 0 and self.yes > 0


def suitability(option: Option, members: Iterable[Member], *, quorum: int = 0) -> Suitability:
    """Return how well a date suits those who must be free for it. `quorum`: how many must be able to come."""
    attending = [member for member in members if member.attends]
    said = [option.answers.get(member.person_id) for member in attending]
    coming = [member for member in attending if option.can(member.person_id)]
    there = {member.person_id for member in coming}
    served = {member.serves for member in attending}
    helped = {member.serves for member in coming}
    unserved = [member for member in coming if member.person_id in served and member.person_id not in helped]
    needed = [member.person_id for member in attending if member.required]
    return Suitability(
        option=option,
        yes=said.count(Availability.YES),
        maybe=said.count(Availability.MAYBE),
        said_no=tuple(
            member.person_id
            for member in attending
            if option.answers.get(member.person_id) is Availability.NO
        ),
        silent=said.count(None),
        hindered=tuple(person for person in needed if person not in there),
        unserved=tuple(member.person_id for member in unserved),
        unserved_required=sum(member.required for member in unserved),
        apart=tuple(
            (member.person_id, other)
            for member in coming
            for other in sorted(member.not_with & there)
            if member.person_id < other
        ),
        short=max(0, quorum - len(coming)),
        unsure=sum(option.answers.get(person) is Availability.MAYBE for person in needed),
    )


def ranking(options: Iterable[Option], members: Collection[Member], *, quorum: int = 0) -> list[Suitability]:
    """Return the dates, best first.

    In order: those that fit; with the fewest obstacles; with the fewest required people who are unsure; with
    the most yes answers, then with the most "if need be"; the earliest.
    """
    rated = [suitability(option, members, quorum=quorum) for option in options]
    return sorted(
        rated,
        key=lambda one: (
            not one.fits,
            one.obstacles,
            one.unsure,
            -one.yes,
            -one.maybe,
            one.option.starts_at,
            one.option.id,
        ),
    )


def best(
    options: Iterable[Option], members: Collection[Member], *, now: datetime, quorum: int = 0
) -> Suitability | None:
    """Return the best future date that fits; None if there is none."""
    ahead = [option for option in options if option.starts_at > now]
    ranked = ranking(ahead, members, quorum=quorum)
    return ranked[0] if ranked and ranked[0].fits else None


def silent(options: Sequence[Option], asked: Iterable[UUID]) -> list[UUID]:
    """Return the people who have not answered every date."""
    return [person for person in asked if any(person not in option.answers for option in options)]


def check_span(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """Refuse an impossible date. Raises: DateNotUsable."""
    # Compared by difference: adding a length to a far date may overflow.
    if not (timedelta(0) < starts_at - now <= FURTHEST_AHEAD):
        raise DateNotUsable
    if not (timedelta(0) < ends_at - starts_at <= LONGEST_MEETING):
        raise DateNotUsable
