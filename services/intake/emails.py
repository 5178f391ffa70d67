"""Writes intake's mails, to coordinators and to staff: a first name, a link, sometimes a moment.

What the case is about stays behind the link.
"""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import OfferState
from services.intake.models import ContactFields, Coordinator, StaffMember
from services.intake.operations import notifying
from services.intake.queries import cases, referrals, register, retention
from shared import profiles
from shared.auth import Role
from shared.calendar import Calendar
from shared.context import Context
from shared.fields import salutation
from shared.languages import Language, deadline_in_words, language_of
from shared.mail import Mail
from shared.messages import Message, NoAddress, NotWanted

_ABOUT_OFFERS = frozenset({"offer-made", "offer-reminder"})


async def write(session: AsyncSession, message: Message, context: Context) -> Mail:
    """Return the mail that a message asks for. Raises: NotWanted if it was overtaken, or nobody is known by that id."""
    await _require_wanted(session, message)
    contact = await _contact(session, message, context)
    language = language_of(contact.language)
    calendar = await profiles.calendar(session, tenant=message.tenant)
    return Mail(
        address=contact.email,
        # Nobody has confirmed the address of who referred themselves: a stranger's words do not go there.
        name="" if message.role == notifying.REFERRED else salutation(contact.first_name),
        language=language,
        template=message.kind,
        values=_values(message, contact, language, calendar, context),
    )


async def _require_wanted(session: AsyncSession, message: Message) -> None:
    if message.kind not in _ABOUT_OFFERS:
        return
    offer = await cases.offer(
        session, tenant=message.tenant, offer_id=UUID(str(message.parameters["offer_id"]))
    )
    if offer is None or offer.state != OfferState.OPEN:
        raise NotWanted


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


async def _known(session: AsyncSession, message: Message) -> Coordinator | StaffMember | None:
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
    """Return for which organisation somebody is written to: who referred, for the one that they referred for."""
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
    }
    if "referral_id" in message.parameters:
        values["link"] = f"{base}/referrals/{message.parameters['referral_id']}"
    elif "break_glass_id" in message.parameters:
        values["link"] = f"{base}/break-glass/{message.parameters['break_glass_id']}"
    elif message.kind in _ABOUT_OFFERS:
        values["link"] = f"{base}/offers/{message.parameters['offer_id']}"
    elif message.case_id is not None:
        values["link"] = f"{base}/cases/{message.case_id}"
    if "expires_at" in message.parameters:
        values["until"] = deadline_in_words(
            datetime.fromisoformat(str(message.parameters["expires_at"])), language, calendar
        )
    return values
