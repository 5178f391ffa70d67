"""Rates venues for a conference and its dates: whether each is free, and what it lacks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.domain import Option
from services.scheduling.domain.venues import Booking, is_open, is_taken, lacking, preference
from services.scheduling.models import Conference, RegisteredVenue
from services.scheduling.queries.venues import bookings, venues
from shared import profiles
from shared.calendar import Calendar
from shared.events.network import AccessNeed


@dataclass(frozen=True)
class Rated:
    """How a venue suits a conference. `free`: at the set date; `free_for`: the dates of the poll."""

    venue: RegisteredVenue
    free: bool | None
    free_for: list[UUID]
    lacks: list[AccessNeed]

    @property
    def is_free(self) -> bool:
        """Tell whether it is free at the set date, or else at one of the poll."""
        return bool(self.free_for) if self.free is None else self.free


@dataclass(frozen=True)
class Register:
    """The venues of an organisation, and their bookings; `but`: other than by this conference."""

    venues: Sequence[RegisteredVenue]
    booked: Sequence[Booking]
    calendar: Calendar
    but: UUID

    def is_free(self, venue: RegisteredVenue, *, starts_at: datetime, ends_at: datetime) -> bool:
        """Tell whether a venue is free at a time."""
        return is_open(venue.open_at, self.calendar, starts_at=starts_at, ends_at=ends_at) and not is_taken(
            venue.id, self.booked, starts_at=starts_at, ends_at=ends_at, but=self.but
        )

    def count_free(self, option: Option) -> int | None:
        """Return how many venues are free at a date; None if the organisation has no venues."""
        if not self.venues:
            return None
        return sum(
            self.is_free(each, starts_at=option.starts_at, ends_at=option.ends_at) for each in self.venues
        )


async def register_for(
    session: AsyncSession, *, tenant: UUID, conference_id: UUID, now: datetime
) -> Register:
    """Return the venues of an organisation from the point of view of a conference."""
    return Register(
        await venues(session, tenant=tenant),
        await bookings(session, tenant=tenant, since=now),
        await profiles.calendar(session, tenant=tenant),
        conference_id,
    )


async def free_venues(
    session: AsyncSession, conference: Conference, *, needs: Sequence[AccessNeed], now: datetime
) -> list[Rated]:
    """Return the venues for a conference, the one that suits best first."""
    found = await register_for(session, tenant=conference.tenant, conference_id=conference.id, now=now)
    poll = await queries.poll_of(session, conference)
    options = [] if poll is None else queries.ahead(await queries.options(session, poll), now=now)
    rated = [
        Rated(
            venue=venue,
            free=None
            if conference.starts_at is None or conference.ends_at is None
            else found.is_free(venue, starts_at=conference.starts_at, ends_at=conference.ends_at),
            free_for=[
                option.id
                for option in options
                if found.is_free(venue, starts_at=option.starts_at, ends_at=option.ends_at)
            ],
            lacks=lacking(needs, venue.meets),
        )
        for venue in found.venues
    ]
    return sorted(
        rated,
        key=lambda each: preference(
            free=each.is_free, lacks=len(each.lacks), neutral=each.venue.neutral, name=each.venue.name
        ),
    )
