"""Which date is best, who has not answered, and which dates can be proposed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from services.scheduling.domain.refusals import DateNotUsable
from services.scheduling.domain.states import Availability

# Who takes part in these ways must be free at the time; a letter or a spokesperson needs no date.
ATTENDING = frozenset({"in-person", "online", "phone"})

LONGEST_MEETING = timedelta(days=2)
FURTHEST_AHEAD = timedelta(days=550)


@dataclass(frozen=True)
class Member:
    """Somebody of the circle, as far as dates are concerned.

    `serves`: whose interpreter or advocate they are; `not_with`: with whom they are not brought in contact.
    """

    person_id: UUID
    required: bool
    attends: bool
    serves: UUID | None = None
    not_with: frozenset[UUID] = frozenset()


class DayPart(StrEnum):
    """A part of a day that can be proposed as such."""

    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    DAY = "day"

    @property
    def hours(self) -> tuple[time, time]:
        """From when until when it is."""
        return _HOURS[self]


_HOURS = {
    DayPart.MORNING: (time(9, 30), time(12, 30)),
    DayPart.AFTERNOON: (time(13, 30), time(17, 30)),
    DayPart.EVENING: (time(17, 30), time(21, 30)),
    DayPart.DAY: (time(10), time(17)),
}


@dataclass(frozen=True)
class Option:
    """A date that is proposed, with what each person said to it; `part`: the part of a day that it was proposed as."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    answers: Mapping[UUID, Availability] = field(default_factory=dict)
    part: DayPart | None = None

    def can(self, person_id: UUID) -> bool:
        """Say whether somebody can come then, if need be."""
        return self.answers.get(person_id) in (Availability.YES, Availability.MAYBE)


@dataclass(frozen=True)
class Suitability:
    """How well a date suits the circle, and what stands in its way.

    `hindered`: required people who said no or nothing. `unserved`: who can come without anybody who interprets or
    speaks for them; `unserved_required`: how many of them are required. `apart`: pairs who can both come and are not to
    meet. `short`: how many more would have to come for the quorum.
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
        """Say whether nothing stands in the way, and anybody surely comes."""
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

    Those on which everything that is needed comes together; then with the fewest obstacles; with the fewest required
    people who are unsure; with the most who say yes, then if need be; the earliest.
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
    """Return the best date to come that fits; None if there is none."""
    ahead = [option for option in options if option.starts_at > now]
    ranked = ranking(ahead, members, quorum=quorum)
    return ranked[0] if ranked and ranked[0].fits else None


def silent(options: Sequence[Option], asked: Iterable[UUID]) -> list[UUID]:
    """Return who has not answered every date."""
    return [person for person in asked if any(person not in option.answers for option in options)]


def check_span(starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """Refuse a date that nobody could come to. Raises: DateNotUsable."""
    # Compared by difference: the sum of a far date and a length may not exist.
    if not (timedelta(0) < starts_at - now <= FURTHEST_AHEAD):
        raise DateNotUsable
    if not (timedelta(0) < ends_at - starts_at <= LONGEST_MEETING):
        raise DateNotUsable
