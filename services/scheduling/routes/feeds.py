"""The private calendar feed of a coordinator over HTTP: renewing its secret, and reading it."""

from datetime import timedelta

from fastapi import Request

from services.scheduling import queries
from services.scheduling.domain import ConferenceState
from services.scheduling.operations import feeds
from services.scheduling.queries import UnknownFeed
from services.scheduling.schemas import VenueOut
from services.scheduling.schemas.feeds import Feed, FeedEntry, FeedSecret, PresentedFeed
from shared.auth import Kind, Principal
from shared.http import Deps, Now, Router, Session, anonymous, audit_as, problems
from shared.http.gates import Coordinator
from shared.http.principals import PublicTenant

router = Router(tags=["calendar feeds"])

# Older entries are in calendars by then, and nobody looks for them.
_BACK = timedelta(days=90)
# A feed outlives the account of its owner by at most so long.
_WITHOUT_VISIT = timedelta(days=30)


@router.post("/v1/me/calendar-feed", status_code=201, responses=problems(404))
async def renew_feed(principal: Coordinator, session: Session, now: Now) -> FeedSecret:
    """Get a new secret for your calendar feed; the previous one stops working."""
    secret = await feeds.renew(session, tenant=principal.tenant, coordinator_id=principal.id, now=now)
    return FeedSecret(secret=secret)


@router.post("/v1/calendar-feeds/read", dependencies=[anonymous], responses=problems(404))
async def read_feed(
    *, body: PresentedFeed, tenant: PublicTenant, request: Request, session: Session, deps: Deps, now: Now
) -> Feed:
    """Read the conferences of the cases that the secret's owner coordinates: when and where, and no names.

    It stands still while its owner has opened none of their cases for thirty days.
    """
    feed = await queries.feed(
        session, tenant=tenant, digest=feeds.digest(body.secret), seen_since=now - _WITHOUT_VISIT
    )
    if feed is None:
        raise UnknownFeed
    itself = Principal(kind=Kind.STAFF, id=feed.coordinator_id, tenant=tenant)
    audit_as(request, session, itself)
    found = await queries.conferences_of_coordinator(session, itself, since=now - _BACK)
    placed = [row for row in found if row.sealed is not None]
    opened = await deps.vault.open_readable(session, placed)
    places = {row.id: venue for row, venue in zip(placed, opened, strict=True) if venue is not None}
    return Feed(
        items=[
            FeedEntry(
                conference_id=row.id,
                case_id=row.case_id,
                conference_no=row.conference_no,
                revision=row.revision,
                starts_at=row.starts_at,
                ends_at=row.ends_at,
                takes_place=row.state in (ConferenceState.SCHEDULED, ConferenceState.HELD),
                venue=VenueOut(name=place.name, address=place.address)
                if (place := places.get(row.id)) is not None
                else None,
            )
            for row in found
            if row.starts_at is not None and row.ends_at is not None
        ]
    )
