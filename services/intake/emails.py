"""Writes intake's mails, to coordinators and to staff: a first name, a link, sometimes a time.

What the case is about stays behind the link.
"""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import OfferState, ReferralState
from services.intake.models import Case, ContactFields, Coordinator, StaffMember
from services.intake.operations import daily_mail, notifying
from services.intake.queries import cases, referrals, register, retention
from shared import appointments, profiles
from shared.auth import NO_TENANT, Role
from shared.calendar import Calendar
from shared.context import Context
from shared.contracts.portal import TALLY
from shared.fields import salutation
from shared.languages import (
    LANGUAGES,
    STAFF_LANGUAGES,
    Language,
    deadline_in_words,
    language_of,
    period_in_words,
)
from shared.mail import Attachment, Mail
from shared.messages import Message, NoAddress, NotWanted

_ABOUT_OFFERS = frozenset({"offer-made", "offer-reminder"})
_DATE, _DATE_OFF = "conference-date", "conference-date-off"
# Only to a coordinator who has the case when they are sent.
_FOR_WHO_COORDINATES = frozenset({_DATE, "mail-not-delivered", "plan-adjust", "plan-not-accepted"})
# What is told of a referral, and in which states of it that is still so.
_OF_A_REFERRAL = {
    "referral-new": frozenset({ReferralState.RECEIVED}),
    "referral-received": frozenset({ReferralState.RECEIVED, ReferralState.ACCEPTED}),
    "own-referral-received": frozenset({ReferralState.RECEIVED, ReferralState.ACCEPTED}),
    "own-referral-declined": frozenset({ReferralState.DECLINED}),
}
# The text of a calendar entry, and where to find the rest.
_APPOINTMENT: dict[Language, tuple[str, str]] = {
    "nl": ("Bijeenkomst van een kring", "De plaats en wie komt, vind je in Kring."),
    "fr": ("Réunion d’un cercle", "Vous trouverez le lieu et qui vient dans Kring."),
    "en": ("Meeting of a circle", "You will find the place and who comes in Kring."),
}


async def write(session: AsyncSession, message: Message, context: Context) -> Mail:
    """Return the mail for a message. Raises: NotWanted if it is obsolete, or nobody is known by that id."""
    await _require_wanted(session, message)
    contact = await _contact(session, message, context)
    # Self-referrers may speak any of these languages.
    spoken = LANGUAGES if message.role == notifying.REFERRED else STAFF_LANGUAGES
    language = language_of(contact.language, spoken)
    calendar = await profiles.calendar(session, tenant=message.tenant)
    counts = await _counts(session, message, context) if message.kind == daily_mail.KIND else {}
    return Mail(
        address=contact.email,
        # The address in a self-referral is unconfirmed: a stranger's words must not be sent to it.
        name="" if message.role == notifying.REFERRED else salutation(contact.first_name),
        language=language,
        template=message.kind,
        values=_values(message, contact, language, calendar, context) | counts,
        attachments=_attachments(message, contact, language, calendar, context),
    )


def _attachments(
    message: Message, contact: ContactFields, language: Language, calendar: Calendar, context: Context
) -> tuple[Attachment, ...]:
    summary, note = _APPOINTMENT.get(language, _APPOINTMENT["en"])
    return appointments.attached(
        message,
        to=contact.email,
        organiser=context.settings.mail_address,
        calendar=calendar,
        summary=summary,
        note=note,
    )


async def _require_wanted(session: AsyncSession, message: Message) -> None:
    if message.kind in _FOR_WHO_COORDINATES and message.role == Role.COORDINATOR:
        case = await _case(session, message)
        if case is None or case.coordinator_id != message.recipient:
            raise NotWanted
    if message.kind == "no-coordinator-left":
        case = await _case(session, message)
        if case is None or case.coordinator_id is not None:
            raise NotWanted
    if message.kind in _OF_A_REFERRAL:
        referral_id = UUID(str(message.parameters["referral_id"]))
        referral = await referrals.referral(session, tenant=message.tenant, referral_id=referral_id)
        if referral is None or referral.state not in _OF_A_REFERRAL[message.kind]:
            raise NotWanted
    if message.kind not in _ABOUT_OFFERS:
        return
    offer = await cases.offer(
        session, tenant=message.tenant, offer_id=UUID(str(message.parameters["offer_id"]))
    )
    if offer is None or offer.state != OfferState.OPEN:
        raise NotWanted


async def _case(session: AsyncSession, message: Message) -> Case | None:
    if message.case_id is None:
        return None
    return await cases.case(session, tenant=message.tenant, case_id=message.case_id)


async def _contact(session: AsyncSession, message: Message, context: Context) -> ContactFields:
    if message.role == notifying.REFERRED:
        return await _referred(session, message, context)
    person = await register.mail_recipient(session, message_id=message.id) or await _known(session, message)
    if person is None:
        raise NotWanted
    return await context.vault.open(session, person)


async def _referred(session: AsyncSession, message: Message, context: Context) -> ContactFields:
    person = await referrals.person(session, tenant=message.tenant, person_id=message.recipient)
    if person is None:
        raise NotWanted
    fields = await context.vault.open(session, person)
    if fields.email is None:
        raise NoAddress
    return ContactFields(
        first_name=fields.first_name,
        last_name=fields.last_name,
        email=fields.email,
        language=fields.language,
    )


async def _counts(session: AsyncSession, message: Message, context: Context) -> dict[str, int]:
    """Return how much waits for the reader of the daily mail, now. Raises: NotWanted if nothing does.

    Raises: NotWanted also if the day of the mail is over, or they turned it off meanwhile; Operational.
    """
    tenant, person_id = message.tenant, message.recipient
    today = await profiles.today(session, tenant=tenant, now=await context.clock.now())
    if date.fromisoformat(str(message.parameters["day"])) != today:
        raise NotWanted
    if not await register.wants_daily_mail(session, tenant=tenant, person_id=person_id):
        raise NotWanted
    known = await register.known_as(session, tenant=tenant, person_id=person_id)
    roles = {role for row in known for role in _roles(row)}
    organisation = next((row.organisation_id for row in known if isinstance(row, StaffMember)), NO_TENANT)
    tally = await context.services.read(
        TALLY, tenant=tenant, staff_id=person_id, organisation_id=organisation, roles=",".join(sorted(roles))
    )
    if tally.waiting == 0:
        raise NotWanted
    return {"waiting": tally.waiting, "late": tally.late}


def _roles(row: StaffMember | Coordinator) -> list[str]:
    return row.roles if isinstance(row, StaffMember) else [Role.COORDINATOR]


async def _known(session: AsyncSession, message: Message) -> Coordinator | StaffMember | None:
    if message.kind == daily_mail.KIND:
        known = await register.known_as(session, tenant=message.tenant, person_id=message.recipient)
        return next(iter(known), None)
    return (
        await register.coordinator(session, tenant=message.tenant, coordinator_id=message.recipient)
        if message.role == Role.COORDINATOR
        else await register.staff_member(
            session,
            tenant=message.tenant,
            organisation_id=await _organisation(session, message),
            staff_id=message.recipient,
        )
    )


async def _organisation(session: AsyncSession, message: Message) -> UUID:
    """Return the organisation in whose name a person is mailed: a referrer, for the one that they referred for."""
    if "organisation_id" in message.parameters:
        return UUID(str(message.parameters["organisation_id"]))
    if message.role != Role.REFERRER or message.case_id is None:
        return message.tenant
    referral = await retention.referral_of_file(session, tenant=message.tenant, case_id=message.case_id)
    if referral is None or referral.referring_organisation is None:
        raise NotWanted
    return referral.referring_organisation


def _values(
    message: Message, contact: ContactFields, language: Language, calendar: Calendar, context: Context
) -> dict[str, Any]:
    base = context.settings.public_url.rstrip("/")
    values: dict[str, Any] = {
        "first_name": salutation(contact.first_name),
        "role": message.role,
        **message.parameters,
        "moved": bool(message.parameters.get("moved")),
    }
    if "referral_id" in message.parameters:
        values["link"] = f"{base}/referrals/{message.parameters['referral_id']}"
    elif "break_glass_id" in message.parameters:
        values["link"] = f"{base}/break-glass/{message.parameters['break_glass_id']}"
    elif message.kind in _ABOUT_OFFERS:
        values["link"] = f"{base}/offers/{message.parameters['offer_id']}"
    elif message.kind == daily_mail.KIND:
        values |= {"link": f"{base}/today", "off": f"{base}/daily-mail"}
    elif message.kind == "plan-shared":
        values["link"] = f"{base}/cases/{message.case_id}/acceptance"
    elif message.case_id is not None:
        # A former coordinator must read nothing of the case.
        values["link"] = f"{base}/cases" + ("" if message.kind == _DATE_OFF else f"/{message.case_id}")
    if appointments.is_with(message):
        starts_at, ends_at = (
            datetime.fromisoformat(str(each)) for each in appointments.times(message.parameters)
        )
        values["when"] = period_in_words(starts_at, ends_at, language, calendar)
    if "expires_at" in message.parameters:
        values["until"] = deadline_in_words(
            datetime.fromisoformat(str(message.parameters["expires_at"])), language, calendar
        )
    return values
