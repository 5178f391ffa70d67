"""The contents of training's mails: looked up when a mail is sent, so that they are current, or it is cancelled."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from stdnum import iban as iban_rules

from services.training import epc, queries
from services.training.domain import LIVE, RECEIVED, QrCommunication, RegistrationState, written_communication
from services.training.models import CourseRow, Participant, RegistrationRow, SessionRow
from services.training.operations import requests
from services.training.settings import policies
from shared import profiles
from shared.calendar import Appointment, Calendar, calendar_invitation
from shared.context import Context
from shared.fields import salutation
from shared.languages import Language, day_in_words, language_of, period_in_words
from shared.mail import Attachment, Mail
from shared.messages import Message, NotWanted
from shared.tables import message as table

QR_FILE = "betaling.png"
# Goes to an unconfirmed address: it must contain nothing that a stranger could have written.
_REQUESTED = "registration-requested"
# A mail is sent only while the registration is in one of these states.
_SENT_WHILE: dict[str, Sequence[RegistrationState]] = {
    _REQUESTED: (RegistrationState.REQUESTED,),
    "payment-request": (RegistrationState.AWAITING_PAYMENT,),
    "payment-reminder": (RegistrationState.AWAITING_PAYMENT,),
    "payment-incomplete": (RegistrationState.AWAITING_PAYMENT,),
    "payment-reversed": (RegistrationState.AWAITING_PAYMENT,),
    "place-free": (RegistrationState.AWAITING_PAYMENT,),
    "waitlisted": (RegistrationState.WAITLISTED,),
    "registration-confirmed": (RegistrationState.CONFIRMED,),
    "registration-expired": (RegistrationState.EXPIRED,),
    "registration-cancelled": (RegistrationState.CANCELLED,),
    "session-changed": LIVE,
    "session-cancelled": (RegistrationState.CANCELLED,),
}
_WITH_PAYMENT = (
    "payment-request",
    "payment-reminder",
    "payment-incomplete",
    "payment-reversed",
    "place-free",
)


# Adds the session to a calendar; the second kind moves it there, the others remove it.
_INTO_CALENDAR, _MOVED = "registration-confirmed", "session-changed"
_OF_CALENDAR = (_INTO_CALENDAR, _MOVED, "registration-cancelled", "registration-expired", "session-cancelled")


@dataclass(frozen=True)
class _About:
    registration: RegistrationRow
    participant: Participant
    session: SessionRow
    course: CourseRow


_EUROS: dict[Language, str] = {"fr": "€", "ar": "يورو", "tr": "avro", "uk": "євро"}


def amount_in_words(amount: Decimal, language: Language) -> str:
    """Return euros as people write them."""
    written = f"{amount:.2f}"
    if language == "en":
        return f"€{written}"
    return f"{written.replace('.', ',')} {_EUROS.get(language, 'euro')}"


def _paid(amount: Decimal, language: Language) -> str:
    return amount_in_words(amount, language) if amount else ""


async def write(session: AsyncSession, message: Message, context: Context) -> Mail:
    """Write a mail to a participant. Raises: NotWanted if the registration has changed state since."""
    row = await queries.registration(session, tenant=message.tenant, registration_id=message.recipient)
    if row.erased_at is not None or row.state not in _SENT_WHILE[message.kind]:
        raise NotWanted
    held, course = await queries.session_and_course(session, tenant=message.tenant, session_id=row.session_id)
    participant = await context.vault.open(session, row)
    about = _About(row, participant, held, course)
    calendar = await profiles.calendar(session, tenant=row.tenant)
    token = await requests.token_of(session, context.vault, row)
    link = f"{context.settings.public_url.rstrip('/')}/r/{token}"
    values = {**_values(about, calendar), "link": link}
    if message.kind == _REQUESTED:
        values |= {"first_name": ""}
    attachments: tuple[Attachment, ...] = ()
    if message.kind in _WITH_PAYMENT:
        asked, picture = await _payment(session, about)
        values, attachments = values | asked, (picture,)
    elif message.kind == "registration-expired":
        came = await queries.paid(session, registration_ids=[row.id], states=RECEIVED)
        values |= {"paid": _paid(came.get(row.id, Decimal(0)), language_of(row.language))}
    if message.kind in _OF_CALENDAR:
        earlier = await _calendar_emails(session, message)
        # Nothing needs to be removed if no calendar has it.
        values |= {"in_calendar": _INTO_CALENDAR in earlier}
        if message.kind == _INTO_CALENDAR or values["in_calendar"]:
            attachments = (_calendar_entry(about, calendar, message, context, revision=len(earlier)),)
    return Mail(
        address=participant.email,
        name="" if message.kind == _REQUESTED else salutation(participant.name),
        language=language_of(row.language),
        template=message.kind,
        values=values,
        attachments=attachments,
    )


def _values(about: _About, calendar: Calendar) -> dict[str, Any]:
    held = about.session
    return {
        "first_name": salutation(about.participant.first_name),
        "course": about.course.title,
        "place": held.place,
        "when": period_in_words(
            held.starts_at, held.ends_at, language_of(about.registration.language), calendar
        ),
    }


async def _payment(session: AsyncSession, about: _About) -> tuple[dict[str, Any], Attachment]:
    row, held = about.registration, about.session
    asked = (await queries.payment_requests(session, of=[(row, held)])).get(row.id)
    if asked is None:
        raise NotWanted
    policy = await policies.in_force(session, tenant=row.tenant, at=row.created_at)
    language = language_of(row.language)
    values = {
        "amount": amount_in_words(asked.amount, language),
        "paid": _paid(asked.paid, language),
        "account_name": asked.account_name,
        "iban": iban_rules.format(asked.account_iban),
        "communication": written_communication(asked.communication),
        "due_day": day_in_words(asked.last_day, language, policy.calendar),
        "qr": QR_FILE,
    }
    return values, Attachment(
        QR_FILE, qr_code(asked, policy.settings.qr_communication), "image", "png", inline=True
    )


def qr_code(asked: queries.PaymentRequest, line: QrCommunication) -> bytes:
    """Return the picture with which a banking app fills in the transfer."""
    content = epc.payload(
        name=asked.account_name,
        iban=asked.account_iban,
        amount=asked.amount,
        communication=asked.communication,
        line=line,
    )
    return epc.picture(content)


async def _calendar_emails(session: AsyncSession, message: Message) -> Sequence[str]:
    """Return the kinds of earlier mails to the same person that may have contained a calendar entry."""
    earlier = select(table.c.kind).where(
        table.c.recipient == message.recipient,
        table.c.kind.in_(_OF_CALENDAR),
        table.c.state != "cancelled",
        table.c.id < message.id,
    )
    return (await session.scalars(earlier)).all()


def _calendar_entry(
    about: _About, calendar: Calendar, message: Message, context: Context, *, revision: int
) -> Attachment:
    held = about.session
    method: Literal["REQUEST", "CANCEL"] = "REQUEST" if message.kind in (_INTO_CALENDAR, _MOVED) else "CANCEL"
    content = calendar_invitation(
        Appointment(
            uid=f"{about.registration.id}@{context.settings.mail_domain}",
            sequence=revision,
            starts_at=held.starts_at,
            ends_at=held.ends_at,
            calendar=calendar,
            summary=about.course.title,
            stamped_at=message.queued_at,
            organiser_address=context.settings.mail_address,
            attendee_address=about.participant.email,
            place=held.place,
        ),
        method=method,
    )
    return Attachment(
        "training.ics", content, "text", "calendar", parameters={"method": method, "charset": "utf-8"}
    )
