"""What several pages of one case read: the people of the circle, and the conference."""

from collections.abc import Iterable
from datetime import date, datetime, time
from uuid import UUID

from services.portal.client import Answer, Items, NamedAnswer, Operation
from services.portal.forms import read_id
from services.portal.more_time import MoreTimeGiven
from services.portal.routes.dates import Venue
from services.portal.staff import StaffVisit
from services.portal.visits import PageModel

_IN_CIRCLE = frozenset({"active"})


class Invited(Answer):
    """A person's answer to their invitation, when they gave it, and how they take part."""

    state: str
    answer: str | None
    answered_at: datetime | None
    mode: str | None


class InCircle(NamedAnswer):
    """A person of a case. An erased one has no name."""

    person_id: UUID
    phone: str | None = None
    role: str
    state: str
    required: bool
    not_with: list[UUID]
    needs: list[str]
    needs_words: str | None
    invitation: Invited | None

    @property
    def name(self) -> str:
        """First and last name."""
        return " ".join(part for part in (self.first_name, self.last_name) if part)


class ConferenceEntry(Answer):
    """A conference of a case, in a list."""

    conference_id: UUID
    conference_no: int
    state: str
    starts_at: datetime | None
    ends_at: datetime | None
    version: int
    poll_id: UUID | None


class Present(Answer):
    """Whether a person came."""

    person_id: UUID
    mode: str
    came: bool


class NeedSeenTo(Answer):
    """A need that was arranged for."""

    person_id: UUID
    need: str


class LateNews(Answer):
    """Something that changed after the circle was told of it, by the step that tells it."""

    code: str
    state: str
    created_at: datetime


class Preparation(Answer):
    """What only those who prepare a conference see."""

    more_time: list[MoreTimeGiven]
    reason: str | None
    held_on: date | None
    outcome: str | None
    attendance: list[Present]
    checklist: dict[str, bool]
    needs_seen_to: list[NeedSeenTo]
    late_news: list[LateNews]
    venue_id: UUID | None


class Conference(ConferenceEntry):
    """A conference as its coordinator sees it."""

    venue: Venue | None
    preparation: Preparation | None = None


PERSONS = Operation("network", "GET", "/v1/cases/{case_id}/persons", Items[InCircle])
OF_CASE = Operation("scheduling", "GET", "/v1/cases/{case_id}/conferences", Items[ConferenceEntry])
CONFERENCE = Operation("scheduling", "GET", "/v1/conferences/{conference_id}", Conference)


class Person(PageModel):
    """A person, as a page names them."""

    id: UUID
    name: str


def case_of(visit: StaffVisit) -> str:
    """Return the case in the address."""
    return read_id(visit.request.path_params["case_id"])


async def everyone(visit: StaffVisit, case_id: str) -> dict[UUID, InCircle]:
    """Return all people of a case, also those who left: what they said or promised keeps its name."""
    return {each.person_id: each for each in await visit.ask_all(PERSONS, case_id=case_id)}


def in_circle(people: dict[UUID, InCircle]) -> list[InCircle]:
    """Return those who belong to the circle now, by name."""
    return sorted((each for each in people.values() if each.state in _IN_CIRCLE), key=lambda each: each.name)


def says_no(person: InCircle) -> bool:
    """Tell whether a person does not take part."""
    return person.invitation is not None and person.invitation.answer == "no"


def kept_from(person: InCircle, people: dict[UUID, InCircle]) -> list[InCircle]:
    """Return those of the circle whom somebody must not meet, by name."""
    return [each for each in in_circle(people) if each.person_id in person.not_with]


def apart_among(coming: Iterable[UUID], people: dict[UUID, InCircle]) -> list[tuple[str, str]]:
    """Return the names of the pairs of those who come and must not meet, each once."""
    there = {*coming}
    return [
        (people[one].name, other.name)
        for one in there
        for other in kept_from(people[one], people)
        if other.person_id in there and one < other.person_id
    ]


async def latest(visit: StaffVisit, case_id: str) -> Conference | None:
    """Return the conference that is being prepared, or the last one."""
    listed = await visit.ask(OF_CASE, case_id=case_id)
    if not listed.items:
        return None
    newest = max(listed.items, key=lambda each: each.conference_no)
    return await visit.ask(CONFERENCE, conference_id=newest.conference_id)


def moment(visit: StaffVisit, day: str, hour: str) -> datetime | None:
    """Return the moment of a form's day and hour in the organisation's time zone; None if they are invalid."""
    try:
        return visit.profile.calendar.at(date.fromisoformat(day), time.fromisoformat(hour))
    except (ValueError, OverflowError):
        return None
