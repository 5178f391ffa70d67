"""Request and response bodies of training's API."""

from base64 import b64encode
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, Field, PlainSerializer, StringConstraints, model_validator

from services.training.domain import (
    MAX_SUGGESTIONS,
    PaymentKind,
    PaymentState,
    Registering,
    RegistrationState,
    Vat,
)
from services.training.statements.entries import LeftOutReason
from shared.fields import EmailAddress, Iban, KboNumber, LanguageCode, LastName, Line, Link, Name, Phone, Text
from shared.http import ReadVersion, RequestModel, ResponseModel

# How many of the skipped entries are shown with the import; the file itself has all.
MAX_LEFT_OUT = 100


def _base64(content: bytes) -> str:
    return b64encode(content).decode()


Price = Annotated[Decimal, Field(ge=0, max_digits=7, decimal_places=2)]


_CENT = Decimal("0.01")


def _to_cents(value: Decimal) -> Decimal:
    return value.quantize(_CENT)


# An amount of euros in an answer: with its cents, also of nothing.
Euros = Annotated[Decimal, AfterValidator(_to_cents)]


class NewCourse(RequestModel):
    """A course to announce."""

    title: Annotated[Line, StringConstraints(max_length=200)]
    audience: Line | None = None
    description: Annotated[
        Annotated[Text, StringConstraints(max_length=2000)] | None,
        Field(description="What people learn in it; public."),
    ] = None
    given_by: Annotated[
        Annotated[Line, StringConstraints(max_length=200)] | None,
        Field(description="The names of its trainers or speakers; public."),
    ] = None
    language: LanguageCode
    registration: Registering = Registering.HERE
    external_url: Link | None = None

    @model_validator(mode="after")
    def _link_if_elsewhere(self) -> Self:
        if (self.registration is Registering.ELSEWHERE) != (self.external_url is not None):
            raise ValueError("external_url is given if, and only if, registration is elsewhere")
        return self


class CourseCreated(ResponseModel):
    """The id of the new course."""

    course_id: UUID


class Course(ResponseModel):
    """A course as anyone may see it."""

    course_id: UUID
    title: str
    audience: str | None
    description: str | None = Field(description="What people learn in it; public.")
    given_by: str | None = Field(description="The names of its trainers or speakers; public.")
    language: str
    registration: Registering
    external_url: str | None


class NewSession(RequestModel):
    """A time and a place at which a course is given. A price of 0 makes it free."""

    starts_at: AwareDatetime
    ends_at: AwareDatetime
    place: Annotated[Line, StringConstraints(max_length=200)]
    capacity: Annotated[int, Field(ge=1, le=10_000)]
    price: Price = Decimal(0)
    vat: Vat = Vat.EXEMPT
    account_iban: Iban | None = None
    account_name: Annotated[Line, StringConstraints(max_length=70)] | None = None

    @model_validator(mode="after")
    def _account_if_paid(self) -> Self:
        if self.price > 0 and (self.account_iban is None or self.account_name is None):
            raise ValueError("a session with a price needs account_iban and account_name")
        return self


class SessionChange(RequestModel):
    """Another time, place or number of places. The price stays: people have been asked to pay it."""

    version: ReadVersion
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    place: Annotated[Line, StringConstraints(max_length=200)]
    capacity: Annotated[int, Field(ge=1, le=10_000)]


class SessionVersion(RequestModel):
    """The version of a session that was read."""

    version: ReadVersion


class SessionCreated(ResponseModel):
    """The id of the new session."""

    session_id: UUID


class Session(ResponseModel):
    """A session as anyone may see it."""

    session_id: UUID
    course_id: UUID
    title: str
    description: str | None = Field(description="What people learn in it; public.")
    given_by: str | None = Field(description="The names of its trainers or speakers; public.")
    language: str
    registration: Registering
    external_url: str | None
    place: str
    starts_at: datetime
    ends_at: datetime
    price: Euros
    vat: Vat
    capacity: int
    places_left: int
    version: int
    cancelled: bool


class InvoiceTo(RequestModel):
    """Who gets the invoice, if not the participant."""

    name: Line
    kbo_number: KboNumber | None = None
    email: EmailAddress | None = None


class NewRegistration(RequestModel):
    """A registration for a session."""

    first_name: Name
    last_name: LastName = ""
    email: EmailAddress
    phone: Phone | None = None
    organisation: Annotated[Line, StringConstraints(max_length=140)] | None = None
    language: LanguageCode = "nl"
    invoice_to: InvoiceTo | None = None


class RegistrationToken(RequestModel):
    """The token in the links of a registration's emails: whoever holds it received them."""

    token: Annotated[str, StringConstraints(max_length=200)]


class PaymentAsked(ResponseModel):
    """How to pay."""

    account_name: str
    iban: str
    amount: Euros
    communication: str
    due_on: date


class Registered(ResponseModel):
    """The result of confirming a registration from its address."""

    registration_id: UUID
    state: RegistrationState
    payment: PaymentAsked | None


class OwnRegistration(ResponseModel):
    """A registration as its participant sees it. `qr_code`: a PNG image, if there is something to pay."""

    registration_id: UUID
    organisation_id: UUID
    state: RegistrationState
    title: str
    place: str
    starts_at: datetime
    ends_at: datetime
    price: Euros
    paid: Euros
    payment: PaymentAsked | None
    qr_code: Annotated[bytes, PlainSerializer(_base64, return_type=str)] | None
    # Until the session begins.
    can_cancel: bool


class InvoiceParty(ResponseModel):
    """Who gets the invoice."""

    name: str
    kbo_number: str | None
    email: str | None


class Registration(ResponseModel):
    """A registration as the organiser sees it."""

    registration_id: UUID
    session_id: UUID
    state: RegistrationState
    first_name: str
    last_name: str
    email: str
    phone: str | None
    organisation: str | None
    language: str
    invoice_to: InvoiceParty | None
    price: Euros
    paid: Euros
    communication: str | None
    payment: PaymentAsked | None
    registered_at: datetime


class Cancellation(RequestModel):
    """Which side cancels a registration."""

    by: Literal["participant", "organiser"] = "participant"


class RegistrationChanged(ResponseModel):
    """A registration's new state."""

    registration_id: UUID
    state: RegistrationState


class Suggested(ResponseModel):
    """A registration that a payment may be for, and its score (0 to 100)."""

    registration_id: UUID
    score: int


class SuggestedPerson(Suggested):
    """A registration that a payment may be for, with its participant, for finance to decide."""

    first_name: str
    last_name: str
    registration_state: RegistrationState
    price: Euros


class ImportedPayment(ResponseModel):
    """The result of one entry of a file; "duplicate": it was in an earlier file."""

    payment_id: UUID
    kind: PaymentKind
    amount: Euros
    booked_on: date
    payer_name: str
    state: PaymentState | Literal["duplicate"]
    registration_id: UUID | None
    suggestions: list[Suggested] = Field(max_length=MAX_SUGGESTIONS)


class EntryLeftOut(ResponseModel):
    """An entry of a file (its position, from 1) that is no payment to the organisation, or cannot be read."""

    entry: int
    reason: LeftOutReason


class StatementSummary(ResponseModel):
    """The progress of an import: `booked` of `total` entries, and how many payments are in each state.

    `balances_differ`: the entries do not lead from the first balance to the last, so something may be missing.
    """

    statement_id: UUID
    format: str
    imported_at: datetime = Field(description="When the file was given.")
    imported_by: UUID = Field(description="The member of staff who gave it.")
    first_day: date | None = Field(
        description="The first day on which the bank booked an entry of it, of any account; null without entries."
    )
    last_day: date | None = Field(description="The last such day.")
    state: Literal["importing", "imported"]
    total: int = Field(description="How many entries of it are to be booked.")
    booked: int
    payments: dict[PaymentState | Literal["duplicate"], int] = Field(
        description="How many payments there are in each state."
    )
    left_out_count: int = Field(description="How many entries were skipped.")
    balances_differ: bool


class StatementImport(StatementSummary):
    """The progress of an import, and the skipped entries."""

    left_out: list[EntryLeftOut] = Field(max_length=MAX_LEFT_OUT, description="The first skipped entries.")


class Payment(ResponseModel):
    """A payment as finance sees it."""

    payment_id: UUID
    statement_id: UUID
    kind: PaymentKind
    state: PaymentState
    amount: Euros
    # By reversals and refunds.
    taken_back: Euros
    booked_on: date
    payer_name: str
    text: str
    communication: str | None
    registration_id: UUID | None
    reverses: UUID | None
    part_of: UUID | None
    suggestions: list[SuggestedPerson] = Field(max_length=MAX_SUGGESTIONS)


class Matching(RequestModel):
    """The owner of a payment, as a person decides; `accept_amount`: the amount is enough, or the rest is settled."""

    registration_id: UUID
    accept_amount: bool = False
    moved_from: UUID | None = Field(
        default=None,
        description="The registration that had the payment when it was read; 409 if it is another's by now.",
    )


class Share(RequestModel):
    """One registration's share of a divided payment."""

    registration_id: UUID
    amount: Annotated[Decimal, Field(gt=0, max_digits=11, decimal_places=2)]


class Division(RequestModel):
    """A payment for several people; `accept_amount`: each share is enough."""

    shares: Annotated[list[Share], Field(min_length=2, max_length=50)]
    accept_amount: bool = False


class Settling(RequestModel):
    """What is done with money that counts for nothing: it was refunded, or is kept."""

    by: Literal["refund", "keep"]


class PaymentDecided(ResponseModel):
    """A payment's new state and its registration's, if it has one."""

    payment_id: UUID
    state: PaymentState
    registration_id: UUID | None
    registration_state: RegistrationState | None
