"""Bodies about organisations, staff, coordinators and the policy."""

from datetime import datetime
from typing import Annotated, Self
from uuid import UUID
from zoneinfo import available_timezones

from holidays import list_supported_countries
from pydantic import AfterValidator, Field, StringConstraints, model_validator

from services.intake.domain.codes import Gender
from services.intake.schemas.common import Culture, Languages
from shared.auth import Role
from shared.calendar import BELGIUM
from shared.colours import unreadable
from shared.fields import EmailAddress, KboNumber, LanguageCode, LastName, Line, Name, Phone
from shared.http.models import ReadVersion, RequestModel, ResponseModel


def _known_zone(name: str) -> str:
    if name not in available_timezones():
        raise ValueError("must be a time zone of the IANA, such as Europe/Brussels")
    return name


Colour = Annotated[str, StringConstraints(to_lower=True, pattern=r"^#[0-9a-fA-F]{6}$")]


class Profile(RequestModel):
    """The profile of an organisation."""

    name: Line
    reply_to: EmailAddress | None = Field(
        default=None, description="Its own mailbox, which receives the answers to mails."
    )
    languages: Languages = Field(default_factory=lambda: ["nl"])
    country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] = Field(
        default=BELGIUM.country, description="The country of its public holidays: ISO 3166-1."
    )
    subdivision: Annotated[str, StringConstraints(max_length=40)] | None = Field(
        default=BELGIUM.subdivision,
        description="A part of the country with holidays of its own, by its name in the library `holidays`: BY.",
    )
    time_zone: Annotated[str, AfterValidator(_known_zone)] = Field(
        default=BELGIUM.time_zone, description="By its IANA name."
    )

    accent_colour: Colour | None = None
    heading_colour: Colour | None = None
    # Light enough for dark text.
    background_colour: Colour | None = None
    signature: Annotated[str, StringConstraints(strip_whitespace=True, max_length=300)] | None = None

    @model_validator(mode="after")
    def _can_be_read(self) -> Self:
        nearest = unreadable(
            accent=self.accent_colour, heading=self.heading_colour, background=self.background_colour
        )
        if nearest:
            found = "; ".join(f"{name}_colour: {colour} could" for name, colour in nearest.items())
            raise ValueError(f"people could not read this (a contrast below 4.5 to 1). {found}")
        return self

    @model_validator(mode="after")
    def _has_known_holidays(self) -> Self:
        parts = list_supported_countries().get(self.country)
        if parts is None:
            raise ValueError("country must be one whose holidays are known, such as BE")
        if self.subdivision is not None and self.subdivision not in parts:
            raise ValueError(
                "subdivision must be a part of the country with holidays of its own, or left out"
            )
        return self


class NewOrganisation(Profile):
    """An organisation for the register; with an id of the caller's choice the request can be repeated."""

    organisation_id: UUID | None = None
    kbo_number: KboNumber
    is_tenant: bool = False


class ProfileChange(Profile):
    """The new profile of an organisation; what is left out gets its default."""

    version: ReadVersion


class OrganisationEntered(ResponseModel):
    """The id of an organisation."""

    organisation_id: UUID


class OrganisationEntry(ResponseModel):
    """An organisation of the register."""

    organisation_id: UUID
    name: str
    kbo_number: str
    reply_to: str | None
    is_tenant: bool
    superseded_by: UUID | None = Field(
        description="The entry that replaced this one when the organisation became a tenant: use that id from now on."
    )
    languages: list[str]
    country: str
    subdivision: str | None
    time_zone: str
    accent_colour: str | None
    heading_colour: str | None
    background_colour: str | None
    signature: str | None
    version: int = Field(description="The version of its profile; send it along with a change.")
    created_at: datetime


KnownVersion = Annotated[
    ReadVersion | None,
    Field(
        description="The version that was read of the existing entry with this id; 409 if there is a newer one."
    ),
]


class NewStaff(RequestModel):
    """A colleague; `staff_id` is the subject of their token. With a version it replaces the existing entry."""

    version: KnownVersion = None
    staff_id: UUID | None = None
    organisation_id: UUID
    roles: Annotated[list[Role], Field(min_length=1, max_length=9)]
    first_name: Name
    last_name: LastName = ""
    email: EmailAddress
    language: LanguageCode = "nl"


class StaffEntered(ResponseModel):
    """The id of a colleague, and the version of their data, to be sent along with a change."""

    staff_id: UUID
    version: int


class StaffEntry(ResponseModel):
    """A colleague whom the tenant knows."""

    staff_id: UUID
    organisation_id: UUID
    roles: list[Role]
    first_name: str
    last_name: str
    email: str
    language: str
    version: int = Field(description="The version of their data; send it along with a change.")
    created_at: datetime


class Account(ResponseModel):
    """The caller, as their token and the tenant's register describe them; null or empty if one of these does not."""

    id: UUID = Field(description="The subject of the token.")
    organisation_id: UUID | None = Field(description="The organisation that the token names.")
    organisation: str | None = Field(description="Its name, if it is in the register.")
    tenant_id: UUID = Field(description="The tenant of the request.")
    roles: list[Role] = Field(description="The roles that the token gives.")
    entered_roles: list[Role] = Field(
        description="The roles in the register: they decide who is mailed about what."
    )
    is_coordinator: bool = Field(description="Whether cases can be offered to them.")
    first_name: str | None
    last_name: str | None
    email: str | None
    language: str | None = Field(description="The language in which they are mailed.")
    languages: list[str] = Field(description="The languages in which they lead a conference.")


class NewCoordinator(RequestModel):
    """A coordinator; the id is the subject of their token. With a version it replaces the existing entry."""

    version: KnownVersion = None
    coordinator_id: UUID | None = None
    first_name: Name
    last_name: LastName = ""
    email: EmailAddress
    phone: Annotated[
        Phone | None, Field(description="The number that the people of their cases see, to call them.")
    ] = None
    language: LanguageCode = "nl"
    languages: Languages = Field(default_factory=lambda: ["nl"])
    gender: Gender | None = None
    cultures: Annotated[list[Culture], Field(max_length=20)] = Field(default_factory=list)
    region: Annotated[Line, StringConstraints(max_length=60)] | None = None
    max_load: Annotated[int, Field(ge=0, le=1000)] = 3
    tied_to: Annotated[list[UUID], Field(max_length=100)] = Field(default_factory=list)


class CoordinatorEntered(ResponseModel):
    """The id of a coordinator, and the version of their data, to be sent along with a change."""

    coordinator_id: UUID
    version: int


class CoordinatorEntry(ResponseModel):
    """A coordinator of the tenant."""

    coordinator_id: UUID
    first_name: str
    last_name: str
    email: str
    phone: str | None = Field(description="The number that the people of their cases see.")
    language: str
    languages: list[str]
    gender: str | None
    cultures: list[str]
    region: str | None
    max_load: int
    load: int
    tied_to: list[UUID]
    version: int = Field(description="The version of their data; send it along with a change.")
    created_at: datetime


class CoordinatorToCall(ResponseModel):
    """The coordinator of the caller's case: all null while there is none."""

    first_name: str | None
    last_name: str | None
    phone: str | None = Field(
        description="The number that the people of their cases see; null if there is none."
    )
