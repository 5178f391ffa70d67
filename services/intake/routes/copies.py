"""Returns a person's part of a case to the service that makes their copy of everything."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.models import (
    Base,
    Case,
    Referral,
    ReferralPerson,
)
from services.intake.queries import cases, referrals, register
from shared.case_state import UnknownCase
from shared.contracts.intake import (
    COPY,
    CopiedBaseline,
    CopiedCase,
    CopiedEntry,
    CopiedReferral,
    IntakeCopy,
)
from shared.http import Deps, Router, Session, audit_log_of_person
from shared.http.gates import Copier
from shared.vault import Vault

router = Router(tags=["copies"])

# Those whose story the referral tells. Others read what it says about them, and not that story.
_TOLD_OF = frozenset({"central", "representative"})


@router.get(COPY.path)
async def copy_for_person(
    case_id: UUID, person_id: UUID, principal: Copier, session: Session, deps: Deps
) -> IntakeCopy:
    """Return what the case and its referral hold on one person, and nothing on anybody else."""
    case = await cases.case(session, tenant=principal.tenant, case_id=case_id)
    if case is None:
        raise UnknownCase(case_id=str(case_id))
    named = await referrals.persons(session, tenant=principal.tenant, referral_id=case.referral_id)
    seen = await audit_log_of_person(
        session, Base, tenant=principal.tenant, case_id=case_id, person_id=person_id
    )
    own = next((row for row in named if row.id == person_id), None)
    if own is None:
        return IntakeCopy(erased=False, case=None, entry=None, referral=None, baseline=None, seen=seen)
    entry = await _entry(session, deps.vault, own)
    if own.role not in _TOLD_OF:
        return IntakeCopy(
            erased=entry is None, case=None, entry=entry, referral=None, baseline=None, seen=seen
        )
    written = await referrals.referral(session, tenant=principal.tenant, referral_id=case.referral_id)
    referral = None if written is None else await _referral(session, deps.vault, written)
    return IntakeCopy(
        erased=entry is None or referral is None,
        case=await _case(session, case),
        entry=entry,
        referral=referral,
        baseline=await _baseline(session, deps.vault, case),
        seen=seen,
    )


async def _entry(session: AsyncSession, vault: Vault, row: ReferralPerson) -> CopiedEntry | None:
    [fields] = await vault.open_readable(session, [row])
    return None if fields is None else CopiedEntry.model_validate({**fields.model_dump(), "role": row.role})


async def _case(session: AsyncSession, case: Case) -> CopiedCase:
    async def name(organisation_id: UUID | None) -> str | None:
        if organisation_id is None:
            return None
        found = await register.organisation(session, organisation_id=organisation_id)
        return None if found is None else found.name

    return CopiedCase(
        case_id=case.id,
        state=case.state,
        track=case.track,
        themes=case.themes,
        opened_at=case.created_at,
        ended_at=case.ended_at,
        outcome=case.outcome,
        stop_reason=case.stop_reason,
        referring_organisation=await name(case.referring_organisation),
        mandated_organisation=await name(case.mandated_organisation),
    )


async def _referral(session: AsyncSession, vault: Vault, row: Referral) -> CopiedReferral | None:
    [words] = await vault.open_readable(session, [row])
    if words is None:
        return None
    return CopiedReferral(
        received_at=row.created_at,
        kind=row.kind,
        question=words.question,
        summary=words.summary,
        languages=list(words.languages),
        wished_languages=list(words.wishes.languages),
        wished_gender=words.wishes.gender,
        wished_culture=words.wishes.culture,
        bottom_lines=list(words.bottom_lines),
        resources=words.resources,
    )


async def _baseline(session: AsyncSession, vault: Vault, case: Case) -> CopiedBaseline | None:
    version = case.baseline_version
    row = await cases.baseline(session, tenant=case.tenant, case_id=case.id, version=version)
    if row is None:
        return None
    [words] = await vault.open_readable(session, [row])
    if words is None:
        return None
    lines = await cases.bottom_lines(session, tenant=case.tenant, case_id=case.id, version=version)
    opened = await vault.open_readable(session, lines)
    return CopiedBaseline(
        version=version,
        written_at=row.created_at,
        questions=list(words.questions),
        resources=words.resources,
        bottom_lines=[line.text for line in opened if line is not None],
    )
