"""Consents, as coordinators record and see them; texts and legal bases, as the organisation sets them."""

from typing import Annotated
from uuid import UUID

from fastapi import Path, Query
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import permissions
from services.network.domain import Basis, Purpose
from services.network.models import Person
from services.network.operations import consent_texts, consents, legal_bases
from services.network.operations.cases import open_to
from services.network.permissions import TextReader, TextSetter
from services.network.queries import texts
from services.network.queries.consents import legal_bases as bases_of
from services.network.queries.consents import legal_basis, picture, said_yes
from services.network.routes.consent_views import consent_view, person_status, texts_view
from services.network.schemas.consents import (
    MAX_SAID_YES,
    BasesView,
    BasisChange,
    BasisView,
    ConsentChange,
    ConsentStatus,
    ConsentView,
    Items,
    NewTexts,
    SaidYes,
    SaidYesView,
    TextsView,
    Version,
)
from shared import profiles
from shared.http import Deps, Now, PageRequest, Paging, Router, Session
from shared.http.gates import Coordinator, CoordinatorOrManager

router = Router(tags=["consents"])

PurposeInPath = Annotated[Purpose, Path()]


@router.get("/v1/persons/{person_id}/consents")
async def list_consents(
    person_id: UUID, principal: CoordinatorOrManager, session: Session, deps: Deps, now: Now
) -> Items:
    """List a person's latest answer about each purpose."""
    person = await permissions.may_read_person(session, principal, person_id=person_id, now=now)
    seen = await picture(
        session,
        deps.vault,
        tenant=person.tenant,
        case_id=person.case_id,
        today=await profiles.today(session, tenant=person.tenant, now=now),
        only=person,
    )
    return Items(items=[consent_view(row, current=seen.versions) for row in seen.last.values()])


@router.put("/v1/persons/{person_id}/consents/{purpose}")
async def record_consent(
    *,
    person_id: UUID,
    purpose: PurposeInPath,
    body: ConsentChange,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
) -> ConsentView:
    """Record a person's answer, told to the coordinator; a parent about a child: `concerns` names the child."""
    person = await permissions.may_work_with_person(session, principal, person_id=person_id, lock=True)
    await open_to(session, person=person, given=body.given)
    consent = await consents.record(
        session,
        deps.vault,
        person=person,
        purpose=purpose,
        given=body.given,
        version=body.version,
        language=body.language,
        concerns=body.concerns,
        via="coordinator",
        now=now,
    )
    return consent_view(consent, current=await texts.current_versions(session, tenant=person.tenant))


@router.get("/v1/cases/{case_id}/consent-status")
async def read_consent_status(
    case_id: UUID, principal: Coordinator, session: Session, deps: Deps, now: Now
) -> ConsentStatus:
    """Read, for each central person, whose consent is needed and what each answered."""
    await permissions.may_work_on_case(session, principal, case_id=case_id)
    today = await profiles.today(session, tenant=principal.tenant, now=now)
    seen = await picture(session, deps.vault, tenant=principal.tenant, case_id=case_id, today=today)
    central = [someone.person_id for someone in seen.people.values() if someone.central]
    return ConsentStatus(case_id=case_id, persons=[person_status(seen, person) for person in central])


@router.get("/v1/consent-texts/{purpose}")
async def read_texts(
    purpose: PurposeInPath,
    principal: TextReader,
    session: Session,
    version: Annotated[Version | None, Query()] = None,
) -> TextsView:
    """Read what people are asked for a purpose: the current text, or an earlier version."""
    return texts_view(await texts.text(session, tenant=principal.tenant, purpose=purpose, version=version))


@router.post("/v1/consent-texts/{purpose}", status_code=201)
async def publish_texts(
    purpose: PurposeInPath, body: NewTexts, principal: TextSetter, session: Session, now: Now
) -> TextsView:
    """Publish your own wording for a purpose as its next version; people who agreed before must be asked again."""
    published = await consent_texts.publish(
        session,
        tenant=principal.tenant,
        purpose=purpose,
        version=body.version,
        new=body.texts,
        published_by=principal.id,
        now=now,
    )
    return texts_view(published)


@router.get("/v1/consent-texts/{purpose}/said-yes")
async def count_said_yes(purpose: PurposeInPath, principal: TextSetter, session: Session) -> SaidYesView:
    """Count the people who said yes to each version of a text, by the language in which they read it."""
    found = await said_yes(session, tenant=principal.tenant, purpose=purpose, most=MAX_SAID_YES)
    return SaidYesView(
        items=[
            SaidYes(version=version, language=language, people=count) for version, language, count in found
        ]
    )


@router.get("/v1/persons/{person_id}/legal-basis")
async def read_legal_basis(
    person_id: UUID, principal: TextReader, session: Session, page: Paging
) -> BasesView:
    """Read on what basis a person's data is kept, and was before, newest first."""
    person = await permissions.may_settle_basis(session, principal, person_id=person_id)
    return await _bases(session, person, page)


@router.put("/v1/persons/{person_id}/legal-basis")
async def decide_legal_basis(
    person_id: UUID, body: BasisChange, principal: TextSetter, session: Session, now: Now
) -> BasesView:
    """Set the legal basis for one person's data from now on, where it differs from that of their kind."""
    person = await permissions.may_settle_basis(session, principal, person_id=person_id, lock=True)
    await legal_bases.decide(
        session, person=person, version=body.version, basis=body.basis, decided_by=principal.id, now=now
    )
    return await _bases(session, person, PageRequest())


async def _bases(session: AsyncSession, person: Person, page: PageRequest) -> BasesView:
    _, count = await legal_basis(session, tenant=person.tenant, person_id=person.id)
    rows = await bases_of(session, tenant=person.tenant, person_id=person.id, page=page)
    return BasesView(
        version=count,
        next=rows.next,
        items=[
            BasisView(basis=Basis(row.basis), policy_version=row.policy_version, since=row.created_at)
            for row in rows.items
        ],
    )
