"""Conferences over HTTP."""

from uuid import UUID

from services.scheduling import domain, operations, permissions, queries
from services.scheduling.domain import ChecklistItem, NeedKind
from services.scheduling.models import Venue
from services.scheduling.operations import feeds, needs, news
from services.scheduling.operations.conferences import Presence
from services.scheduling.operations.polls import Proposal
from services.scheduling.permissions import Involved, Referrer
from services.scheduling.routes.answers import (
    conference_out,
    listed,
    meeting_out,
    needs_out,
    whole_checklist,
)
from services.scheduling.schemas import (
    Cancellation,
    Check,
    ChecklistOut,
    ConferenceOut,
    Extended,
    Extension,
    Held,
    ListedConference,
    MeetingOut,
    PartIn,
    Postponed,
    Postponement,
    PreparationBegun,
    Scheduling,
)
from services.scheduling.schemas.needs import NeedsOut
from shared import profiles
from shared.http import Deps, Now, Page, Paging, Router, Session, problems
from shared.http.gates import Coordinator, CoordinatorOrManager

router = Router(tags=["conferences"])


@router.get("/v1/cases/{case_id}/conferences")
async def list_conferences(
    case_id: UUID, principal: CoordinatorOrManager, session: Session, page: Paging, now: Now
) -> Page[ListedConference]:
    """List the conferences of a case, in the order of their numbers, each with its target date."""
    await permissions.may_list_conferences(session, principal, case_id=case_id)
    await feeds.keep(session, tenant=principal.tenant, coordinator_id=principal.id, now=now)
    rows = await queries.conferences_of_case(
        session, tenant=principal.tenant, case_id=case_id, page=page, newest_first=False
    )
    return Page(items=await listed(session, rows.items), next=rows.next)


@router.get("/v1/cases/{case_id}/meetings")
async def list_meetings(
    case_id: UUID, principal: Referrer, session: Session, page: Paging
) -> Page[MeetingOut]:
    """List the days on which the circle meets or met, newest first: all that the referrer of the case sees of it."""
    await permissions.may_know_meetings(session, principal, case_id=case_id)
    rows = await queries.conferences_of_case(session, tenant=principal.tenant, case_id=case_id, page=page)
    calendar = await profiles.calendar(session, tenant=principal.tenant)
    meetings = [each for one in rows.items if (each := meeting_out(one, calendar)) is not None]
    return Page(items=meetings, next=rows.next)


@router.post("/v1/cases/{case_id}/preparations", status_code=201, responses=problems(409))
async def begin_preparation(
    case_id: UUID, principal: Coordinator, session: Session, now: Now
) -> PreparationBegun:
    """Prepare the next conference of a case, as after one without a plan, or because the family wants to meet again."""
    await permissions.may_begin_preparation(session, principal, case_id=case_id)
    preparation, conference = await operations.begin_by_coordinator(
        session, tenant=principal.tenant, case_id=case_id, now=now
    )
    return PreparationBegun(
        preparation_no=preparation.preparation_no,
        reason=domain.PreparationReason(preparation.reason),
        conference_id=conference.id,
        conference_no=conference.conference_no,
        target_at=preparation.target_at,
    )


@router.get("/v1/conferences/{conference_id}")
async def read_conference(
    conference_id: UUID, principal: Involved, session: Session, deps: Deps
) -> ConferenceOut:
    """Read when and where the circle meets; those who prepare it also read the rest."""
    conference, whole = await permissions.may_read_conference(session, principal, conference_id=conference_id)
    return await conference_out(session, deps.vault, conference, whole=whole)


@router.post("/v1/conferences/{conference_id}/schedule")
async def schedule(
    *,
    conference_id: UUID,
    body: Scheduling,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
) -> ConferenceOut:
    """Set the date and the place, and invite the circle."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    calendar = await profiles.calendar(session, tenant=principal.tenant)
    scheduled = await operations.schedule(
        session,
        deps.vault,
        conference=conference,
        version=body.version,
        option_id=body.option_id,
        agreed=Proposal(*body.date.times(calendar)) if body.date is not None else None,
        place=_place(body),
        now=now,
    )
    return await conference_out(session, deps.vault, scheduled, whole=True)


def _place(body: Scheduling) -> Venue | UUID:
    if body.venue is not None:
        return Venue(name=body.venue.name, address=body.venue.address)
    if body.venue_id is None:
        raise ValueError("a conference has a place")
    return body.venue_id


@router.post("/v1/conferences/{conference_id}/postpone")
async def postpone(
    conference_id: UUID, body: Postponement, principal: Coordinator, session: Session, now: Now
) -> Postponed:
    """Postpone the conference; the next one gets the future dates, with every answer."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    following = await operations.postpone(
        session, conference=conference, version=body.version, reason=body.reason, now=now
    )
    return Postponed(next_conference_id=following.id, next_conference_no=following.conference_no)


@router.post("/v1/conferences/{conference_id}/extend")
async def extend(
    conference_id: UUID, body: Extension, principal: Coordinator, session: Session, now: Now
) -> Extended:
    """Extend the preparation of a conference, with a reason."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    preparation = await operations.extend(
        session,
        conference=conference,
        extended_by=principal.id,
        until=body.until,
        reason=body.reason,
        now=now,
    )
    return Extended(target_at=preparation.target_at)


@router.put("/v1/conferences/{conference_id}/checklist/{code}")
async def check_off(
    *,
    conference_id: UUID,
    code: ChecklistItem,
    body: Check,
    principal: Coordinator,
    session: Session,
    now: Now,
) -> ChecklistOut:
    """Record whether a checklist task is done."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    await operations.check_off(session, conference=conference, item=code, done=body.done, now=now)
    return ChecklistOut(checklist=await whole_checklist(session, conference))


@router.post("/v1/conferences/{conference_id}/inform-again")
async def inform_again(
    conference_id: UUID, principal: Coordinator, session: Session, deps: Deps, now: Now
) -> ConferenceOut:
    """Decide that the circle is told again what changed after it was told: those steps must be ticked again."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    await news.inform_again(session, conference=conference, now=now)
    return await conference_out(session, deps.vault, conference, whole=True)


@router.put("/v1/conferences/{conference_id}/needs/{person_id}/{need}")
async def see_to_need(
    *,
    conference_id: UUID,
    person_id: UUID,
    need: NeedKind,
    body: Check,
    principal: Coordinator,
    session: Session,
    now: Now,
) -> NeedsOut:
    """Record whether a need of somebody in the circle was arranged for."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    await needs.see_to(
        session, conference=conference, person_id=person_id, need=need, done=body.done, now=now
    )
    return NeedsOut(needs_seen_to=await needs_out(session, conference))


@router.post("/v1/conferences/{conference_id}/hold")
async def hold(
    *, conference_id: UUID, body: Held, principal: Coordinator, session: Session, deps: Deps, now: Now
) -> ConferenceOut:
    """Record that the circle met: who came, the times of the three parts, and the outcome."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    held = await operations.hold(
        session,
        conference=conference,
        attendance=[Presence(**presence.model_dump()) for presence in body.attendance],
        parts=domain.MeetingParts(
            information=_part(body.parts.information),
            private=_part(body.parts.private),
            presentation=_part(body.parts.presentation),
        ),
        outcome=body.outcome,
        return_called_by_circle=body.return_called_by_circle,
        incident=body.incident,
        now=now,
    )
    return await conference_out(session, deps.vault, held, whole=True)


def _part(part: PartIn) -> domain.MeetingPart:
    return domain.MeetingPart(begins=part.begins, ends=part.ends)


@router.post("/v1/conferences/{conference_id}/cancel")
async def cancel(
    *,
    conference_id: UUID,
    body: Cancellation,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
) -> ConferenceOut:
    """Cancel the conference for good; those who expect it are told."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    cancelled = await operations.cancel(
        session, conference=conference, version=body.version, reason=body.reason, now=now
    )
    return await conference_out(session, deps.vault, cancelled, whole=True)
