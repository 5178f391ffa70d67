"""Who may do what with a plan: the role gates, then one function per rule on the caller's relation to the case.

A caller who may not know that a case or plan exists gets the same answer as when there is none.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import ColumnElement
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    PLAN_PARTS,
    AgreementNotFound,
    AnsweredAs,
    CheckInNotFound,
    CheckInState,
    NotYours,
    PlanAcceptance,
    PlanNotFound,
    PlanPart,
    RecordedAs,
    ResourceNotFound,
)
from services.plans.models import Agreement, CheckIn, Plan, Resource
from services.plans.permissions.relations import (
    CIRCLE,
    acting,
    decides_for,
    is_shared,
    load,
    monitors,
    need,
    of_case,
    relations,
    share_with,
    with_manager,
)
from shared import case_access
from shared.auth import Principal, Role
from shared.case_access import Relation
from shared.case_state import UnknownCase
from shared.http import allow
from shared.http.principals import require_twelve

Involved = Annotated[
    Principal,
    Depends(allow(Role.COORDINATOR, Role.REFERRER, Role.REGIONAL_MANAGER, from_elsewhere=True, people=True)),
]
Professional = Annotated[Principal, Depends(allow(Role.REFERRER, from_elsewhere=True))]


# Those who read the current version of a plan; others read what was shared with them.
_READERS = (Relation.COORDINATOR, *CIRCLE, Relation.MANDATED, Relation.BREAK_GLASS)


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
    need(await of_case(session, principal, case_id), Relation.COORDINATOR)


async def may_record_version(session: AsyncSession, principal: Principal, *, plan_id: UUID) -> Plan:
    """Return the plan to the coordinator. Raises: PlanNotFound, NotYours, CaseErased."""
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound)
    need(found, Relation.COORDINATOR)
    return plan


async def may_list_plans(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let those through who are related to the case, or have its plan shared. Raises: UnknownCase, CaseErased."""
    if not await relations(session, principal, case_id) and not await is_shared(session, principal, case_id):
        raise UnknownCase(case_id=str(case_id))


async def may_read_plan(
    session: AsyncSession, principal: Principal, *, plan_id: UUID, now: datetime
) -> Reading:
    """Return what the caller reads: the current version for some, for others what was shared with them.

    Who has an agreement in it reads that one, whatever is shared. Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound, now=now)
    found = await with_manager(session, found, plan.case_id)
    current = not found.isdisjoint(_READERS)
    version, parts = plan.version, PLAN_PARTS
    if not current:
        shared = await share_with(session, principal, plan)
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
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound, now=now)
    need(found, *_READERS)
    return plan


async def may_judge(session: AsyncSession, principal: Principal, *, plan_id: UUID) -> Plan:
    """Return the plan to the mandated side, which alone judges whether its bottom lines are met.

    Whether acceptance is needed at all is checked by the operation. Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound)
    if plan.acceptance != PlanAcceptance.NOT_NEEDED:
        need(found, Relation.MANDATED)
    return plan


async def may_share(
    session: AsyncSession, principal: Principal, *, plan_id: UUID
) -> tuple[Plan, frozenset[UUID]]:
    """Return the plan, and on whose behalf it is shared, to a central person from twelve on, or to the coordinator.

    For a central person under twelve: to holders of parental authority in the circle. The coordinator shares on
    behalf of the circle. Raises: PlanNotFound, NotYours, FromTwelveOn, CaseErased.
    """
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound)
    children = decides_for(principal, found)
    if not children:
        need(found, Relation.COORDINATOR, Relation.CENTRAL)
    require_twelve(principal)
    return plan, children


async def may_answer_resource(
    session: AsyncSession, principal: Principal, *, resource_id: UUID
) -> tuple[Resource, AnsweredAs]:
    """Return the resource, and the caller's role, to the coordinator, a central person and the mandated side.

    Raises: ResourceNotFound, NotYours, CaseErased.
    """
    resource, found = await load(session, principal, Resource, resource_id, missing=ResourceNotFound)
    need(found, Relation.COORDINATOR, Relation.CENTRAL, Relation.MANDATED)
    if Relation.CENTRAL in found:
        return resource, "person"
    return resource, "coordinator" if Relation.COORDINATOR in found else "mandated"


async def may_take_stance(session: AsyncSession, principal: Principal, *, plan_id: UUID) -> Plan:
    """Return the plan to anyone of the circle, who answers for themselves only.

    Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound)
    need(found, *CIRCLE)
    return plan


async def may_request_review(session: AsyncSession, principal: Principal, *, plan_id: UUID) -> Plan:
    """Return the plan to anyone of the circle, the coordinator, the referring or mandated side.

    Raises: PlanNotFound, NotYours, CaseErased.
    """
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound)
    need(found, *CIRCLE, Relation.COORDINATOR, Relation.REFERRING, Relation.MANDATED)
    return plan


async def may_list_agreements(
    session: AsyncSession, principal: Principal, *, case_id: UUID, now: datetime
) -> None:
    """Let through the coordinator, the circle, break-glass access, and the manager who must act on an agreement.

    Raises: UnknownCase, NotYours, CaseErased.
    """
    found = await with_manager(session, await of_case(session, principal, case_id, now=now), case_id)
    need(found, Relation.COORDINATOR, *CIRCLE, Relation.BREAK_GLASS)


async def may_settle_agreement(
    session: AsyncSession, principal: Principal, *, agreement_id: UUID
) -> Agreement:
    """Return an agreement to those who do it, the monitor, a central person, the coordinator or a manager for them.

    Raises: AgreementNotFound, NotYours, CaseErased.
    """
    agreement, found = await load(session, principal, Agreement, agreement_id, missing=AgreementNotFound)
    found = await with_manager(session, found, agreement.case_id)
    does_it = principal.id in agreement.who_person_ids
    if not does_it and not await monitors(session, principal, agreement.plan_id):
        need(found, Relation.CENTRAL, Relation.COORDINATOR)
    return agreement


async def may_change_agreement(
    session: AsyncSession, principal: Principal, *, agreement_id: UUID
) -> tuple[Agreement, RecordedAs]:
    """Return an agreement, and the caller's role, to those who may change it: monitor, central person, staff.

    Central persons from twelve on; for one under twelve, holders of parental authority in the circle. Staff:
    the coordinator, and a manager in their place. Raises: AgreementNotFound, NotYours, FromTwelveOn,
    CaseErased.
    """
    agreement, found = await load(session, principal, Agreement, agreement_id, missing=AgreementNotFound)
    return agreement, await acting(
        session, principal, found, case_id=agreement.case_id, plan_id=agreement.plan_id
    )


async def may_invoke_plan_b(
    session: AsyncSession, principal: Principal, *, plan_id: UUID
) -> tuple[Plan, RecordedAs]:
    """Return a plan, and the caller's role, to those who may change its agreements.

    Raises: PlanNotFound, NotYours, FromTwelveOn, CaseErased.
    """
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound)
    return plan, await acting(session, principal, found, case_id=plan.case_id, plan_id=plan.id)


async def may_record_own_meeting(
    session: AsyncSession, principal: Principal, *, plan_id: UUID
) -> tuple[Plan, RecordedAs]:
    """Return a plan, and the caller's role, to those who may change its agreements, and to the regional manager.

    Raises: PlanNotFound, NotYours, FromTwelveOn, CaseErased.
    """
    plan, found = await load(session, principal, Plan, plan_id, missing=PlanNotFound)
    if Relation.MANAGER in found:
        return plan, "coordinator" if Relation.COORDINATOR in found else "regional-manager"
    return plan, await acting(session, principal, found, case_id=plan.case_id, plan_id=plan.id)


async def may_list_check_ins(
    session: AsyncSession, principal: Principal, *, case_id: UUID
) -> tuple[bool, bool]:
    """Return whether the caller reads the notes too (those who make checks, central persons), and is the monitor.

    The circle may know that there are checks. Raises: UnknownCase, NotYours, CaseErased.
    """
    found = await of_case(session, principal, case_id)
    need(found, Relation.COORDINATOR, *CIRCLE, Relation.MANAGER)
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=principal.tenant)
    is_monitor = plan is not None and await monitors(session, principal, plan.id)
    return is_monitor or not found.isdisjoint(
        {Relation.COORDINATOR, Relation.CENTRAL, Relation.MANAGER}
    ), is_monitor


def waiting_for(principal: Principal) -> ColumnElement[bool]:
    """Return the filter on pending checks a caller sees: a coordinator's own; a manager's, and escalated ones."""
    if case_access.manages(principal):
        return (CheckIn.owner == "regional-manager") | (CheckIn.state == CheckInState.ESCALATED)
    return (CheckIn.owner == "coordinator") & CheckIn.case_id.in_(case_access.coordinated_by(principal))


async def may_answer_review(session: AsyncSession, principal: Principal, *, check_in_id: UUID) -> CheckIn:
    """Return a check to anyone of the circle. Raises: CheckInNotFound, NotYours, CaseErased."""
    check_in, found = await load(session, principal, CheckIn, check_in_id, missing=CheckInNotFound)
    need(found, *CIRCLE)
    return check_in


async def may_record_check_in(session: AsyncSession, principal: Principal, *, check_in_id: UUID) -> CheckIn:
    """Return a check to the person who must ask, and to the regional manager if that person cannot.

    Who that is does not change until the commit. Raises: CheckInNotFound, NotYours, CaseErased.
    """
    check_in, found = await load(session, principal, CheckIn, check_in_id, missing=CheckInNotFound)
    await queries.hold_case(session, case_id=check_in.case_id)
    await session.refresh(check_in)
    if check_in.owner == "monitor" and await monitors(session, principal, check_in.plan_id):
        return check_in
    need(found, Relation.MANAGER, *([Relation.COORDINATOR] if check_in.owner == "coordinator" else []))
    return check_in


async def may_call_referrer(session: AsyncSession, principal: Principal, *, case_id: UUID) -> None:
    """Let the coordinator or the regional manager call, and read the answers. Raises: UnknownCase, NotYours."""
    need(await of_case(session, principal, case_id), Relation.COORDINATOR, Relation.MANAGER)


async def may_move_check_in(session: AsyncSession, principal: Principal, *, check_in_id: UUID) -> CheckIn:
    """Return a check to the coordinator, or the regional manager. Raises: CheckInNotFound, NotYours, CaseErased."""
    check_in, found = await load(session, principal, CheckIn, check_in_id, missing=CheckInNotFound)
    need(found, Relation.COORDINATOR, Relation.MANAGER)
    return check_in
