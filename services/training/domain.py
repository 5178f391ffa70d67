"""Pure rules of registrations and payments: states, the effect of a payment on a registration, and the errors."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from shared.deadlines import clock_kind
from shared.errors import Conflict, Gone, Invalid, NotFound

SERVICE = "training"
# The clock from a payment request until the place is given away.
PAYMENT_CLOCK = clock_kind("payment", turn="never")
# The clock of a file that must be booked: due at once.
STATEMENT_CLOCK = clock_kind("statement", turn="never")
SETTLING_CLOCK = "payments-to-settle"
MAX_SESSION = timedelta(days=31)
# The most registrations that one payment can be for.
MAX_SUGGESTIONS = 20
# How long money can still come for a session that is over.
KEEP_AT_LEAST_DAYS = 90
# How long a registration can be confirmed from its address; unconfirmed ones are deleted afterwards.
CONFIRM_WITHIN = timedelta(days=3)
MAX_AHEAD = timedelta(days=5 * 366)
_LAST_COMMUNICATION = 10**10
_MODULUS = 97


class Registering(StrEnum):
    """Where people register for a course."""

    HERE = "here"
    ELSEWHERE = "elsewhere"


class RegistrationState(StrEnum):
    """The state of a registration."""

    # Not confirmed from its address yet: it holds no place.
    REQUESTED = "requested"
    AWAITING_PAYMENT = "awaiting-payment"
    WAITLISTED = "waitlisted"
    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


# These hold one of the session's places.
SEATED = (RegistrationState.AWAITING_PAYMENT, RegistrationState.CONFIRMED)
# These can still change by themselves.
LIVE = (*SEATED, RegistrationState.WAITLISTED)
# These wait for money or for a place.
UNDECIDED = (RegistrationState.AWAITING_PAYMENT, RegistrationState.WAITLISTED)


class PaymentKind(StrEnum):
    """Money that came in, or that the bank took back."""

    CREDIT = "credit"
    REVERSAL = "reversal"


class PaymentState(StrEnum):
    """The state of a payment; each but the first waits for more money or for a person."""

    MATCHED = "matched"
    SUGGESTED = "suggested"
    UNMATCHED = "unmatched"
    # It belongs to a registration, but is too little, too much, a second time, ...
    UNDERPAID = "underpaid"
    OVERPAID = "overpaid"
    PAID_TWICE = "paid-twice"
    # ... after the registration had expired or was cancelled, ...
    LATE = "late"
    # ... or while it was still on the waiting list.
    EARLY = "early"
    # The bank took all of it back, or a person refunded it, ...
    REVERSED = "reversed"
    REFUNDED = "refunded"
    # ... or keeps it although it counts for nothing, or divided it into payments for several registrations.
    KEPT = "kept"
    DIVIDED = "divided"


# The money of these is available for the registration that they belong to.
COUNTED = (
    PaymentState.MATCHED,
    PaymentState.UNDERPAID,
    PaymentState.OVERPAID,
    PaymentState.EARLY,
)
# It has had no effect so far.
SPARE = (PaymentState.PAID_TWICE, PaymentState.LATE)
# What came for a registration and was not refunded.
RECEIVED = (*COUNTED, *SPARE)
# A person may still assign these.
UNCLEAR = (PaymentState.SUGGESTED, PaymentState.UNMATCHED)
# More money does not resolve these: a person must.
FOR_A_PERSON = (*UNCLEAR, *SPARE, PaymentState.OVERPAID)
OPEN_TO_MATCHING = (*UNCLEAR, *RECEIVED)
# A person may refund or keep these; of one that is too much, the excess.
OPEN_TO_SETTLING = (
    *UNCLEAR,
    *SPARE,
    PaymentState.UNDERPAID,
    PaymentState.EARLY,
    PaymentState.OVERPAID,
)


class Vat(StrEnum):
    """How a price relates to value added tax: the organisation's accountant decides."""

    EXEMPT = "exempt-art44"
    SMALL_ENTERPRISE = "small-enterprise"
    STANDARD = "standard-21"


class QrCommunication(StrEnum):
    """The line of the QR code with the communication: banking apps differ in which they understand."""

    TEXT = "text"
    STRUCTURED = "structured"


class CourseNotFound(NotFound):
    """The organisation has no such course."""

    code = "course-not-found"
    title = "There is no such course"


class SessionNotFound(NotFound):
    """The organisation has no such session."""

    code = "session-not-found"
    title = "There is no such session"


class SessionOver(Conflict):
    """The session was cancelled, or has begun: nothing of it changes any more."""

    code = "session-over"
    title = "The session was cancelled, or has begun"


class RegistrationNotFound(NotFound):
    """The organisation has no such registration."""

    code = "registration-not-found"
    title = "There is no such registration"


class PaymentNotFound(NotFound):
    """The organisation has no such payment."""

    code = "payment-not-found"
    title = "There is no such payment"


class SessionTimesNotRight(Invalid):
    """A session starts in the future and ends after it starts."""

    code = "session-times-not-right"
    title = "A session starts in the future, within five years, and ends after it starts, within a month"


class RegisteredElsewhere(Conflict):
    """Registrations for this course are taken elsewhere."""

    code = "registration-elsewhere"
    title = "Registration for this course is done elsewhere: follow the link in facts.url"


class RegistrationClosed(Conflict):
    """The session has begun, or was cancelled."""

    code = "registration-closed"
    title = "The session has begun or was cancelled: registration is closed"


class AlreadyRegistered(Conflict):
    """The same person is already registered for this session."""

    code = "already-registered"
    title = "This person is already registered for this session"


class RegistrationOver(Conflict):
    """The registration was cancelled or expired."""

    code = "registration-over"
    title = "This registration was cancelled or has expired"


class RegistrationGoesOn(Conflict):
    """Only a registration that is over can be erased."""

    code = "registration-goes-on"
    title = "Cancel the registration first, or wait until its session is over: an active one cannot be erased"


class RegistrationRequestOver(Gone):
    """The registration was not confirmed in time."""

    code = "registration-request-over"
    title = "This was not confirmed in time: please register again"


class RegistrationErased(Gone):
    """The participant's data was erased; amounts and dates stay."""

    code = "registration-erased"
    title = "This registration was erased"


class NoErasure(NotFound):
    """No erasure of this registration was requested."""

    code = "erasure-not-found"
    title = "The erasure of this registration was not asked for"


class NothingToPay(Conflict):
    """There is nothing to pay for this registration now."""

    code = "nothing-to-pay"
    title = "There is nothing to pay for this registration now"


class NoPlaceLeft(Conflict):
    """Every place of the session is taken."""

    code = "no-place-left"
    title = "Every place of this session is taken; refund the money or cancel another registration first"


class PaymentSettled(Conflict):
    """The payment already belongs to a registration, or was taken back."""

    code = "payment-settled"
    title = "This payment needs no decision any more"


class NoSuchMoney(Conflict):
    """The registration has no payment of this amount that could be taken back."""

    code = "no-payment-to-reverse"
    title = "This registration has no payment of this amount"


class StatementNotFound(NotFound):
    """The organisation has no such statement."""

    code = "statement-not-found"
    title = "There is no such statement"


class SharesNotRight(Invalid):
    """The shares of a divided payment must be for different registrations, and add up to the whole."""

    code = "shares-not-right"
    title = "The shares must be for different registrations and add up to what is left of the payment"


def check_times(*, starts_at: datetime, ends_at: datetime, now: datetime) -> None:
    """Check that a session could be held then. Raises: SessionTimesNotRight."""
    if not (now < starts_at <= now + MAX_AHEAD and starts_at < ends_at <= starts_at + MAX_SESSION):
        raise SessionTimesNotRight


def communication_of(number: int) -> str:
    """Return the twelve digits of the structured communication with this number (OGM: ten digits and mod 97)."""
    if not 0 < number < _LAST_COMMUNICATION:
        raise ValueError("a communication has a number of at most ten digits")
    return f"{number:010d}{number % _MODULUS or _MODULUS:02d}"


def is_communication(digits: str) -> bool:
    """Tell whether twelve digits are a valid structured communication."""
    if len(digits) != 12 or not (digits.isascii() and digits.isdigit()):
        return False
    number = int(digits[:10])
    return number > 0 and digits == communication_of(number)


def written_communication(digits: str) -> str:
    """Return a structured communication in its usual written form."""
    return f"+++{digits[:3]}/{digits[3:7]}/{digits[7:]}+++"


@dataclass(frozen=True)
class Effect:
    """The effect of a payment: its new state, and whether it completes the registration."""

    state: PaymentState
    settles: bool = False


def effect_of_payment(
    *,
    state: RegistrationState,
    price: Decimal,
    paid_before: Decimal,
    amount: Decimal,
    accept: bool = False,
) -> Effect:
    """Return the effect of money for a registration; `accept`: a person accepts the amount."""
    if state in (RegistrationState.CANCELLED, RegistrationState.EXPIRED):
        return Effect(PaymentState.LATE)
    if state is RegistrationState.CONFIRMED:
        return Effect(PaymentState.PAID_TWICE)
    if state is RegistrationState.WAITLISTED:
        return Effect(PaymentState.EARLY)
    total = paid_before + amount
    if total < price and not accept:
        return Effect(PaymentState.UNDERPAID)
    return Effect(
        PaymentState.OVERPAID if total > price and not accept else PaymentState.MATCHED,
        settles=True,
    )


def registration_workflow_id(registration_id: UUID) -> str:
    """Return the id of the workflow of a registration, whenever it awaits its payment."""
    return f"registration/{registration_id}"


def statement_workflow_id(statement_id: UUID) -> str:
    """Return the id of the workflow that books a file."""
    return f"statement/{statement_id}"
