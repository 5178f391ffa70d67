"""What an organisation says of itself once, when it is entered at intake: its name and mailbox, and its calendar.

Every service follows it.
"""

from dataclasses import dataclass
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
from shared.tables import tenant_profile as table


@dataclass(frozen=True)
class Profile:
    """An organisation as people meet it. `reply_to`: where answers to its mails go, None if it named no mailbox."""

    name: str
    reply_to: str | None
    calendar: Calendar


# Whose profile this service does not know (yet).
UNKNOWN = Profile("Kring", None, BELGIUM)
# By database. A profile never changes, so what was read once stays true.
_known: WeakKeyDictionary[Engine | Connection, dict[UUID, Profile]] = WeakKeyDictionary()


async def profile(session: AsyncSession, *, tenant: UUID) -> Profile:
    """Return an organisation's profile; one with Belgium's calendar while this service knows none."""
    known = _known.setdefault(session.get_bind(), {})
    if tenant not in known:
        columns = table.c
        query = select(
            columns.name, columns.reply_to, columns.country, columns.subdivision, columns.time_zone
        ).where(columns.tenant == tenant)
        row = (await session.execute(query)).one_or_none()
        if row is None:
            return UNKNOWN
        name, reply_to, *calendar = row
        known[tenant] = Profile(name, reply_to, Calendar(*calendar))
    return known[tenant]


async def of(session: AsyncSession, *, tenant: UUID) -> Calendar:
    """Return an organisation's calendar; Belgium's while this service knows none."""
    return (await profile(session, tenant=tenant)).calendar


async def today(session: AsyncSession, *, tenant: UUID, now: datetime) -> date:
    """Return which day it is for an organisation."""
    return (await of(session, tenant=tenant)).day_of(now)


async def note(session: AsyncSession, fact: OrganisationEntered) -> None:
    """Note the profile of an organisation that was entered."""
    values = {"tenant": fact.organisation_id, **fact.model_dump(exclude={"organisation_id"})}
    await session.execute(insert(table).values(values).on_conflict_do_nothing())


async def follow(session: AsyncSession, event: Received[Any], _context: Context) -> None:
    """Handle that an organisation was entered."""
    await note(session, event.data)
