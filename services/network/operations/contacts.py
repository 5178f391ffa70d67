"""Noting that the coordinator was in touch with somebody, and what people agree to."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import (
    Channel,
    ContactPurpose,
    DateInFuture,
    NotInCircle,
    PersonState,
    Purpose,
    Via,
)
from services.network.models import Consent, Contact, Person
from services.network.operations import invitations
from shared import outbox
from shared.calendar import BRUSSELS
from shared.events import network
from shared.events.base import EventData
from shared.ids import uuid7


async def note_contact(
    session: AsyncSession,
    *,
    person: Person,
    channel: Channel,
    purpose: ContactPurpose,
    on: date | None,
    made_by: UUID,
    now: datetime,
) -> UUID:
    """Note a contact; return its id. Raises: DateInFuture, NotInCircle."""
    today = now.astimezone(BRUSSELS).date()
    if on is not None and on > today:
        raise DateInFuture
    if person.state not in (PersonState.ACTIVE, PersonState.PROPOSED):
        raise NotInCircle(person_id=str(person.id))
    contact = Contact(
        id=uuid7(),
        tenant=person.tenant,
        case_id=person.case_id,
        person_id=person.id,
        channel=channel,
        purpose=purpose,
        on_date=on or today,
        made_by=made_by,
        created_at=now,
    )
    session.add(contact)
    await session.flush()
    fact = network.ContactMade(case_id=person.case_id, person_id=person.id, channel=channel, purpose=purpose)
    await outbox.publish(
        session, fact, stream=person.case_id, tenant=person.tenant, case=person.case_id, now=now
    )
    return contact.id


async def record_consent(
    session: AsyncSession,
    *,
    person: Person,
    purpose: Purpose,
    given: bool,
    version: int,
    via: Via,
    now: datetime,
) -> Consent:
    """Add what a person (locked) says about a purpose to its history; the same again adds nothing.

    A no takes effect at once: to taking part it is a no to the invitation too, and after a no to mail none is written,
    also none that was decided on before. The case is held by the caller.
    """
    last = await queries.last_consent(session, tenant=person.tenant, person_id=person.id, purpose=purpose)
    if last is not None and (last.given, last.version) == (given, version):
        return last
    consent = Consent(
        id=uuid7(),
        tenant=person.tenant,
        case_id=person.case_id,
        person_id=person.id,
        purpose=purpose,
        version=version,
        given=given,
        via=via,
        created_at=now,
    )
    session.add(consent)
    await session.flush()
    if purpose == Purpose.TAKING_PART and not given:
        await invitations.decline(session, person=person, via=via, now=now)
    fact: EventData | None = None
    if given:
        fact = network.ConsentGiven(
            case_id=person.case_id, person_id=person.id, purpose=purpose, version=version
        )
    elif last is not None and last.given:
        fact = network.ConsentWithdrawn(case_id=person.case_id, person_id=person.id, purpose=purpose)
    if fact is not None:
        await outbox.publish(
            session, fact, stream=person.case_id, tenant=person.tenant, case=person.case_id, now=now
        )
    return consent
