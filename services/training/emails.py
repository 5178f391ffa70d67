"""What training's mails say: looked up when a mail is sent, so that it holds what is true then, or is called off."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from email.utils import parseaddr
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession
from stdnum import iban as iban_rules

from services.training import epc, queries
from services.training.domain import QrCommunication, RegistrationState, written_communication
from services.training.models import CourseRow, Participant, RegistrationRow, SessionRow
from services.training.settings import policies
from shared.calendar import BRUSSELS, Appointment, calendar_invitation
from shared.context import Context
from shared.mail import Attachment, Mail
from shared.messages import Message, NotWanted
from shared.vault import Erased

QR_FILE = "betaling.png"
# A mail is sent only while the registration is still as it says.
_SENT_WHILE = {
    "payment-request": RegistrationState.AWAITING_PAYMENT,
    "payment-reminder": RegistrationState.AWAITING_PAYMENT,
    "payment-reversed": RegistrationState.AWAITING_PAYMENT,
    "place-free": RegistrationState.AWAITING_PAYMENT,
    "waitlisted": RegistrationState.WAITLISTED,
    "registration-confirmed": RegistrationState.CONFIRMED,
    "registration-expired": RegistrationState.EXPIRED,
    "registration-cancelled": RegistrationState.CANCELLED,
}
_WITH_PAYMENT = ("payment-request", "payment-reminder", "payment-reversed", "place-free")
_DAYS = {
    "nl": ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag", "zaterdag", "zondag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
}
_MONTHS = {
    "nl": [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
    "fr": [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
    "en": [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
}


@dataclass(frozen=True)
class _About:
    registration: RegistrationRow
    participant: Participant
    session: SessionRow
    course: CourseRow


def day_in_words(day: date, language: str) -> str:
    """Return a day (of a moment: its day in Brussels) as people say it."""
    day = day.astimezone(BRUSSELS) if isinstance(day, datetime) else day
    return f"{_DAYS[language][day.weekday()]} {day.day} {_MONTHS[language][day.month - 1]} {day.year}"


def amount_in_words(amount: Decimal, language: str) -> str:
    """Return euros as people write them."""
    written = f"{amount:.2f}"
    if language == "en":
        return f"€{written}"
    return f"{written} {'€' if language == 'fr' else 'euro'}".replace(".", ",")


def time_in_words(moment: datetime, language: str) -> str:
    """Return a moment's time of day in Brussels as people write it."""
    return f"{moment.astimezone(BRUSSELS):{'%-Hh%M' if language == 'fr' else '%H:%M'}}"


async def write(session: AsyncSession, message: Message, context: Context) -> Mail:
    """Write a mail to a participant. Raises: NotWanted if the registration is no longer as the mail says."""
    row = await queries.registration(session, tenant=message.tenant, registration_id=message.recipient)
    if row.erased_at is not None or row.state != _SENT_WHILE[message.kind]:
        raise NotWanted
    held, course = await queries.session_and_course(session, tenant=message.tenant, session_id=row.session_id)
    try:
        participant = await context.vault.open(session, row)
    except Erased:
        raise NotWanted from None
    about = _About(row, participant, held, course)
    values = _values(about)
    attachments: tuple[Attachment, ...] = ()
    if message.kind in _WITH_PAYMENT:
        asked, picture = await _payment(session, about)
        values, attachments = values | asked, (picture,)
    elif message.kind == "registration-confirmed":
        attachments = (_invitation(about, message, context),)
    return Mail(
        address=participant.email,
        name=participant.name,
        language=row.language,
        template=message.kind,
        values=values,
        attachments=attachments,
    )


def _values(about: _About) -> dict[str, Any]:
    held, language = about.session, about.registration.language
    starts, ends = held.starts_at.astimezone(BRUSSELS), held.ends_at.astimezone(BRUSSELS)
    return {
        "first_name": about.participant.first_name,
        "course": about.course.title,
        "place": held.place,
        "day": day_in_words(held.starts_at, language),
        "starts": time_in_words(starts, language),
        # Of a course of several days the hour of the last day says nothing about the first.
        "ends": time_in_words(ends, language) if starts.date() == ends.date() else None,
        "last_day": day_in_words(held.ends_at, language),
    }


async def _payment(session: AsyncSession, about: _About) -> tuple[dict[str, Any], Attachment]:
    row, held = about.registration, about.session
    asked = (await queries.payment_requests(session, of=[(row, held)])).get(row.id)
    if asked is None:
        raise NotWanted
    policy = await policies.in_force(session, tenant=row.tenant, at=row.created_at)
    values = {
        "amount": amount_in_words(asked.amount, row.language),
        "account_name": asked.account_name,
        "iban": iban_rules.format(asked.account_iban),
        "communication": written_communication(asked.communication),
        "due_day": day_in_words(asked.last_day, row.language),
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


def _invitation(about: _About, message: Message, context: Context) -> Attachment:
    held = about.session
    content = calendar_invitation(
        Appointment(
            uid=f"{about.registration.id}@{context.settings.mail_domain}",
            sequence=0,
            starts_at=held.starts_at,
            ends_at=held.ends_at,
            summary=about.course.title,
            stamped_at=message.queued_at,
            organiser_address=parseaddr(context.settings.mail_from)[1],
            attendee_address=about.participant.email,
            place=held.place,
        )
    )
    return Attachment(
        "training.ics", content, "text", "calendar", parameters={"method": "REQUEST", "charset": "utf-8"}
    )
