"""Bodies about the register of venues."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.events.network import AccessNeed
from shared.fields import EmailAddress, Line, Phone
from shared.http.models import ReadVersion, RequestModel, ResponseModel

_PARTS_OF_A_WEEK = 21

# A day of the week and a part of it, as in tue-evening.
OpenAt = Annotated[
    str, StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)-(morning|afternoon|evening)$")
]


class NewVenue(RequestModel):
    """A place where circles can meet; who to call about it is sealed."""

    name: Line
    address: Line
    neutral: bool = Field(
        default=True, description="Whether it is nobody's home, and no office of a service."
    )
    reached_by: Line | None = Field(default=None, description="How to get there by public transport.")
    meets: Annotated[list[AccessNeed], Field(max_length=20)] = Field(
        default_factory=list, description="Which of the access needs of people it meets."
    )
    open_at: Annotated[list[OpenAt], Field(max_length=_PARTS_OF_A_WEEK)] = Field(
        default_factory=list,
        description="In which parts of the week it can be had, as `tue-evening`; empty: in any.",
    )
    contact_name: Line | None = None
    contact_phone: Phone | None = None
    contact_email: EmailAddress | None = None


class ChangedVenue(NewVenue):
    """All that is known of a venue from now on, and the version that was read."""

    version: ReadVersion


class VenueEntry(ResponseModel):
    """A venue of the register."""

    venue_id: UUID
    name: str
    address: str
    neutral: bool
    reached_by: str | None
    meets: list[AccessNeed]
    open_at: list[str]
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    version: int = Field(description="Of what is known of it; a change sends it along.")


class VenueList(ResponseModel):
    """The venues that an organisation uses, by name."""

    venues: list[VenueEntry]


class VenueChoice(VenueEntry):
    """A venue for a conference: whether it is free, and what it lacks."""

    free: bool | None = Field(description="Whether it can be had at the date that is set; null: none is set.")
    free_for: list[UUID] = Field(
        description="At which dates of the poll that are still to come it can be had, by id."
    )
    lacks: list[AccessNeed] = Field(description="Which of the needs that were asked for it does not meet.")
    suggested: bool


class VenueChoices(ResponseModel):
    """The venues for a conference, the one that suits best first."""

    venues: list[VenueChoice]
