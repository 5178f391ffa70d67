"""Invitations and the circle, for the coordinator."""

from typing import Annotated
from uuid import UUID

from fastapi import Body
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import permissions, queries
from services.network.operations import circle, invitations, needs
from services.network.operations.cases import require_live
from services.network.queries.no_contacts import kept_from, pairs
from services.network.routes.views import invitation_view
from services.network.schemas import (
    CircleReadiness,
    CircleView,
    EveryoneInvited,
    GivenAnswer,
    InvitationSent,
    InvitationView,
    Invited,
    InviteEveryone,
)
from shared.events.network import CircleMember
from shared.http import Deps, Now, Router, Session
from shared.http.gates import Coordinator

router = Router(tags=["circle"])


@router.post("/v1/persons/{person_id}/invitation", status_code=201)
async def invite(
    person_id: UUID, principal: Coordinator, session: Session, deps: Deps, now: Now
) -> InvitationSent:
    """Invite a person to the circle: they get a personal mail."""
    person = await permissions.may_work_with_person(session, principal, person_id=person_id, lock=True)
    await require_live(session, case_id=person.case_id, tenant=principal.tenant)
    invitation = await invitations.invite(session, deps.vault, person=person, now=now)
    apart = await pairs(session, tenant=person.tenant, case_id=person.case_id)
    expected = await queries.expected_people(session, tenant=person.tenant, case_id=person.case_id)
    return InvitationSent(invitation_id=invitation, not_with=kept_from(apart, person.id, among=expected))


@router.post("/v1/cases/{case_id}/invitations")
async def invite_everyone(
    *,
    case_id: UUID,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
    body: Annotated[InviteEveryone | None, Body()] = None,
) -> EveryoneInvited:
    """Invite everyone of the circle who was not invited yet."""
    await permissions.may_work_on_case(session, principal, case_id=case_id)
    await require_live(session, case_id=case_id, tenant=principal.tenant)
    invited = await invitations.invite_everyone(
        session,
        deps.vault,
        tenant=principal.tenant,
        case_id=case_id,
        include_central=body is not None and body.include_central,
        now=now,
    )
    return EveryoneInvited(
        invited=[Invited(person_id=person, invitation_id=invitation) for person, invitation in invited]
    )


@router.post("/v1/invitations/{invitation_id}/answer")
async def answer_for_somebody(
    *,
    invitation_id: UUID,
    body: GivenAnswer,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
) -> InvitationView:
    """Record the answer that a person gave to the coordinator."""
    person = await permissions.may_answer_invitation(session, principal, invitation_id=invitation_id)
    await require_live(session, case_id=person.case_id, tenant=principal.tenant)
    await needs.record(session, deps.vault, person=person, needs=body.needs, words=body.needs_words)
    answered = await invitations.answer(
        session, deps.vault, person=person, answer=body.answer, mode=body.mode, via="coordinator", now=now
    )
    return invitation_view(answered)


@router.get("/v1/cases/{case_id}/circle-ready")
async def read_ready(case_id: UUID, principal: Coordinator, session: Session) -> CircleView:
    """Read the circle that was declared ready, kept current; before that it has no members."""
    await permissions.may_work_on_case(session, principal, case_id=case_id)
    return await _view(session, principal.tenant, case_id)


@router.post("/v1/cases/{case_id}/circle-ready")
async def declare_ready(
    *,
    case_id: UUID,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
    body: Annotated[CircleReadiness | None, Body()] = None,
) -> CircleView:
    """Declare the circle ready: the central persons, and everyone who said yes.

    To declare another circle than before, send the version that was read; the same again changes nothing.
    """
    await permissions.may_work_on_case(session, principal, case_id=case_id)
    await require_live(session, case_id=case_id, tenant=principal.tenant)
    await circle.declare_ready(
        session,
        deps.vault,
        tenant=principal.tenant,
        case_id=case_id,
        version=None if body is None else body.version,
        required=None if body is None else body.required,
        now=now,
    )
    return await _view(session, principal.tenant, case_id)


async def _view(session: AsyncSession, tenant: UUID, case_id: UUID) -> CircleView:
    declared = await queries.circle(session, tenant=tenant, case_id=case_id)
    if declared is None:
        return CircleView(case_id=case_id, version=0, members=[])
    members = [CircleMember.model_validate(member) for member in declared.members]
    apart = await pairs(session, tenant=tenant, case_id=case_id)
    return CircleView(
        case_id=case_id,
        version=declared.version,
        members=members,
        not_together=sorted(
            sorted(pair) for pair in apart if pair <= {member.person_id for member in members}
        ),
    )
