"""The rules of date polls and conferences: states, reasons, which date is best, and what cannot be done when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from shared.errors import Conflict, Invalid


class ConferenceState(StrEnum):
    """Where a conference stands."""

    PREPARING = "preparing"
    POLLING = "polling"
    READY_TO_SCHEDULE = "ready-to-schedule"
    SCHEDULED = "scheduled"
    POSTPONED = "postponed"
    HELD = "held"
    CANCELLED = "cancelled"


UNDATED = frozenset({ConferenceState.PREPARING, ConferenceState.POLLING, ConferenceState.READY_TO_SCHEDULE})
LIVE = UNDATED | {ConferenceState.SCHEDULED}


class PreparationState(StrEnum):
    """Whether a conference is being prepared."""

    RUNNING = "running"
    ENDED = "ended"


class PollState(StrEnum):
    """Whether answers are taken."""

    OPEN = "open"
    CLOSED = "closed"


class ClosedBecause(StrEnum):
    """Why a poll takes no more answers; `carried`: it came along from a postponed conference and was not opened yet."""

    ALL_ANSWERED = "all-answered"
    DUE = "due"
    COORDINATOR = "coordinator"
    CANCELLED = "cancelled"
    CARRIED = "carried"


class Availability(StrEnum):
    """What somebody says to a date."""

    YES = "yes"
    MAYBE = "maybe"
    NO = "no"


class Standing(StrEnum):
    """Whether a person belongs to the case."""

    ACTIVE = "active"
    REMOVED = "removed"
    EXCLUDED = "excluded"


class PostponedBecause(StrEnum):
    """Why a conference is put off."""

    KEY_PERSON_ILL = "key-person-ill"
    KEY_PERSON_UNAVAILABLE = "key-person-unavailable"
    NO_SHOW = "no-show"
    BOTTOM_LINE_LATE = "bottom-line-late"
    SAFETY = "safety"
    BEREAVEMENT = "bereavement"
    VENUE = "venue"
    WEATHER = "weather"
    FAMILY_WISH = "family-wish"
    COORDINATOR_UNAVAILABLE = "coordinator-unavailable"
    OTHER = "other"


class CancelledBecause(StrEnum):
    """Why a conference will not be held."""

    PLAN_WITHOUT_MEETING = "plan-without-meeting"
    FAMILY_WISH = "family-wish"
    SITUATION_CHANGED = "situation-changed"
    NETWORK_TOO_SMALL = "network-too-small"
    SAFETY = "safety"
    OTHER = "other"


# The reason of what is cancelled because its case stopped: nobody gives it by hand.
CASE_STOPPED = "case-stopped"


class ChecklistItem(StrEnum):
    """What a coordinator sees to before the conference."""

    VENUE = "venue"
    FOOD = "food"
    CHILDCARE = "childcare"
    TRANSPORT = "transport"
    INTERPRETER = "interpreter"
    ADVOCATE = "advocate"
    SAFETY_PLAN = "safety-plan"
    INFORMATION_GIVERS = "information-givers"
    CHILD_PARTICIPATION = "child-participation"
    QUESTIONS_SHARED = "questions-shared"
    BOTTOM_LINES_SHARED = "bottom-lines-shared"


# Who takes part in these ways must be free at the time; a letter or a spokesperson needs no date.
ATTENDING = frozenset({"in-person", "online", "phone"})

MAX_OPTIONS = 60
LONGEST_MEETING = timedelta(days=2)
FURTHEST_AHEAD = timedelta(days=550)


class CircleNotReady(Conflict):
    """The circle of the case does not stand yet: there is nobody to ask."""

    code = "circle-not-ready"
    title = "First the circle must be ready: network says so when the coordinator does"


class CasePaused(Conflict):
    """The case rests: nobody is asked or invited until it goes on."""

    code = "case-paused"
    title = "This case rests: resume it first"


class ConferenceOver(Conflict):
    """The conference was held, postponed or cancelled."""

    code = "conference-over"
    title = "This conference is over, or was put off or cancelled"


class ConferenceNotScheduled(Conflict):
    """The conference has no date."""

    code = "conference-not-scheduled"
    title = "This conference has no date yet"


class ConferenceNotYetHeld(Conflict):
    """The day of the conference has not come."""

    code = "conference-not-yet-held"
    title = "What happened can be recorded from the day of the conference on"


class ConferenceHasDate(Conflict):
    """The conference has a date: who looks for another one postpones it."""

    code = "conference-has-date"
    title = "This conference has a date: postpone it to look for another"


class PollAlreadyOpen(Conflict):
    """People are being asked already."""

    code = "poll-already-open"
    title = "This poll is open: add dates to it instead"


class PollClosed(Conflict):
    """The poll takes no more answers."""

    code = "poll-closed"
    title = "This poll is closed"


class NoDateFits(Conflict):
    """On none of the dates can everyone come who is required: the coordinator must choose, or ask for other dates."""

    code = "no-date-fits"
    title = "On none of the dates can everyone required come: choose one, or propose others"


class NoDates(Invalid):
    """A poll needs dates that have not passed."""

    code = "no-dates"
    title = "Propose at least one date"


class ClosesTooSoon(Invalid):
    """A poll that closes at once asks nobody."""

    code = "closes-too-soon"
    title = "A poll is open for a while: give a longer length"


class TooManyDates(Invalid):
    """Nobody can answer so many dates."""

    code = "too-many-dates"
    title = f"A poll has at most {MAX_OPTIONS} dates"


class DateNotUsable(Invalid):
    """A date lies in the past, is too far away, or ends before it begins."""

    code = "date-not-usable"
    title = "A date begins in the future and ends after it begins, within two days"


class OptionUnknown(Invalid):
    """An answer or a choice names a date that is not one of this poll's."""

    code = "option-unknown"
    title = "This is not one of the dates of this poll"


class PersonNotOfCase(Invalid):
    """Somebody named does not belong to the case."""

    code = "person-not-of-case"
    title = "Only people of the case can be named"


class PersonTwice(Invalid):
    """Somebody is named twice."""

    code = "person-twice"
    title = "Each person is named once"


class PartsOutOfOrder(Invalid):
    """The three parts of a conference follow one another."""

    code = "parts-out-of-order"
    title = "Each part ends after it begins, and begins after the one before it has ended"


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
    no: int
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
        no=said.count(Availability.NO),
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


@dataclass(frozen=True)
class Part:
    """When one part of a conference began and ended."""

    begins: datetime
    ends: datetime


@dataclass(frozen=True)
class Parts:
    """The three parts; of the private one there is nothing to know but its times."""

    information: Part
    private: Part
    presentation: Part


def check_parts(parts: Parts) -> None:
    """Refuse parts that do not follow one another. Raises: PartsOutOfOrder."""
    moments = [
        moment
        for part in (parts.information, parts.private, parts.presentation)
        for moment in (part.begins, part.ends)
    ]
    if any(later < earlier for earlier, later in pairwise(moments)):
        raise PartsOutOfOrder
    if moments[-1] - moments[0] > LONGEST_MEETING:
        raise PartsOutOfOrder(detail="The three parts lie within two days")
