"""By which calendar each organisation works: said once, when it is entered at intake, and followed by every service."""

from datetime import date, datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.calendar import BELGIUM, Calendar
from shared.context import Context
from shared.events.base import Received
from shared.events.intake import OrganisationEntered
from shared.tables import tenant_calendar as table

# By database. A calendar never changes, so what was read once stays true.
_known: WeakKeyDictionary[Engine | Connection, dict[UUID, Calendar]] = WeakKeyDictionary()


async def of(session: AsyncSession, *, tenant: UUID) -> Calendar:
    """Return an organisation's calendar; Belgium's while this service knows none."""
    known = _known.setdefault(session.get_bind(), {})
    if tenant not in known:
        query = select(table.c.country, table.c.subdivision, table.c.time_zone).where(
            table.c.tenant == tenant
        )
        row = (await session.execute(query)).one_or_none()
        if row is None:
            return BELGIUM
        known[tenant] = Calendar(*row)
    return known[tenant]


async def today(session: AsyncSession, *, tenant: UUID, now: datetime) -> date:
    """Return which day it is for an organisation."""
    return (await of(session, tenant=tenant)).day_of(now)


async def note(session: AsyncSession, fact: OrganisationEntered) -> None:
    """Note the calendar of an organisation that was entered."""
    values = {"tenant": fact.organisation_id, **fact.model_dump(exclude={"organisation_id"})}
    await session.execute(insert(table).values(values).on_conflict_do_nothing())


async def follow(session: AsyncSession, event: Received[Any], _context: Context) -> None:
    """Handle that an organisation was entered."""
    await note(session, event.data)
