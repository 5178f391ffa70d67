"""People of a case about themselves, through their personal link."""

from typing import Annotated

from fastapi import Path

from services.network import permissions, queries
from services.network.domain import Purpose
from services.network.models import PersonFields
from services.network.operations import contacts, invitations, persons
from services.network.operations.cases import open_to, require_live
from services.network.routes.views import consent_view, consent_views, invitation_view
from services.network.schemas import (
    ConsentChange,
    ConsentView,
    GivenAnswer,
    InvitationView,
    Items,
    Me,
    PersonAdded,
    Proposal,
)
from shared.http import Now, Parts, Person, Router, Session, problems

router = Router(tags=["me"], responses=problems(404, 410))


@router.get("/v1/me")
async def read_me(principal: Person, session: Session, parts: Parts) -> Me:
    """Read who you are here, and your invitation."""
    person = await permissions.oneself(session, principal)
    fields = await parts.vault.open(session, PersonFields, person.sealed, row=person.row)
    invitation = await queries.invitation_of(session, tenant=person.tenant, person_id=person.id)
    return Me(
        first_name=fields.first_name,
        case_id=person.case_id,
        person_id=person.id,
        role=person.role,
        language=fields.language,
        invitation=None if invitation is None else invitation_view(invitation),
    )


@router.post("/v1/me/invitation/answer")
async def answer(body: GivenAnswer, principal: Person, session: Session, now: Now) -> InvitationView:
    """Answer your invitation; you may change your answer later."""
    person = await permissions.oneself(session, principal)
    await require_live(session, case_id=person.case_id, tenant=person.tenant)
    answered = await invitations.answer(
        session, person=person, answer=body.answer, mode=body.mode, via="link", now=now
    )
    return invitation_view(answered)


@router.post("/v1/me/proposals", status_code=201)
async def propose(body: Proposal, principal: Person, session: Session, parts: Parts, now: Now) -> PersonAdded:
    """Propose somebody for the circle; the coordinator gets in touch with them first."""
    permissions.may_propose(principal)
    proposer = await permissions.oneself(session, principal, lock=True)
    await require_live(session, case_id=proposer.case_id, tenant=proposer.tenant)
    person = await persons.propose(
        session,
        parts.vault,
        proposer=proposer,
        fields=PersonFields.model_validate(body.model_dump(include=set(PersonFields.model_fields))),
        side=body.side,
        now=now,
    )
    return PersonAdded(person_id=person.id)


@router.get("/v1/me/consents")
async def list_my_consents(principal: Person, session: Session) -> Items:
    """List what you said last about each purpose."""
    person = await permissions.oneself(session, principal)
    return consent_views(await queries.consents_of(session, tenant=person.tenant, person_id=person.id))


@router.put("/v1/me/consents/{purpose}")
async def record_my_consent(
    purpose: Annotated[Purpose, Path()], body: ConsentChange, principal: Person, session: Session, now: Now
) -> ConsentView:
    """Say yes or no to a purpose; you may take it back at any moment."""
    permissions.may_consent(principal, given=body.given)
    person = await permissions.oneself(session, principal, lock=True)
    await open_to(session, person=person, given=body.given)
    consent = await contacts.record_consent(
        session,
        person=person,
        purpose=purpose,
        given=body.given,
        version=body.version,
        via="link",
        now=now,
    )
    return consent_view(consent)
