"""The pages of people of a case about themselves, through their personal link."""

from dataclasses import asdict

from fastapi import Response

from services.network import permissions, queries
from services.network.domain import AnsweredOften
from services.network.domain.consents import AgeGroup, age_group
from services.network.models import PersonFields
from services.network.operations import invitations, needs, persons
from services.network.operations.cases import require_live
from services.network.queries import consents
from services.network.routes.views import invitation_view
from services.network.schemas import (
    ChosenLanguage,
    GivenAnswer,
    InCare,
    InvitationView,
    Me,
    MemberView,
    OwnCircle,
    PersonAdded,
    Proposal,
)
from shared import case_state, profiles
from shared.http import Deps, Now, Person, Router, Session, limits, problems

router = Router(tags=["me"], responses=problems(404, 410))


@router.get("/v1/me")
async def read_me(principal: Person, session: Session, deps: Deps, now: Now) -> Me:
    """Read who you are here, and your invitation; under twelve, also who reads along with you."""
    person = await permissions.oneself(session, principal)
    fields = await deps.vault.open(session, person)
    invitation = await queries.invitation_of(session, tenant=person.tenant, person_id=person.id)
    today = await profiles.today(session, tenant=person.tenant, now=now)
    age = age_group(fields.birth_date, today)
    case = await case_state.read(session, person.case_id)
    cared_for = await consents.in_care(session, deps.vault, person=person, today=today)
    return Me(
        **fields.model_dump(include=set(Me.model_fields)),
        case_id=person.case_id,
        case_status="open" if case is None else case.status,
        person_id=person.id,
        role=person.role,
        age=age,
        reads_with=await consents.reading_along(session, deps.vault, child=person, today=today)
        if age == AgeGroup.UNDER_TWELVE
        else [],
        decides_for_child=any(not each.only_to_read for each in cared_for),
        asks_for=[InCare(**asdict(each)) for each in cared_for],
        invitation=None if invitation is None else invitation_view(invitation),
    )


@router.put("/v1/me/language", status_code=204, response_class=Response)
async def choose_language(body: ChosenLanguage, principal: Person, session: Session, deps: Deps) -> None:
    """Choose the language of your pages and mails."""
    person = await permissions.oneself(session, principal)
    await needs.set_language(session, deps.vault, person=person, language=body.language)


@router.get("/v1/me/circle")
async def read_circle(principal: Person, session: Session, deps: Deps) -> OwnCircle:
    """Read who else takes part, by first name, if you take part; people you must be kept apart from are left out."""
    person = await permissions.oneself(session, principal)
    members = await queries.circle_seen_by(session, person=person)
    opened = await deps.vault.open_readable(session, [member for member, _ in members])
    return OwnCircle(
        items=[
            MemberView(person_id=member.id, first_name=fields.first_name, role=member.role, mode=mode)
            for (member, mode), fields in zip(members, opened, strict=True)
            if fields is not None
        ]
    )


@router.post("/v1/me/invitation/answer", responses=problems(429))
async def answer(
    body: GivenAnswer, principal: Person, session: Session, deps: Deps, now: Now
) -> InvitationView:
    """Answer your invitation, or say that you are unsure; you may change your answer later."""
    person = await permissions.oneself(session, principal)
    await require_live(session, case_id=person.case_id, tenant=person.tenant)
    if body.answer != "no":
        await limits.count_change(deps, principal, what="answers", refusal=AnsweredOften)
    await needs.record(session, deps.vault, person=person, needs=body.needs, words=body.needs_words)
    answered = await invitations.answer(
        session, deps.vault, person=person, answer=body.answer, mode=body.mode, via="link", now=now
    )
    return invitation_view(answered)


@router.post("/v1/me/proposals", status_code=201)
async def propose(body: Proposal, principal: Person, session: Session, deps: Deps, now: Now) -> PersonAdded:
    """Propose a person for the circle; the coordinator gets in touch with them first."""
    permissions.may_propose(principal)
    proposer = await permissions.oneself(session, principal, lock=True)
    await require_live(session, case_id=proposer.case_id, tenant=proposer.tenant)
    person = await persons.propose(
        session,
        deps.vault,
        proposer=proposer,
        fields=PersonFields.model_validate(body.model_dump(include=set(PersonFields.model_fields))),
        side=body.side,
        now=now,
    )
    return PersonAdded(person_id=person.id)
