"""Which date is best, who has not answered, and which dates can be proposed."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduling.domain.refusals import DateNotUsable
from services.scheduling.domain.states import Availability

# Who takes part in these ways must be free at the time; a letter or a spokesperson needs no date.
ATTENDING = frozenset({"in-person", "online", "phone"})

LONGEST_MEETING = timedelta(days=2)
FURTHEST_AHEAD = timedelta(days=550)


@dataclass(frozen=True)
class Member:
    """Somebody of the circle, as far as dates are concerned."""

    person_id: UUID
    required: bool
    attends: bool


@dataclass(frozen=True)
class Option:
    """A date that is proposed, with what each person said to it."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    answers: Mapping[UUID, Availability] = field(default_factory=dict)


@dataclass(frozen=True)
class Suitability:
    """How well a date suits the circle. `hindered`: required people who said no or nothing."""

    option: Option
    yes: int
    maybe: int
    said_no: tuple[UUID, ...]
    silent: int
    hindered: tuple[UUID, ...]
    unsure: int

    @property
    def fits(self) -> bool:
        """Say whether everyone required can come, and anybody surely does."""
        return not self.hindered and self.yes > 0


def suitability(option: Option, members: Iterable[Member]) -> Suitability:
    """Return how well a date suits those who must be free for it."""
    attending = [member for member in members if member.attends]
    said = [option.answers.get(member.person_id) for member in attending]
    can = (Availability.YES, Availability.MAYBE)
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
        hindered=tuple(person for person in needed if option.answers.get(person) not in can),
        unsure=sum(option.answers.get(person) is Availability.MAYBE for person in needed),
    )


def ranking(options: Iterable[Option], members: Collection[Member]) -> list[Suitability]:
    """Return the dates, best first: everyone required can come, surely rather than maybe; most yes; earliest."""
    rated = [suitability(option, members) for option in options]
    return sorted(
        rated,
        key=lambda one: (
            not one.fits,
            len(one.hindered),
            one.unsure,
            -one.yes,
            -one.maybe,
            one.option.starts_at,
            one.option.id,
        ),
    )


def best(options: Iterable[Option], members: Collection[Member], *, now: datetime) -> Suitability | None:
    """Return the best date to come on which everyone required can come; None if there is none."""
    ahead = [option for option in options if option.starts_at > now]
    ranked = ranking(ahead, members)
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
