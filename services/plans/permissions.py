"""Who may do what with a plan: the role gates, then one function per rule on the caller's relation to the case.

A caller who may not know that a case or plan exists gets the same answer as when there is none.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from fastapi import Depends
from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    PLAN_PARTS,
    AgreementNotFound,
    CheckInNotFound,
    CheckInState,
    NotYours,
    PlanAcceptance,
    PlanNotFound,
    PlanPart,
    RecordedAs,
    ResourceNotFound,
)
from services.plans.models import Agreement, CaseInfo, CheckIn, Plan, Resource, Share
from shared import case_access
from shared.auth import Kind, Principal, Role
from shared.case_access import Relation
from shared.case_state import UnknownCase, require_not_erased
from shared.errors import NotFound
from shared.http import allow
from shared.http.principals import require_twelve

Involved = Annotated[
    Principal,
    Depends(allow(Role.COORDINATOR, Role.REFERRER, Role.REGIONAL_MANAGER, from_elsewhere=True, people=True)),
]
Professional = Annotated[Principal, Depends(allow(Role.REFERRER, from_elsewhere=True))]

Relations = frozenset[Relation]
T = TypeVar("T", Plan, Agreement, CheckIn, Resource)

_CIRCLE = (Relation.CENTRAL, Relation.CIRCLE)
# Those who read the current version of a plan; others read what was shared with them.
_READERS = (Relation.COORDINATOR, *_CIRCLE, Relation.MANDATED, Relation.BREAK_GLASS)


@dataclass(frozen=True)
class Reading:
    """What a caller reads of a plan: version and parts, whether its shares, whether the mandated side's judgement.

    Agreements of `own` are readable even in a part that is not; without any part, they alone.
    """

    plan: Plan
    version: int
    parts: frozenset[PlanPart]
    own: UUID
    with_shares: bool
    with_reasons: bool


async def may_record_plan(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let only the coordinator record what the circle decided. Raises: UnknownCase, NotYours, CaseErased."""
    _need(await _of_case(session, principal, case_id), Relation.COORDINATOR)


async def may_record_version(session: AsyncSession, principal: Principal, *, plan_id: UUID) -> Plan:
    """Return the plan to the coordinator. Raises: PlanNotFound, NotYours, CaseErased."""
    plan, found = await _load(session, principal, Plan, plan_id, missing=PlanNotFound)
    _need(found, Relation.COORDINATOR)
    return plan


async def may_list_plans(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let those through who are related to the case, or have its plan shared. Raises: UnknownCase, CaseErased."""
    if not await _relations(session, principal, case_id) and not await _is_shared(
        session, principal, case_id
    ):
        raise UnknownCase(case_id=str(case_id))


async def may_read_plan(
    session: AsyncSession, principal: Principal, *, plan_id: UUID, now: datetime
) -> Reading:
    """Return what the caller reads: the current version for some, for others what was shared with them.

    Who has an agreement in it reads that one, whatever is shared. Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await _load(session, principal, Plan, plan_id, missing=PlanNotFound, now=now)
    found = await _with_manager(session, found, plan.case_id)
    current = not found.isdisjoint(_READERS)
    version, parts = plan.version, PLAN_PARTS
    if not current:
        shared = await _share(session, principal, plan)
        if shared is None and not await queries.has_agreement(session, plan, person_id=principal.id):
            raise NotYours
        version, parts = (
            (plan.version, frozenset()) if shared is None else (shared.version, frozenset(shared.parts))
        )
    return Reading(
        plan,
        version=version,
        parts=parts,
        own=principal.id,
        with_shares=current and Relation.MANDATED not in found,
        with_reasons=current,
    )


async def may_read_versions(
    session: AsyncSession, principal: Principal, *, plan_id: UUID, now: datetime
) -> Plan:
    """Return the plan to those who read its current version: they may read the earlier ones too.

    Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await _load(session, principal, Plan, plan_id, missing=PlanNotFound, now=now)
    _need(found, *_READERS)
    return plan


async def may_judge(session: AsyncSession, principal: Principal, *, plan_id: UUID) -> Plan:
    """Return the plan to the mandated side, which alone judges whether its bottom lines are met.

    Whether acceptance is needed at all is checked by the operation. Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await _load(session, principal, Plan, plan_id, missing=PlanNotFound)
    if plan.acceptance != PlanAcceptance.NOT_NEEDED:
        _need(found, Relation.MANDATED)
    return plan


async def may_share(
    session: AsyncSession, principal: Principal, *, plan_id: UUID
) -> tuple[Plan, frozenset[UUID]]:
    """Return the plan, and on whose behalf it is shared, to a central person from twelve on, or to the coordinator.

    For a central person under twelve: to holders of parental authority in the circle. The coordinator shares on
    behalf of the circle. Raises: PlanNotFound, NotYours, FromTwelveOn, CaseErased.
    """
    plan, found = await _load(session, principal, Plan, plan_id, missing=PlanNotFound)
    children = _decides_for(principal, found)
    if not children:
        _need(found, Relation.COORDINATOR, Relation.CENTRAL)
    require_twelve(principal)
    return plan, children


async def may_answer_resource(session: AsyncSession, principal: Principal, *, resource_id: UUID) -> Resource:
    """Return the resource to the coordinator, a central person and the mandated side, who read the plan too.

    Raises: ResourceNotFound, NotYours, CaseErased.
    """
    resource, found = await _load(session, principal, Resource, resource_id, missing=ResourceNotFound)
    _need(found, Relation.COORDINATOR, Relation.CENTRAL, Relation.MANDATED)
    return resource


async def may_take_stance(session: AsyncSession, principal: Principal, *, plan_id: UUID) -> Plan:
    """Return the plan to anyone of the circle, who answers for themselves only.

    Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await _load(session, principal, Plan, plan_id, missing=PlanNotFound)
    _need(found, *_CIRCLE)
    return plan


async def may_request_review(session: AsyncSession, principal: Principal, *, plan_id: UUID) -> Plan:
    """Return the plan to anyone of the circle, the coordinator, the referring or mandated side.

    Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await _load(session, principal, Plan, plan_id, missing=PlanNotFound)
    _need(found, *_CIRCLE, Relation.COORDINATOR, Relation.REFERRING, Relation.MANDATED)
    return plan


async def may_list_agreements(
    session: AsyncSession, principal: Principal, *, case_id: UUID, now: datetime
) -> None:
    """Let through the coordinator, the circle, break-glass access, and the manager who must act on an agreement.

    Raises: UnknownCase, NotYours, CaseErased.
    """
    found = await _with_manager(session, await _of_case(session, principal, case_id, now=now), case_id)
    _need(found, Relation.COORDINATOR, *_CIRCLE, Relation.BREAK_GLASS)


async def may_settle_agreement(
    session: AsyncSession, principal: Principal, *, agreement_id: UUID
) -> Agreement:
    """Return an agreement to those who do it, the monitor, a central person, the coordinator or a manager for them.

    Raises: AgreementNotFound, NotYours, CaseErased.
    """
    agreement, found = await _load(session, principal, Agreement, agreement_id, missing=AgreementNotFound)
    found = await _with_manager(session, found, agreement.case_id)
    does_it = principal.id in agreement.who_person_ids
    if not does_it and not await _monitors(session, principal, agreement.plan_id):
        _need(found, Relation.CENTRAL, Relation.COORDINATOR)
    return agreement


async def may_change_agreement(
    session: AsyncSession, principal: Principal, *, agreement_id: UUID
) -> tuple[Agreement, RecordedAs]:
    """Return an agreement, and the caller's role, to those who may change it: monitor, central person, staff.

    Central persons from twelve on; for one under twelve, holders of parental authority in the circle. Staff:
    the coordinator, and a manager in their place. Raises: AgreementNotFound, NotYours, FromTwelveOn,
    CaseErased.
    """
    agreement, found = await _load(session, principal, Agreement, agreement_id, missing=AgreementNotFound)
    return agreement, await _acting(
        session, principal, found, case_id=agreement.case_id, plan_id=agreement.plan_id
    )


async def may_invoke_plan_b(
    session: AsyncSession, principal: Principal, *, plan_id: UUID
) -> tuple[Plan, RecordedAs]:
    """Return a plan, and the caller's role, to those who may change its agreements.

    Raises: PlanNotFound, NotYours, FromTwelveOn, CaseErased.
    """
    plan, found = await _load(session, principal, Plan, plan_id, missing=PlanNotFound)
    return plan, await _acting(session, principal, found, case_id=plan.case_id, plan_id=plan.id)


async def may_list_check_ins(
    session: AsyncSession, principal: Principal, *, case_id: UUID
) -> tuple[bool, bool]:
    """Return whether the caller reads the notes too (those who make checks, central persons), and is the monitor.

    The circle may know that there are checks. Raises: UnknownCase, NotYours, CaseErased.
    """
    found = await _of_case(session, principal, case_id)
    _need(found, Relation.COORDINATOR, *_CIRCLE, Relation.MANAGER)
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=principal.tenant)
    monitors = plan is not None and await _monitors(session, principal, plan.id)
    return monitors or not found.isdisjoint(
        {Relation.COORDINATOR, Relation.CENTRAL, Relation.MANAGER}
    ), monitors


def waiting_for(principal: Principal) -> ColumnElement[bool]:
    """Return the filter on pending checks a caller sees: a coordinator's own; a manager's, and escalated ones."""
    if case_access.manages(principal):
        return (CheckIn.owner == "regional-manager") | (CheckIn.state == CheckInState.ESCALATED)
    return (CheckIn.owner == "coordinator") & CheckIn.case_id.in_(case_access.coordinated_by(principal))


async def may_answer_review(session: AsyncSession, principal: Principal, *, check_in_id: UUID) -> CheckIn:
    """Return a check to anyone of the circle. Raises: CheckInNotFound, NotYours, CaseErased."""
    check_in, found = await _load(session, principal, CheckIn, check_in_id, missing=CheckInNotFound)
    _need(found, *_CIRCLE)
    return check_in


async def may_record_check_in(session: AsyncSession, principal: Principal, *, check_in_id: UUID) -> CheckIn:
    """Return a check to the person who must ask, and to the regional manager if that person cannot.

    Who that is does not change until the commit. Raises: CheckInNotFound, NotYours, CaseErased.
    """
    check_in, found = await _load(session, principal, CheckIn, check_in_id, missing=CheckInNotFound)
    await queries.hold_case(session, case_id=check_in.case_id)
    await session.refresh(check_in)
    if check_in.owner == "monitor" and await _monitors(session, principal, check_in.plan_id):
        return check_in
    _need(found, Relation.MANAGER, *([Relation.COORDINATOR] if check_in.owner == "coordinator" else []))
    return check_in


async def may_call_referrer(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let the coordinator or the regional manager call, and read the answers. Raises: UnknownCase, NotYours."""
    _need(await _of_case(session, principal, case_id), Relation.COORDINATOR, Relation.MANAGER)


async def may_move_check_in(session: AsyncSession, principal: Principal, *, check_in_id: UUID) -> CheckIn:
    """Return a check to the coordinator, or the regional manager. Raises: CheckInNotFound, NotYours, CaseErased."""
    check_in, found = await _load(session, principal, CheckIn, check_in_id, missing=CheckInNotFound)
    _need(found, Relation.COORDINATOR, Relation.MANAGER)
    return check_in


def _need(found: Relations, *wanted: Relation) -> None:
    if found.isdisjoint(wanted):
        raise NotYours


async def _of_case(
    session: AsyncSession, principal: Principal, case_id: UUID, *, now: datetime | None = None
) -> Relations:
    found = await _relations(session, principal, case_id, now=now)
    if not found:
        raise UnknownCase(case_id=str(case_id))
    return found


async def _load(
    session: AsyncSession,
    principal: Principal,
    kind: type[T],
    row_id: UUID,
    *,
    missing: type[NotFound],
    now: datetime | None = None,
) -> tuple[T, Relations]:
    """Return a row and the caller's relations to its case. Raises: `missing` to strangers too, CaseErased."""
    query = select(kind).where(kind.id == row_id, kind.tenant == principal.tenant)
    row: T | None = await session.scalar(query)
    if row is None:
        raise missing
    found = await _relations(session, principal, row.case_id, now=now)
    if not found and not await _is_shared(session, principal, row.case_id):
        raise missing
    return row, found


async def _relations(
    session: AsyncSession, principal: Principal, case_id: UUID, *, now: datetime | None = None
) -> Relations:
    found = await case_access.relations(session, principal, case_id, now=now)
    if not principal.has(Role.REFERRER) or principal.organisation is None:
        return found
    case = await session.scalar(
        select(CaseInfo).where(CaseInfo.case_id == case_id, CaseInfo.tenant == principal.tenant)
    )
    if case is None:
        return found
    mandated = await queries.mandate_of(session, case_id)
    parties = {Relation.REFERRING: case.referring_organisation, Relation.MANDATED: mandated}
    own = {party for party, organisation in parties.items() if organisation == principal.organisation}
    if own:
        await require_not_erased(session, case_id=case_id)
    return found | own


async def _with_manager(session: AsyncSession, found: Relations, case_id: UUID) -> Relations:
    """Put the regional manager in the coordinator's place for as long as they must act on a late agreement."""
    if Relation.MANAGER in found and await queries.manager_sees_to_agreements(session, case_id):
        return found | {Relation.COORDINATOR}
    return found


async def _acting(
    session: AsyncSession, principal: Principal, found: Relations, *, case_id: UUID, plan_id: UUID
) -> RecordedAs:
    """Return the role in which somebody changes a plan between meetings. Raises: NotYours, FromTwelveOn."""
    if not _decides_for(principal, found) and not await _monitors(session, principal, plan_id):
        _need(await _with_manager(session, found, case_id), Relation.CENTRAL, Relation.COORDINATOR)
    require_twelve(principal)
    if principal.kind is Kind.PERSON:
        return "person"
    return "coordinator" if Relation.COORDINATOR in found else "regional-manager"


def _decides_for(principal: Principal, found: Relations) -> frozenset[UUID]:
    """Return the children under twelve for whom a person of the circle decides."""
    return frozenset() if found.isdisjoint(_CIRCLE) else principal.decides_for


async def _monitors(session: AsyncSession, principal: Principal, plan_id: UUID) -> bool:
    plan = await queries.read_plan(session, plan_id)
    return await queries.current_monitor(session, plan) == principal.id


async def _is_shared(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
    """Tell whether any of a case's plan was shared with the organisation of a referrer. Raises: CaseErased."""
    if principal.organisation is None or not principal.has(Role.REFERRER):
        return False
    query = select(Share.id).join(Plan, Plan.id == Share.plan_id)
    query = query.where(Plan.case_id == case_id, Share.recipient == principal.organisation)
    if await session.scalar(query.where(Share.ended_at.is_(None)).limit(1)) is None:
        return False
    if await queries.sharing_refused(session, case_id):
        return False
    await require_not_erased(session, case_id=case_id)
    return True


async def _share(session: AsyncSession, principal: Principal, plan: Plan) -> Share | None:
    """Return how the newest version is shared with the caller or, for referrers, with their organisation.

    None also while the people it is about want the plan kept within the circle, which reads it anyway.
    """
    refers = principal.kind is Kind.STAFF and principal.has(Role.REFERRER)
    recipient = principal.organisation if refers else principal.id if principal.kind is Kind.PERSON else None
    if recipient is None:
        return None
    query = select(Share).where(
        Share.plan_id == plan.id, Share.recipient == recipient, Share.ended_at.is_(None)
    )
    found: Share | None = await session.scalar(query.order_by(Share.version.desc()).limit(1))
    return None if found is not None and await queries.sharing_refused(session, plan.case_id) else found
