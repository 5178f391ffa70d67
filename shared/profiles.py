"""Organisations' profiles, from intake: their names, mailboxes and calendars.

Every service follows them.
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from shared.calendar import BELGIUM, Calendar
from shared.context import Context
from shared.database import fetch
from shared.errors import NotFound
from shared.events.base import Received
from shared.events.intake import OrganisationProfile
from shared.tables import tenant_profile as table


@dataclass(frozen=True)
class Profile:
    """An organisation's profile. `reply_to`: where answers to its mails go, None if it has no mailbox.

    Colours are #rrggbb, None for Kring's own; `signature`: what its mails end with.
    """

    name: str
    reply_to: str | None
    calendar: Calendar
    accent_colour: str | None = None
    heading_colour: str | None = None
    background_colour: str | None = None
    signature: str | None = None


class UnknownOrganisation(NotFound):
    """The request names an organisation that runs no conferences here."""

    code = "organisation-not-known"
    title = "Name an organisation that runs conferences here in the header Kring-Tenant"


# The profile of an organisation that this service does not know (yet).
UNKNOWN = Profile("Kring", None, BELGIUM)
_KNOWN = "profiles"
_CALENDAR = ("country", "subdivision", "time_zone")
_SHOWN = ("name", "reply_to", "accent_colour", "heading_colour", "background_colour", "signature")
COLUMNS = ", ".join((*_CALENDAR, *_SHOWN))
_READ = f"SELECT {COLUMNS} FROM tenant_profile WHERE tenant = $1"  # noqa: S608


async def of(session: AsyncSession, *, tenant: UUID) -> Profile:
    """Return an organisation's profile, read once per transaction; UNKNOWN if this service has none."""
    known: dict[UUID, Profile] = session.info.setdefault(_KNOWN, {})
    if tenant not in known:
        rows = await fetch(session, _READ, tenant)
        if not rows:
            return UNKNOWN
        keep(session, tenant=tenant, row=rows[0])
    return known[tenant]


async def require_known(session: AsyncSession, *, tenant: UUID) -> None:
    """Raise UnknownOrganisation if this service knows no such organisation: nothing is stored for it."""
    if await of(session, tenant=tenant) is UNKNOWN:
        raise UnknownOrganisation


def keep(session: AsyncSession, *, tenant: UUID, row: Record) -> None:
    """Cache a profile that a statement read for the rest of the transaction: a row that includes COLUMNS."""
    calendar = Calendar(*(row[name] for name in _CALENDAR))
    profile = Profile(calendar=calendar, **{name: row[name] for name in _SHOWN})
    session.info.setdefault(_KNOWN, {})[tenant] = profile


async def calendar(session: AsyncSession, *, tenant: UUID) -> Calendar:
    """Return an organisation's calendar; Belgium's while this service has none."""
    return (await of(session, tenant=tenant)).calendar


async def today(session: AsyncSession, *, tenant: UUID, now: datetime) -> date:
    """Return the current day of an organisation."""
    return (await calendar(session, tenant=tenant)).day_of(now)


async def note(session: AsyncSession, profile: OrganisationProfile) -> None:
    """Store the profile of an organisation, unless a newer one is known."""
    values = {"tenant": profile.organisation_id, **profile.model_dump(exclude={"organisation_id"})}
    added = insert(table).values(values)
    changed = {name: added.excluded[name] for name in values if name != "tenant"}
    newer = table.c.version < added.excluded.version
    await session.execute(added.on_conflict_do_update(index_elements=["tenant"], set_=changed, where=newer))
    session.info.pop(_KNOWN, None)


async def follow(session: AsyncSession, event: Received[Any], _context: Context) -> None:
    """Handle an event that an organisation was entered or changed."""
    await note(session, event.data)
