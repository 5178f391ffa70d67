"""The register of venues over HTTP, and which of them suits a conference."""

from collections.abc import Sequence
from typing import Annotated, Any
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import permissions
from services.scheduling.models import RegisteredVenue, VenueContact
from services.scheduling.operations import venues
from services.scheduling.queries import venues as queries
from services.scheduling.routes.free_venues import free_venues
from services.scheduling.schemas.venues import (
    ChangedVenue,
    NewVenue,
    VenueChoice,
    VenueChoices,
    VenueEntry,
    VenueList,
)
from shared.events.network import AccessNeed
from shared.http import Deps, Now, Router, Session, problems
from shared.http.gates import Coordinator, PolicyKeeper
from shared.vault import Vault

router = Router(tags=["venues"], responses=problems(404))

_CONTACT = tuple(VenueContact.model_fields)


@router.get("/v1/venues")
async def list_venues(principal: PolicyKeeper, session: Session, deps: Deps) -> VenueList:
    """List the venues that the organisation uses."""
    rows = await queries.venues(session, tenant=principal.tenant)
    return VenueList(venues=await _entries(session, deps.vault, rows))


@router.post("/v1/venues", status_code=201)
async def enter_venue(
    body: NewVenue, principal: PolicyKeeper, session: Session, deps: Deps, now: Now
) -> VenueEntry:
    """Add a venue."""
    venue = await venues.enter(session, deps.vault, tenant=principal.tenant, now=now, **_given(body))
    return (await _entries(session, deps.vault, [venue]))[0]


@router.put("/v1/venues/{venue_id}")
async def change_venue(
    venue_id: UUID, body: ChangedVenue, principal: PolicyKeeper, session: Session, deps: Deps
) -> VenueEntry:
    """Change a venue's data; conferences there keep what people were told."""
    venue = await venues.change(
        session,
        deps.vault,
        tenant=principal.tenant,
        venue_id=venue_id,
        version=body.version,
        **_given(body),
    )
    return (await _entries(session, deps.vault, [venue]))[0]


@router.post("/v1/venues/{venue_id}/close", status_code=204, response_class=Response)
async def close_venue(venue_id: UUID, principal: PolicyKeeper, session: Session, now: Now) -> None:
    """Close a venue and delete its contact; conferences there keep it."""
    await venues.close(session, tenant=principal.tenant, venue_id=venue_id, now=now)


@router.get("/v1/conferences/{conference_id}/venues")
async def list_venues_for_conference(
    *,
    conference_id: UUID,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
    needs: Annotated[
        list[AccessNeed] | None, Query(max_length=20, description="The access needs of the people who come.")
    ] = None,
) -> VenueChoices:
    """List the venues for a conference, the one that suits best first: free, accessible to all, and neutral."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    rated = await free_venues(session, conference, needs=needs or [], now=now)
    entries = await _entries(session, deps.vault, [each.venue for each in rated])
    return VenueChoices(
        venues=[
            VenueChoice(
                **entry.model_dump(),
                free=each.free,
                free_for=each.free_for,
                lacks=each.lacks,
                suggested=place == 0 and each.is_free,
            )
            for place, (each, entry) in enumerate(zip(rated, entries, strict=True))
        ]
    )


def _given(body: NewVenue) -> dict[str, Any]:
    given = body.model_dump(exclude={"version", *_CONTACT})
    return {"given": given, "contact": VenueContact(**body.model_dump(include=set(_CONTACT)))}


async def _entries(session: AsyncSession, vault: Vault, rows: Sequence[RegisteredVenue]) -> list[VenueEntry]:
    opened = await vault.open_readable(session, rows)
    return [
        VenueEntry(
            venue_id=row.id,
            name=row.name,
            address=row.address,
            neutral=row.neutral,
            reached_by=row.reached_by,
            meets=row.meets,
            open_at=row.open_at,
            version=row.version,
            **(contact or VenueContact()).model_dump(),
        )
        for row, contact in zip(rows, opened, strict=True)
    ]
