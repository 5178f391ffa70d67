"""Bodies of network's API."""

from datetime import date, datetime
from typing import Annotated, Self
from uuid import UUID

from pydantic import Field, StringConstraints, model_validator

from services.network.domain import Answer, Channel, ContactPurpose
from services.network.domain.consents import AgeGroup
from shared import case_state
from shared.events.network import AttendanceMode, CircleMember, Need, PersonRole, Side
from shared.fields import EmailAddress, LanguageCode, LastName, Line, Name, Phone, Text
from shared.http.models import ReadVersion, RequestModel, ResponseModel, SecretResponse
from shared.languages import Language

Reason = Annotated[Text, StringConstraints(max_length=2000)]
BirthDate = Annotated[date, Field(ge=date(1900, 1, 1))]
# The people over whom parental authority is held; left out: every minor that the case is about.
Children = Annotated[list[UUID], Field(max_length=20)]
# What a person needs to take part; if left out, it stays as it was.
Needs = Annotated[list[Need], Field(max_length=20)]


class Proposal(RequestModel):
    """A person proposed for the circle."""

    first_name: Name
    last_name: LastName = ""
    email: EmailAddress | None = None
    phone: Phone | None = None
    address: Line | None = None
    language: LanguageCode = "nl"
    side: Side = "other"
    relation: Line | None = None


class NewPerson(Proposal):
    """A person whom the coordinator adds to the case."""

    role: PersonRole = "circle"
    proposed_by: UUID | None = None
    required: bool = False
    serves: UUID | None = None
    birth_date: BirthDate | None = None
    parental_authority: bool = False
    authority_over: Children | None = None


class PersonChange(RequestModel):
    """Changes to a person; what is left out stays, null removes."""

    version: ReadVersion
    first_name: Name | None = None
    last_name: LastName | None = None
    email: EmailAddress | None = None
    phone: Phone | None = None
    address: Line | None = None
    language: LanguageCode | None = None
    relation: Line | None = None
    side: Side | None = None
    required: bool | None = None
    serves: UUID | None = None
    birth_date: BirthDate | None = None
    parental_authority: bool | None = None
    authority_over: Children | None = None
    needs: Needs | None = None
    needs_words: Reason | None = None

    @model_validator(mode="after")
    def _nothing_needed_is_taken_away(self) -> Self:
        needed = ("first_name", "last_name", "language", "side", "required", "needs")
        if any(name in self.model_fields_set and getattr(self, name) is None for name in needed):
            raise ValueError(f"{', '.join(needed)} cannot be null")
        return self


class WithReason(RequestModel):
    """A reason; it is sealed, and few may read it."""

    reason: Reason


class NewContact(RequestModel):
    """A contact of the coordinator with a person."""

    channel: Channel
    purpose: ContactPurpose
    on: date | None = None


class GivenAnswer(RequestModel):
    """An answer to an invitation; `mode` applies to a yes, in person if left out.

    Who is `unsure` is asked again later; an earlier answer no longer stands. It also carries what the person needs to
    take part: `needs` null or left out changes nothing of that.
    """

    answer: Answer
    mode: AttendanceMode | None = None
    needs: Needs | None = None
    needs_words: Reason | None = None


class ChosenLanguage(RequestModel):
    """The language of somebody's pages and mails."""

    language: Language


class InviteEveryone(RequestModel):
    """The people to invite in addition to those without an invitation."""

    include_central: bool = False


class CircleReadiness(RequestModel):
    """The people the conference needs; left out: the central persons and those marked as required."""

    version: Annotated[
        ReadVersion | None,
        Field(
            description="The version that was read, if it was declared ready before; if there is a newer one, 409."
        ),
    ] = None
    required: Annotated[list[UUID], Field(max_length=200)] | None = None


class PresentedLink(RequestModel):
    """The token from a personal link."""

    token: Annotated[str, StringConstraints(min_length=1, max_length=200)]


class PersonAdded(ResponseModel):
    """The id of the person."""

    person_id: UUID


class InvitationView(ResponseModel):
    """An invitation and where it stands."""

    invitation_id: UUID
    state: str
    answer: str | None
    mode: str | None
    via: str | None
    sent_at: datetime
    reminded_at: datetime | None
    answered_at: datetime | None


class InvitationAndDelivery(InvitationView):
    """An invitation, and the delivery state of the last mail about it."""

    delivery: str | None = Field(
        description="`queued`, `sent`; `refused` by the mail server; `no-address`; `cancelled`, overtaken by events."
    )


class DeliveryView(ResponseModel):
    """A mail to a person of a case: its subject and delivery state."""

    message_id: UUID
    person_id: UUID
    kind: str
    state: str = Field(
        description="`queued`, `sent`; `refused` by the mail server; `no-address`; `cancelled`, overtaken by events."
    )
    queued_at: datetime
    settled_at: datetime | None


class CentralPerson(ResponseModel):
    """A central person, by the name that the coordinator calls them."""

    case_id: UUID
    person_id: UUID
    first_name: str | None


class PersonView(ResponseModel):
    """A person as the coordinator sees them; their identity is null once erased."""

    person_id: UUID
    role: str
    side: str
    relation: str | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    phone: str | None = None
    address: str | None = None
    language: str | None = None
    birth_date: date | None = None
    parental_authority: bool | None = None
    authority_over: list[UUID] | None = None
    needs: list[Need] = Field(default_factory=list)
    needs_words: str | None = None
    proposed_by: UUID | None
    widened: bool
    required: bool
    serves: UUID | None
    version: int = Field(description="Of what is known of them; a change sends it along.")
    state: str
    not_with: list[UUID] = Field(
        description="People of the case with whom they are not to be brought in contact."
    )
    invitation: InvitationAndDelivery | None


class InvitationSent(ResponseModel):
    """The id of the invitation, and a warning: who takes part or was invited and must not meet them."""

    invitation_id: UUID
    not_with: list[UUID] = Field(default_factory=list)


class Invited(ResponseModel):
    """A person who was invited now."""

    person_id: UUID
    invitation_id: UUID


class EveryoneInvited(ResponseModel):
    """Everyone who was invited now."""

    invited: list[Invited]


class ContactNoted(ResponseModel):
    """The id of the contact."""

    contact_id: UUID


class ContactView(ResponseModel):
    """A contact of the coordinator with a person."""

    contact_id: UUID
    channel: str
    purpose: str
    on: date


class CircleView(ResponseModel):
    """The circle that was declared ready, kept current."""

    case_id: UUID
    version: int = Field(description="0: it was not declared ready yet. A new declaration sends it along.")
    members: list[CircleMember]
    not_together: list[list[UUID]] = Field(
        default_factory=list,
        description="A warning: pairs of members who are not to be brought in contact.",
    )


class Access(SecretResponse):
    """A short-lived token for one person of one case."""

    access_token: str
    expires_in: int
    person_id: UUID
    case_id: UUID
    tenant: UUID
    case_role: str


class InCare(ResponseModel):
    """A minor about whose data the caller may make requests."""

    person_id: UUID
    first_name: str
    only_to_read: bool = Field(
        description="Whether for a copy alone: from the age of twelve they request the rest themselves."
    )


class Me(ResponseModel):
    """The calling person."""

    first_name: str
    case_id: UUID
    case_status: case_state.Status = Field(
        description="How the case stands: `stopped` before its time, `ended` once its plan was followed up."
    )
    person_id: UUID
    role: str
    language: str
    age: AgeGroup
    reads_with: list[str]
    decides_for_child: bool
    asks_for: list[InCare] = Field(
        description="The minors about whose data they may make requests, besides their own."
    )
    needs: list[Need]
    needs_words: str | None
    invitation: InvitationView | None


class MemberView(ResponseModel):
    """A person who takes part, as others of the circle see them."""

    person_id: UUID
    first_name: str
    role: str
    mode: AttendanceMode


class OwnCircle(ResponseModel):
    """The others who take part, oldest first; empty if the caller does not take part, and before it is known."""

    items: list[MemberView]
