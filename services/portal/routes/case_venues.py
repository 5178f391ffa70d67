"""Places for a conference, in words, for a coordinator to choose from."""

from collections.abc import Iterable
from uuid import UUID

from services.portal.client import Answer, Operation
from services.portal.routes.date_words import Column
from services.portal.routes.of_case import Conference, InCircle, in_circle
from services.portal.routes.venues import ACCESS, Venue, access_in_words
from services.portal.staff import StaffVisit
from services.portal.wording import mark as _

OTHER = "other"


class Choice(Venue):
    """A place for a conference: when it is free, and what it lacks."""

    free: bool | None
    free_for: list[UUID]
    lacks: list[str]
    suggested: bool


class Choices(Answer):
    """The places for a conference, the one that suits best first."""

    venues: list[Choice]


FOR_CONFERENCE = Operation("scheduling", "GET", "/v1/conferences/{conference_id}/venues", Choices)


async def choices(
    visit: StaffVisit, conference: Conference | None, people: dict[UUID, InCircle]
) -> list[Choice]:
    """Return the places for a conference, by the needs of those who come."""
    if conference is None:
        return []
    come = [each for each in in_circle(people) if not _is_elsewhere(each)]
    needs = [code for code in ACCESS if any(code in each.needs for each in come)]
    asked = await visit.ask(
        FOR_CONFERENCE, query={"needs": needs} if needs else None, conference_id=conference.conference_id
    )
    return asked.venues


def _is_elsewhere(person: InCircle) -> bool:
    """Tell whether a person takes part remotely, or not at all."""
    return person.invitation is not None and person.invitation.mode not in (None, "in-person")


def in_words(visit: StaffVisit, choice: Choice, columns: Iterable[Column]) -> str:
    """Return the arguments for and against a place."""
    ahead = [each for each in columns if not each.past]
    taken = [each.when for each in ahead if each.id not in choice.free_for]
    said = [choice.address]
    said.append(visit.say(_("Een neutrale plaats") if choice.neutral else _("Geen neutrale plaats")))
    if choice.reached_by:
        said.append(choice.reached_by)
    if contact := [
        each for each in (choice.contact_name, choice.contact_phone, choice.contact_email) if each
    ]:
        said.append(visit.say(_("Contact:")) + f" {', '.join(contact)}")
    # Some end what they type with a full stop.
    found = ". ".join(each.rstrip(". ") for each in said) + "."
    if ahead and not choice.free_for:
        found += " " + visit.say(_("Op geen van deze dagen vrij."))
    elif ahead and taken:
        found += " " + visit.say(_("Niet vrij op:")) + f" {'; '.join(taken)}."
    elif ahead:
        found += " " + visit.say(_("Vrij op al deze dagen."))
    if choice.lacks:
        found += " " + visit.say(_("Mist voor wie komt:")) + f" {access_in_words(visit, choice.lacks)}."
    return found
