"""The daily mail: on the morning of a working day, once to each colleague and coordinator, how much waits for them.

The counts are made when the mail is written (services.intake.emails); if nothing waits, none is sent.
"""

from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import SERVICE
from services.intake.domain.errors import TenantUnknown
from services.intake.models import DailyMail
from services.intake.models.register import key_subject
from services.intake.queries import register
from shared import messages, profiles
from shared.housekeeping import Sweep

KIND = "daily-mail"
_FROM, _UNTIL = time(7), time(12)


async def waiting(session: AsyncSession, *, tenant: UUID, now: datetime, most: int) -> Sequence[UUID]:
    """Return some of those whose mail of today is undecided, on the morning of a working day."""
    calendar = await profiles.calendar(session, tenant=tenant)
    if not calendar.is_working_day(now) or not _FROM <= calendar.local(now).time() < _UNTIL:
        return []
    return await register.without_daily_mail(session, tenant=tenant, day=calendar.day_of(now), most=most)


async def decide(session: AsyncSession, *, tenant: UUID, item: UUID, now: datetime) -> None:
    """Decide on a person's mail of today: once, even if others decide on it at the same time."""
    day = await profiles.today(session, tenant=tenant, now=now)
    if not await _note(session, tenant=tenant, person_id=item, day=day):
        return
    await messages.queue(
        session,
        service=SERVICE,
        kind=KIND,
        recipient=item,
        role="staff",
        tenant=tenant,
        stream=key_subject(tenant, item),
        now=now,
        parameters={"day": day.isoformat()},
    )


async def _note(session: AsyncSession, *, tenant: UUID, person_id: UUID, day: date) -> bool:
    """Record the day whose mail is decided on; False if it already was, or no mail is wanted."""
    first = insert(DailyMail).values(tenant=tenant, person_id=person_id, wanted=True, decided_on=day)
    noted = first.on_conflict_do_update(
        index_elements=[DailyMail.tenant, DailyMail.person_id],
        set_={"decided_on": day},
        where=DailyMail.wanted & (DailyMail.decided_on.is_distinct_from(day)),
    ).returning(DailyMail.person_id)
    return (await session.execute(noted)).first() is not None


async def set_wanted(session: AsyncSession, *, tenant: UUID, person_id: UUID, wanted: bool) -> None:
    """Record whether a person wants the daily mail; turning it on again gives no second one today.

    Raises: TenantUnknown if there is no such organisation: nothing is stored for it.
    """
    if await register.organisation(session, organisation_id=tenant) is None:
        raise TenantUnknown
    given = insert(DailyMail).values(tenant=tenant, person_id=person_id, wanted=wanted)
    await session.execute(
        given.on_conflict_do_update(
            index_elements=[DailyMail.tenant, DailyMail.person_id], set_={"wanted": wanted}
        )
    )


async def forget(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> None:
    """Delete the daily mail settings of a person who left."""
    await session.execute(
        delete(DailyMail).where(DailyMail.tenant == tenant, DailyMail.person_id == person_id)
    )


sweep = Sweep(find=waiting, attend=decide)
