"""Recording the coordinator's contacts with people."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network.domain import BELONGING, Channel, ContactPurpose, DateInFuture, NotInCircle
from services.network.models import Contact, Person
from services.network.operations import coordinating
from shared import outbox, profiles
from shared.events import network
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
    """Record a contact; return its id. Raises: DateInFuture, NotInCircle."""
    today = await profiles.today(session, tenant=person.tenant, now=now)
    if on is not None and on > today:
        raise DateInFuture
    if person.state not in BELONGING:
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
    await coordinating.reached(session, person_id=person.id, now=now)
    fact = network.ContactMade(case_id=person.case_id, person_id=person.id, channel=channel, purpose=purpose)
    await outbox.publish(
        session, fact, stream=person.case_id, tenant=person.tenant, case=person.case_id, now=now
    )
    return contact.id
