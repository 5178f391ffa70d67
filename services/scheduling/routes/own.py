"""A person's own polls and conferences over HTTP, for people of the circle with a personal link."""

from uuid import UUID

from services.scheduling import operations, permissions, queries
from services.scheduling.routes.answers import conference_out, days_of, own_poll
from services.scheduling.schemas import Answers, ConferenceOut, OwnPoll
from shared.http import Deps, Now, Page, Paging, Person, Router, Session, problems

router = Router(tags=["own polls"])


@router.get("/v1/me/polls", responses=problems(410))
async def list_own_polls(principal: Person, session: Session, page: Paging) -> Page[OwnPoll]:
    """List the polls of your case, newest first, each with your own answers."""
    case_id = await permissions.may_list_own_polls(session, principal)
    if case_id is None:
        return Page(items=[])
    rows = await queries.polls_of_case(session, tenant=principal.tenant, case_id=case_id, page=page)
    options = await queries.options_of(session, rows.items)
    days = await days_of(session, tenant=principal.tenant)
    items = [own_poll(poll, options[poll.id], principal.id, days) for poll in rows.items]
    return Page(items=items, next=rows.next)


@router.get("/v1/me/conferences", responses=problems(410))
async def list_own_conferences(
    principal: Person, session: Session, deps: Deps, page: Paging
) -> Page[ConferenceOut]:
    """List the conferences of your case, newest first: when and where the circle meets."""
    case_id = await permissions.may_list_own_polls(session, principal)
    if case_id is None:
        return Page(items=[])
    rows = await queries.conferences_of_case(session, tenant=principal.tenant, case_id=case_id, page=page)
    items = [await conference_out(session, deps.vault, each, whole=False) for each in rows.items]
    return Page(items=items, next=rows.next)


@router.put("/v1/me/polls/{poll_id}")
async def answer_poll(poll_id: UUID, body: Answers, principal: Person, session: Session, now: Now) -> OwnPoll:
    """Say which dates suit you; the last answer counts, as long as the poll is open."""
    _, conference = await permissions.may_answer_poll(session, principal, poll_id=poll_id)
    poll = await operations.answer(
        session, conference=conference, person_id=principal.id, answers=body.answers, via="link", now=now
    )
    days = await days_of(session, tenant=principal.tenant)
    return own_poll(poll, await queries.options(session, poll), principal.id, days)
