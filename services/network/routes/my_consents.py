"""A person's own consents, through their personal link."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from sqlalchemy.ext.asyncio import AsyncSession

from services.network import permissions, queries
from services.network.domain import AnsweredOften, Purpose
from services.network.operations import consents, legal_bases
from services.network.operations.cases import open_to
from services.network.queries import texts
from services.network.queries.consents import history, picture
from services.network.routes.consent_views import asked, consent_view, my_consents
from services.network.schemas.consents import ConsentChange, ConsentView, MyConsents
from shared import profiles
from shared.http import Deps, Now, Page, Paging, Person, Router, Session, limits, problems
from shared.languages import Language
from shared.vault import Vault

router = Router(tags=["me"], responses=problems(404, 410))


@router.get("/v1/me/consents")
async def list_my_consents(
    principal: Person, session: Session, deps: Deps, now: Now, language: Language | None = None
) -> MyConsents:
    """Read what you are asked, in any language, and your latest answers; `stale`: the text has changed since."""
    person = await permissions.oneself(session, principal)
    fields = await deps.vault.open(session, person)
    seen = await picture(
        session,
        deps.vault,
        tenant=person.tenant,
        case_id=person.case_id,
        today=await profiles.today(session, tenant=person.tenant, now=now),
        # A person who is asked only about themselves opens no one else's data.
        only=None if person.role == "central" or fields.parental_authority else person,
    )
    questions = asked(seen, person.id)
    return my_consents(
        seen,
        person.id,
        language=language or fields.language,
        texts={
            purpose: await texts.text(session, tenant=person.tenant, purpose=purpose)
            for purpose in {purpose for purpose, _, _ in questions}
        },
        names=await _first_names(
            session, deps.vault, person.tenant, {concerns for _, concerns, _ in questions if concerns}
        ),
        basis=await legal_bases.in_force(session, person=person),
    )


@router.get("/v1/me/consents/history")
async def list_my_history(principal: Person, session: Session, page: Paging) -> Page[ConsentView]:
    """List all your answers about any purpose, newest first."""
    person = await permissions.oneself(session, principal)
    rows = await history(session, tenant=person.tenant, person_id=person.id, page=page)
    current = await texts.current_versions(session, tenant=person.tenant)
    return Page(items=[consent_view(row, current=current) for row in rows.items], next=rows.next)


@router.put("/v1/me/consents/{purpose}", responses=problems(429))
async def record_my_consent(
    *,
    purpose: Annotated[Purpose, Path()],
    body: ConsentChange,
    principal: Person,
    session: Session,
    deps: Deps,
    now: Now,
) -> ConsentView:
    """Say yes or no to a purpose, in a version of its text; you may withdraw it at any moment."""
    permissions.may_consent(principal, given=body.given)
    if body.given:
        await limits.count_change(deps, principal, what="answers", refusal=AnsweredOften)
    person = await permissions.oneself(session, principal, lock=True)
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
        via="link",
        now=now,
    )
    return consent_view(consent, current=await texts.current_versions(session, tenant=person.tenant))


async def _first_names(
    session: AsyncSession, vault: Vault, tenant: UUID, ids: set[UUID]
) -> dict[UUID, str | None]:
    people = [await queries.person(session, tenant=tenant, person_id=one) for one in sorted(ids)]
    opened = await vault.open_readable(session, people)
    return {
        one.id: None if fields is None else fields.first_name
        for one, fields in zip(people, opened, strict=True)
    }
