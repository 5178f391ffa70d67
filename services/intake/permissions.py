"""Who may do what in intake: the role gates, then one function per rule.

A caller who may not know that a case or referral exists gets the same answer as when there is none.
"""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import Select
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import CaseStatus, OfferState, ReferralState, WithdrawnBy
from services.intake.domain.errors import (
    NotOnBehalf,
    OfficerErasedByOfficer,
    OnlyOpsMakesTenants,
    ReferrerNeeded,
    TenantUnknown,
    UnknownBreakGlass,
    UnknownOffer,
    UnknownOrganisation,
    UnknownReferral,
)
from services.intake.models import BreakGlass, Case, Offer, Organisation, Referral, StaffMember
from services.intake.operations.baseline import BaselineRights
from services.intake.queries import break_glass, cases, referrals, register, retention
from services.intake.schemas.cases import Withdrawal
from services.intake.schemas.referrals import NewReferral
from services.intake.schemas.register import NewOrganisation
from shared.auth import NO_TENANT, Kind, Principal, Role
from shared.case_access import Relation, access_of, manages
from shared.case_state import CaseErased, UnknownCase
from shared.contracts.intake import PERSONS_AT_OPENING, UNDER_HOLD
from shared.database import Scope, set_scope
from shared.http import allow, serving
from shared.http.principals import NotForThisKind, NotForThisRole, require_twelve

CaseReader = Annotated[
    Principal,
    Depends(allow(Role.REGIONAL_MANAGER, Role.COORDINATOR, Role.REFERRER, Role.OPS, from_elsewhere=True)),
]
Withdrawer = Annotated[
    Principal, Depends(allow(Role.REGIONAL_MANAGER, Role.COORDINATOR, from_elsewhere=True, people=True))
]
BaselineReader = Annotated[
    Principal,
    Depends(allow(Role.COORDINATOR, Role.REFERRER, Role.REGIONAL_MANAGER, from_elsewhere=True, people=True)),
]
BaselineWriter = Annotated[Principal, Depends(allow(Role.COORDINATOR, Role.REFERRER, from_elsewhere=True))]
ReferralReader = Annotated[
    Principal, Depends(allow(Role.REGIONAL_MANAGER, Role.REFERRER, from_elsewhere=True))
]
BreakGlassReader = Annotated[Principal, Depends(allow(Role.REGIONAL_MANAGER, Role.DPO))]
StatisticsReader = Annotated[Principal, Depends(allow(Role.REGIONAL_MANAGER, Role.ADMINISTRATOR, Role.DPO))]
Registrar = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.OPS, of_no_tenant=True))]
_REGISTER_READERS = (Role.ADMINISTRATOR, Role.OPS, Role.REGIONAL_MANAGER, Role.INTEGRATION)
RegisterReader = Annotated[Principal, Depends(allow(*_REGISTER_READERS, of_no_tenant=True))]
# Also who refers, to say which of them must accept a plan.
RegisterLister = Annotated[
    Principal, Depends(allow(*_REGISTER_READERS, Role.REFERRER, from_elsewhere=True, of_no_tenant=True))
]
ContactManager = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.DPO))]
# Roles that the register may hold, and that intake may therefore mail.
Colleague = Annotated[
    Principal, Depends(allow(*(set(Role) - {Role.OPS, Role.INTEGRATION}), from_elsewhere=True))
]
# Network, which copies the persons of a referral at the opening of its case, and erases persons.
PersonsCopier = Annotated[Principal, Depends(serving(PERSONS_AT_OPENING.purpose, asked_by="network"))]
PersonEraser = Annotated[Principal, Depends(serving(UNDER_HOLD.purpose, asked_by="network"))]

_ON_BEHALF: dict[str, WithdrawnBy] = {"central": "central-person", "representative": "representative"}
_PARTIES = (Relation.REFERRING, Relation.MANDATED)


async def may_enter_organisation(session: AsyncSession, principal: Principal, entry: NewOrganisation) -> UUID:
    """Return who may enter an organisation: ops any; administrators of a tenant others, as parties to its cases.

    Raises: OnlyOpsMakesTenants, TenantUnknown.
    """
    if principal.has(Role.OPS):
        return principal.tenant
    if entry.is_tenant:
        raise OnlyOpsMakesTenants
    own = await register.organisation(session, organisation_id=principal.tenant)
    if own is None or not own.is_tenant:
        raise TenantUnknown
    return principal.tenant


async def may_change_organisation(
    session: AsyncSession, principal: Principal, *, organisation_id: UUID
) -> Organisation:
    """Return an organisation, locked, to the tenant that entered it, and to ops. Raises: UnknownOrganisation."""
    found = await register.organisation(session, organisation_id=organisation_id)
    if found is None or found.superseded_by is not None:
        raise UnknownOrganisation
    if not principal.has(Role.OPS) and (principal.tenant == NO_TENANT or found.tenant != principal.tenant):
        raise UnknownOrganisation
    # Ops belong to none: the row is its owner's.
    await set_scope(session, Scope(tenant=found.tenant))
    await session.refresh(found, with_for_update=True)
    return found


def may_refer(principal: Principal | None, referral: NewReferral) -> Principal | None:
    """Return the professional in whose name a referral is made, None if it needs no account.

    Raises: ReferrerNeeded.
    """
    if referral.kind != "professional":
        return None
    if principal is None or principal.kind is not Kind.STAFF or principal.organisation is None:
        raise ReferrerNeeded
    if not principal.has(Role.REFERRER):
        raise ReferrerNeeded
    return principal


def may_list_referrals(principal: Principal) -> referrals.Visible:
    """Return the referrals a caller may list: the tenant's, or their own. Raises: NotForThisRole."""
    if manages(principal):
        return referrals.Visible(principal.tenant)
    if principal.has(Role.REFERRER) and principal.organisation is not None:
        return referrals.Visible(principal.tenant, principal.id, principal.organisation)
    raise NotForThisRole


async def may_read_referral(
    session: AsyncSession, principal: Principal, *, referral_id: UUID, now: datetime
) -> Referral:
    """Return a referral to its author, and to the manager who decides on it.

    Once there is a case it is part of the case's file, which a manager reads only with break-glass access.
    Raises: UnknownReferral, CaseErased.
    """
    referral = await _referral_of(session, principal, referral_id)
    if referral.state == ReferralState.ACCEPTED and not _wrote(principal, referral):
        access = await access_of(session, principal, referral.case_id, now=now)
        if Relation.BREAK_GLASS not in access.relations:
            raise UnknownReferral(referral_id=str(referral_id))
    return referral


async def may_withdraw_referral(
    session: AsyncSession, principal: Principal, *, referral_id: UUID
) -> Referral:
    """Return a referral to its author, and to the tenant's managers. Raises: UnknownReferral, CaseErased."""
    return await _referral_of(session, principal, referral_id)


async def _referral_of(session: AsyncSession, principal: Principal, referral_id: UUID) -> Referral:
    referral = await referrals.referral(session, tenant=principal.tenant, referral_id=referral_id)
    if referral is None or not (manages(principal) or _wrote(principal, referral)):
        raise UnknownReferral(referral_id=str(referral_id))
    if referral.state == ReferralState.ERASED:
        raise CaseErased(case_id=str(referral.case_id))
    case = await cases.case(session, tenant=principal.tenant, case_id=referral.case_id)
    if case is not None:
        _require_not_erased(case)
    return referral


async def may_read_offer(
    session: AsyncSession, principal: Principal, *, offer_id: UUID
) -> tuple[Offer, Case]:
    """Return an open offer to its coordinator, with its case. Raises: UnknownOffer."""
    offer = await cases.offer(session, tenant=principal.tenant, offer_id=offer_id)
    if offer is None or offer.coordinator_id != principal.id or offer.state != OfferState.OPEN:
        raise UnknownOffer(offer_id=str(offer_id))
    return offer, await _of_tenant(session, principal, offer.case_id)


def may_list_cases(principal: Principal) -> Select[Case]:
    """Return the query of the cases a caller may list: the tenant's, those assigned to them, their organisation's.

    Raises: NotForThisRole.
    """
    tenant = principal.tenant
    if manages(principal) or principal.has(Role.OPS):
        return cases.all_cases(tenant=tenant)
    if principal.has(Role.COORDINATOR):
        return cases.cases_of_coordinator(tenant=tenant, coordinator_id=principal.id)
    if principal.has(Role.REFERRER) and principal.organisation is not None:
        return cases.cases_of_party(tenant=tenant, organisation_id=principal.organisation)
    raise NotForThisRole


async def own_case(session: AsyncSession, principal: Principal) -> Case:
    """Return the case of somebody with a personal link. Raises: UnknownCase."""
    if principal.case is None:
        raise UnknownCase(case_id="")
    return await _of_tenant(session, principal, principal.case)


async def may_read_case(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return the state of a case to managers, ops, its current coordinator, and parties.

    Raises: UnknownCase, CaseErased.
    """
    if principal.has(Role.OPS):
        return _require_not_erased(await _of_tenant(session, principal, case_id))
    case, _ = await _case(session, principal, case_id, Relation.MANAGER, Relation.COORDINATOR, *_PARTIES)
    return case


def may_read_what_it_is_about(principal: Principal, case: Case) -> bool:
    """Tell whether a reader of a case's state may also read its themes and reasons: all but ops."""
    coordinates = principal.has(Role.COORDINATOR) and case.coordinator_id == principal.id
    return manages(principal) or coordinates or not principal.has(Role.OPS)


async def may_coordinate(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return a case to managers and its current coordinator, who pause and resume it.

    Raises: UnknownCase, CaseErased.
    """
    case, _ = await _case(session, principal, case_id, Relation.MANAGER, Relation.COORDINATOR)
    return case


async def may_erase_case(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return a case of the tenant, also an erased one, to those responsible for its data. Raises: UnknownCase."""
    return await _of_tenant(session, principal, case_id)


async def may_erase_contact(session: AsyncSession, principal: Principal, *, person_id: UUID) -> None:
    """Let an officer erase anybody who left, and an administrator everybody but officers, who must not be silenced.

    Raises: OfficerErasedByOfficer.
    """
    known = await register.contacts(session, tenant=principal.tenant, person_id=person_id)
    officer = any(isinstance(row, StaffMember) and Role.DPO in row.roles for row in known)
    if officer and not principal.has(Role.DPO):
        raise OfficerErasedByOfficer


async def may_copy_persons(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return a case to the service that copies its persons at the opening. Raises: UnknownCase, CaseErased."""
    return _require_not_erased(await _of_tenant(session, principal, case_id))


async def may_ask_for_holds(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let the service through that is about to erase a person of a file, also an erased file. Raises: UnknownCase."""
    if await retention.referral_of_file(session, tenant=principal.tenant, case_id=case_id) is None:
        raise UnknownCase(case_id=str(case_id))


async def may_read_baseline(
    session: AsyncSession, principal: Principal, *, case_id: UUID, now: datetime
) -> Case:
    """Return a case to its current coordinator, to parties, its circle, and its manager with break-glass access.

    Raises: UnknownCase, CaseErased.
    """
    circle = (Relation.CENTRAL, Relation.CIRCLE)
    readers = (Relation.COORDINATOR, *_PARTIES, *circle, Relation.BREAK_GLASS)
    case, _ = await _case(session, principal, case_id, *readers, now=now)
    return case


async def may_write_baseline(session: AsyncSession, principal: Principal, *, case_id: UUID) -> BaselineRights:
    """Return what a caller may write in the baseline: the coordinator the questions, the mandated side the rest.

    Raises: UnknownCase, CaseErased.
    """
    case, found = await _case(session, principal, case_id, Relation.COORDINATOR, *_PARTIES)
    mandated = case.mandated_organisation or case.referring_organisation
    return BaselineRights(
        questions=Relation.COORDINATOR in found,
        bottom_lines=principal.has(Role.REFERRER) and principal.organisation == mandated,
    )


async def may_break_glass(session: AsyncSession, principal: Principal, *, case_id: UUID) -> Case:
    """Return a case of the tenant to its regional manager, who may open its file. Raises: UnknownCase, CaseErased."""
    case, _ = await _case(session, principal, case_id, Relation.MANAGER)
    return case


async def may_read_break_glass(
    session: AsyncSession, principal: Principal, *, break_glass_id: UUID
) -> BreakGlass:
    """Return a break-glass access of the tenant, as its list shows it. Raises: UnknownBreakGlass."""
    found = await break_glass.access(session, tenant=principal.tenant, break_glass_id=break_glass_id)
    if found is None:
        raise UnknownBreakGlass(break_glass_id=str(break_glass_id))
    return found


async def may_end_break_glass(
    session: AsyncSession, principal: Principal, *, break_glass_id: UUID
) -> BreakGlass:
    """Return a break-glass access to its holder, or to the data protection officer. Raises: UnknownBreakGlass."""
    found = await break_glass.access(
        session, tenant=principal.tenant, break_glass_id=break_glass_id, lock=True
    )
    if found is None or not (principal.has(Role.DPO) or found.opened_by == principal.id):
        raise UnknownBreakGlass(break_glass_id=str(break_glass_id))
    return found


def may_read_reasons(principal: Principal) -> bool:
    """Tell whether a caller reads why files were opened: the data protection officer of the tenant."""
    return principal.has(Role.DPO) and principal.is_of_tenant


async def may_withdraw_case(
    session: AsyncSession, principal: Principal, *, case_id: UUID, withdrawal: Withdrawal
) -> WithdrawnBy:
    """Return on whose behalf a case may be withdrawn: by its central persons, or by staff for them.

    Raises: UnknownCase, CaseErased, NotForThisRole, NotForThisKind, NotOnBehalf, FromTwelveOn,
    NoLongerInCircle.
    """
    if principal.kind is Kind.PERSON:
        return await _in_own_name(session, principal, case_id, withdrawal)
    if principal.kind is not Kind.STAFF:
        raise NotForThisKind
    if not principal.has(Role.REGIONAL_MANAGER, Role.COORDINATOR):
        raise NotForThisRole
    await may_coordinate(session, principal, case_id=case_id)
    if manages(principal):
        return withdrawal.by or "regional-manager"
    if withdrawal.by not in (None, *_ON_BEHALF.values()):
        raise NotOnBehalf
    return withdrawal.by or "central-person"


async def _in_own_name(
    session: AsyncSession, principal: Principal, case_id: UUID, withdrawal: Withdrawal
) -> WithdrawnBy:
    if principal.case != case_id:
        raise UnknownCase(case_id=str(case_id))
    await access_of(session, principal, case_id)
    own = _ON_BEHALF.get(principal.case_role or "")
    if own is None:
        raise NotForThisRole
    require_twelve(principal)
    if withdrawal.by not in (None, own):
        raise NotOnBehalf
    return own


def _wrote(principal: Principal, referral: Referral) -> bool:
    # For the organisation that they wrote it for: an author who moved elsewhere left it there.
    return (
        principal.has(Role.REFERRER)
        and referral.referrer_id == principal.id
        and referral.referring_organisation == principal.organisation
    )


async def _of_tenant(session: AsyncSession, principal: Principal, case_id: UUID) -> Case:
    case = await cases.case(session, tenant=principal.tenant, case_id=case_id)
    if case is None or principal.tenant == NO_TENANT:
        raise UnknownCase(case_id=str(case_id))
    return case


async def _case(
    session: AsyncSession,
    principal: Principal,
    case_id: UUID,
    *wanted: Relation,
    now: datetime | None = None,
) -> tuple[Case, frozenset[Relation]]:
    case = await _of_tenant(session, principal, case_id)
    found = (await access_of(session, principal, case_id, now=now)).relations
    if principal.has(Role.REFERRER) and principal.organisation is not None:
        found |= await _parties(session, case, principal.organisation)
    if found.isdisjoint(wanted):
        raise UnknownCase(case_id=str(case_id))
    return _require_not_erased(case), found


async def _parties(session: AsyncSession, case: Case, organisation: UUID) -> set[Relation]:
    roles = await cases.roles_of_party(session, case=case, organisation_id=organisation)
    return {Relation(role) for role in roles}


def _require_not_erased(case: Case) -> Case:
    # Checked last: a caller who may not know a case does not learn that it was erased.
    if case.state == CaseStatus.ERASED:
        raise CaseErased(case_id=str(case.id))
    return case
