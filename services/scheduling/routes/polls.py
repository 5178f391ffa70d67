"""Date polls over HTTP, for the coordinator."""

from uuid import UUID

from services.scheduling import operations, permissions
from services.scheduling.operations.polls import Proposal
from services.scheduling.routes.answers import poll_out
from services.scheduling.schemas import Answers, MoreOptions, NewOption, NewPoll, PollOpenedOut, PollOut
from shared import profiles
from shared.auth import Principal
from shared.http import Now, Router, Session
from shared.http.gates import Coordinator, CoordinatorOrManager

router = Router(tags=["polls"])


async def _proposals(session: Session, principal: Principal, options: list[NewOption]) -> list[Proposal]:
    calendar = await profiles.calendar(session, tenant=principal.tenant)
    return [Proposal(*option.times(calendar), option.part) for option in options]


@router.post("/v1/conferences/{conference_id}/poll", status_code=201)
async def open_poll(
    conference_id: UUID, body: NewPoll, principal: Coordinator, session: Session, now: Now
) -> PollOpenedOut:
    """Ask the circle which dates suit."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    poll = await operations.open_poll(
        session,
        conference=conference,
        dates=await _proposals(session, principal, body.options),
        closes_after=body.closes,
        closes_on=body.closes_on,
        quorum=body.quorum,
        now=now,
    )
    return PollOpenedOut(poll_id=poll.id)


@router.post("/v1/polls/{poll_id}/options")
async def add_options(
    poll_id: UUID, body: MoreOptions, principal: Coordinator, session: Session, now: Now
) -> PollOut:
    """Propose more dates while the poll is open."""
    _, conference = await permissions.may_prepare_poll(session, principal, poll_id=poll_id)
    dates = await _proposals(session, principal, body.options)
    poll = await operations.add_dates(session, conference=conference, dates=dates, now=now)
    return await poll_out(session, poll, now=now)


@router.get("/v1/polls/{poll_id}")
async def read_poll(poll_id: UUID, principal: CoordinatorOrManager, session: Session, now: Now) -> PollOut:
    """Read how each date suits the circle, whose answers are missing, and which date is best."""
    poll, coordinates = await permissions.may_read_poll(session, principal, poll_id=poll_id)
    return await poll_out(session, poll, now=now, names_pairs=coordinates)


@router.put("/v1/polls/{poll_id}/answers/{person_id}")
async def answer_for(
    *, poll_id: UUID, person_id: UUID, body: Answers, principal: Coordinator, session: Session, now: Now
) -> PollOut:
    """Record what a person told the coordinator."""
    _, conference = await permissions.may_prepare_poll(session, principal, poll_id=poll_id)
    poll = await operations.answer(
        session, conference=conference, person_id=person_id, answers=body.answers, via="coordinator", now=now
    )
    return await poll_out(session, poll, now=now)


@router.post("/v1/polls/{poll_id}/close")
async def close_poll(poll_id: UUID, principal: Coordinator, session: Session, now: Now) -> PollOut:
    """End the poll with the answers so far; a closed poll stays as it is."""
    _, conference = await permissions.may_prepare_poll(session, principal, poll_id=poll_id)
    poll = await operations.close_by_coordinator(session, conference=conference, now=now)
    return await poll_out(session, poll, now=now)
