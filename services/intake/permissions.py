"""Who may do what in intake, one named function per rule.

Who may not know that a case or referral exists gets the same answer as when there is none.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import CaseStatus, ReferralState, WithdrawnBy
from services.intake.domain.errors import (
    NotOnBehalf,
    OnlyOpsMakesTenants,
    ReferrerNeeded,
    UnknownBreakGlass,
    UnknownReferral,
)
from services.intake.models import BreakGlass, Case, Referral
from services.intake.operations.baseline import Pens
from services.intake.queries import break_glass, cases, referrals, retention
from services.intake.schemas.cases import Withdrawal
from services.intake.schemas.referrals import NewReferral
from services.intake.schemas.register import NewOrganisation
from shared.auth import NO_TENANT, Kind, Principal, Role
from shared.break_glass import is_open_to
from shared.case_state import CaseErased, UnknownCase
from shared.contracts.intake import UNDER_HOLD
from shared.http.principals import NoLongerInCircle, NotForThisKind, NotForThisRole, require_twelve

_ON_BEHALF: dict[str, WithdrawnBy] = {"central": "central-person", "representative": "representative"}


def is_manager(principal: Principal) -> bool:
    """Say whether someone is a regional manager of the tenant itself."""
    return principal.has(Role.REGIONAL_MANAGER) and principal.is_of_tenant


def is_coordinator_of(principal: Principal, case: Case) -> bool:
    """Say whether someone is assigned to a case now."""
    return principal.has(Role.COORDINATOR) and case.coordinator_id == principal.id


def tenant_of_entry(principal: Principal, entry: NewOrganisation) -> UUID:
    """Return who enters an organisation, if they may. Raises: OnlyOpsMakesTenants."""
    if principal.has(Role.OPS):
        return principal.tenant
    own = entry.organisation_id is not None and entry.organisation_id == principal.organisation
    if entry.is_tenant and not own:
        raise OnlyOpsMakesTenants
    return principal.tenant


def referrer_of(principal: Principal | None, referral: NewReferral) -> Principal | None:
    """Return the professional in whose name a referral is written, None if somebody refers themselves.

    Raises: ReferrerNeeded.
    """
    if referral.kind == "self":
        return None
    if principal is None or principal.kind is not Kind.STAFF or principal.organisation is None:
        raise ReferrerNeeded
    if not principal.has(Role.REFERRER):
        raise ReferrerNeeded
    return principal


def referrals_of(principal: Principal) -> UUID | None:
    """Return whose referrals someone may list: None for all of the tenant. Raises: NotForThisRole."""
    if is_manager(principal):
        return None
    if principal.has(Role.REFERRER):
        return principal.id
    raise NotForThisRole


async def referral_for_reader(session: AsyncSession, principal: Principal, *, referral_id: UUID) -> Referral:
    """Return a referral to the manager who decides on it, or to whoever wrote it.

    Raises: UnknownReferral, CaseErased.
    """
    referral = await referrals.referral(session, tenant=principal.tenant, referral_id=referral_id)
    if referral is None or not (is_manager(principal) or _wrote(principal, referral)):
        raise UnknownReferral(referral_id=str(referral_id))
    if referral.state == ReferralState.ERASED:
        raise CaseErased(case_id=str(referral.case_id))
    case = await cases.case(session, tenant=principal.tenant, case_id=referral.case_id)
    if case is not None:
        _require_not_erased(case)
    return referral


def _wrote(principal: Principal, referral: Referral) -> bool:
    return principal.has(Role.REFERRER) and referral.referrer_id == principal.id


def cases_for(principal: Principal) -> Select[Case]:
    """Return the query of the cases someone may list: the tenant's, those assigned to them, their organisation's.

    Raises: NotForThisRole.
    """
    tenant = principal.tenant
    if is_manager(principal) or principal.has(Role.OPS):
        return cases.all_cases(tenant=tenant)
    if principal.has(Role.COORDINATOR):
        return cases.cases_of_coordinator(tenant=tenant, coordinator_id=principal.id)
    if principal.has(Role.REFERRER) and principal.organisation is not None:
        return cases.cases_of_party(tenant=tenant, organisation_id=principal.organisation)
    raise NotForThisRole


async def case_for_reader(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return where a case stands to managers, ops, the coordinator assigned now, and parties.

    Raises: UnknownCase, CaseErased.
    """
    case = await _case(session, principal, case_id)
    if is_manager(principal) or principal.has(Role.OPS) or is_coordinator_of(principal, case):
        return _require_not_erased(case)
    if await _is_party(session, principal, case):
        return _require_not_erased(case)
    raise UnknownCase(case_id=str(case_id))


def may_read_what_it_is_about(principal: Principal, case: Case) -> bool:
    """Say whether who may read where a case stands also reads its themes and reasons: all but those who run Kring."""
    return is_manager(principal) or is_coordinator_of(principal, case) or not principal.has(Role.OPS)


async def case_for_coordination(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return a case to managers and the coordinator assigned now, who let it rest and go on.

    Raises: UnknownCase, CaseErased.
    """
    case = await _case(session, principal, case_id)
    if is_manager(principal) or is_coordinator_of(principal, case):
        return _require_not_erased(case)
    raise UnknownCase(case_id=str(case_id))


async def case_to_erase(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return a case of the tenant to those who answer for its data, also when it was erased. Raises: UnknownCase."""
    return await _case(session, principal, case_id)


async def file_of_whom_to_erase(session: AsyncSession, principal: Principal, *, case_id: UUID) -> UUID:
    """Return the case id of a file to the service that is about to erase somebody of it, also of an erased one.

    Raises: NotForThisKind, UnknownCase.
    """
    if principal.kind is not Kind.SERVICE or principal.purpose != UNDER_HOLD.purpose:
        raise NotForThisKind
    if await retention.referral_of_file(session, tenant=principal.tenant, case_id=case_id) is None:
        raise UnknownCase(case_id=str(case_id))
    return case_id


async def case_for_file(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return a case to those who may read its baseline: its coordinator now, and parties.

    Raises: UnknownCase, CaseErased.
    """
    case = await _case(session, principal, case_id)
    if is_coordinator_of(principal, case) or await _is_party(session, principal, case):
        return _require_not_erased(case)
    raise UnknownCase(case_id=str(case_id))


async def case_for_file_reader(
    session: AsyncSession, principal: Principal, *, case_id: UUID, now: datetime
) -> Case:
    """Return a case to those who may read its baseline now, also by break-glass. Raises: UnknownCase, CaseErased."""
    if await is_open_to(session, principal, case_id=case_id, now=now):
        return _require_not_erased(await _case(session, principal, case_id))
    return await case_for_file(session, principal, case_id=case_id)


async def case_to_open(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return a case of the tenant to its regional manager, who may open its file. Raises: UnknownCase, CaseErased."""
    case = await _case(session, principal, case_id)
    if not is_manager(principal):
        raise UnknownCase(case_id=str(case_id))
    return _require_not_erased(case)


async def break_glass_to_close(
    session: AsyncSession, principal: Principal, *, break_glass_id: UUID
) -> BreakGlass:
    """Return an opening to whoever opened the file, or to the data protection officer. Raises: UnknownBreakGlass."""
    found = await break_glass.opening(session, tenant=principal.tenant, break_glass_id=break_glass_id)
    if found is None or not (principal.has(Role.DPO) or found.opened_by == principal.id):
        raise UnknownBreakGlass(break_glass_id=str(break_glass_id))
    return found


def may_read_reasons(principal: Principal) -> bool:
    """Say whether somebody reads why files were opened: the data protection officer of the tenant."""
    return principal.has(Role.DPO) and principal.is_of_tenant


async def pens_for(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Pens:
    """Return what someone may write in the baseline: the coordinator the questions, the mandated side the rest.

    Raises: UnknownCase.
    """
    case = await case_for_file(session, principal, case_id=case_id)
    mandated = case.mandated_organisation or case.referring_organisation
    return Pens(
        questions=is_coordinator_of(principal, case),
        bottom_lines=principal.has(Role.REFERRER) and principal.organisation == mandated,
    )


async def withdrawn_by(
    session: AsyncSession, principal: Principal, *, case_id: UUID, withdrawal: Withdrawal
) -> WithdrawnBy:
    """Return on whose behalf a case is withdrawn, if it may be: by those whom it is about, or by staff for them.

    Raises: UnknownCase, NotForThisRole, NotForThisKind, NotOnBehalf, FromTwelveOn, NoLongerInCircle.
    """
    if principal.kind is Kind.PERSON:
        return await _in_own_name(session, principal, case_id, withdrawal)
    if principal.kind is not Kind.STAFF:
        raise NotForThisKind
    if not principal.has(Role.REGIONAL_MANAGER, Role.COORDINATOR):
        raise NotForThisRole
    await case_for_coordination(session, principal, case_id=case_id)
    if is_manager(principal):
        return withdrawal.by or "regional-manager"
    if withdrawal.by not in (None, *_ON_BEHALF.values()):
        raise NotOnBehalf
    return withdrawal.by or "central-person"


async def _in_own_name(
    session: AsyncSession, principal: Principal, case_id: UUID, withdrawal: Withdrawal
) -> WithdrawnBy:
    if principal.case != case_id:
        raise UnknownCase(case_id=str(case_id))
    if await has_left(session, principal):
        raise NoLongerInCircle
    own = _ON_BEHALF.get(principal.case_role or "")
    if own is None:
        raise NotForThisRole
    require_twelve(principal)
    if withdrawal.by not in (None, own):
        raise NotOnBehalf
    return own


async def _case(session: AsyncSession, principal: Principal, case_id: UUID) -> Case:
    case = await cases.case(session, tenant=principal.tenant, case_id=case_id)
    if case is None or principal.tenant == NO_TENANT:
        raise UnknownCase(case_id=str(case_id))
    return case


def _require_not_erased(case: Case) -> Case:
    # Asked last: who may not know of a case does not learn that it was erased.
    if case.state == CaseStatus.ERASED:
        raise CaseErased(case_id=str(case.id))
    return case


async def _is_party(session: AsyncSession, principal: Principal, case: Case) -> bool:
    if not principal.has(Role.REFERRER) or principal.organisation is None:
        return False
    return await cases.is_party(
        session, tenant=principal.tenant, case_id=case.id, organisation_id=principal.organisation
    )


async def has_left(session: AsyncSession, principal: Principal) -> bool:
    """Say whether a person of a case left its circle: their token is from before."""
    return await cases.has_departed(
        session, tenant=principal.tenant, case_id=principal.case or NO_TENANT, person_id=principal.id
    )
