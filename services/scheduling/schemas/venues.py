"""Bodies about the register of venues."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.events.network import AccessNeed
from shared.fields import EmailAddress, Line, Name, Phone
from shared.http.models import ReadVersion, RequestModel, ResponseModel

_PARTS_OF_A_WEEK = 21

# A day of the week and a part of it, as in tue-evening.
OpenAt = Annotated[
    str, StringConstraints(pattern=r"^(mon|tue|wed|thu|fri|sat|sun)-(morning|afternoon|evening)$")
]


class NewVenue(RequestModel):
    """A place where circles can meet; its contact is sealed."""

    name: Line
    address: Line
    neutral: bool = Field(
        default=True, description="Whether it is neutral: nobody's home, and no office of a service."
    )
    reached_by: Line | None = Field(default=None, description="How to get there by public transport.")
    meets: Annotated[list[AccessNeed], Field(max_length=20)] = Field(
        default_factory=list, description="The access needs of people that it meets."
    )
    open_at: Annotated[list[OpenAt], Field(max_length=_PARTS_OF_A_WEEK)] = Field(
        default_factory=list,
        description="The parts of the week in which it is available, as `tue-evening`; empty: any.",
    )
    contact_name: Name | None = None
    contact_phone: Phone | None = None
    contact_email: EmailAddress | None = None


class ChangedVenue(NewVenue):
    """The new data of a venue, and the version that was read."""

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
    version: int = Field(description="The version of its data; send it along with a change.")


class VenueList(ResponseModel):
    """The venues that an organisation uses, by name."""

    venues: list[VenueEntry]


class VenueChoice(VenueEntry):
    """A venue for a conference: whether it is free, and what it lacks."""

    free: bool | None = Field(description="Whether it is free at the set date; null: none is set.")
    free_for: list[UUID] = Field(description="The future dates of the poll at which it is free, by id.")
    lacks: list[AccessNeed] = Field(description="The requested needs that it does not meet.")
    suggested: bool


class VenueChoices(ResponseModel):
    """The venues for a conference, the one that suits best first."""

    venues: list[VenueChoice]
