"""The relations of a caller to a case and its plan, from which every rule starts."""

from datetime import datetime
from typing import TypeVar
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import NotYours, RecordedAs
from services.plans.models import Agreement, CaseInfo, CheckIn, Plan, Resource, Share
from shared import case_access
from shared.auth import Kind, Principal, Role
from shared.case_access import Relation
from shared.case_state import UnknownCase, require_not_erased
from shared.errors import NotFound
from shared.http.principals import require_twelve

Relations = frozenset[Relation]
T = TypeVar("T", Plan, Agreement, CheckIn, Resource)

CIRCLE = (Relation.CENTRAL, Relation.CIRCLE)


def need(found: Relations, *wanted: Relation) -> None:
    """Check that a caller has one of the wanted relations. Raises: NotYours."""
    if found.isdisjoint(wanted):
        raise NotYours


async def of_case(
    session: AsyncSession, principal: Principal, case_id: UUID, *, now: datetime | None = None
) -> Relations:
    """Return the caller's relations to a case. Raises: UnknownCase to strangers, CaseErased."""
    found = await relations(session, principal, case_id, now=now)
    if not found:
        raise UnknownCase(case_id=str(case_id))
    return found


async def load(
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
    found = await relations(session, principal, row.case_id, now=now)
    if not found and not await is_shared(session, principal, row.case_id):
        raise missing
    return row, found


async def relations(
    session: AsyncSession, principal: Principal, case_id: UUID, *, now: datetime | None = None
) -> Relations:
    """Return the caller's relations to a case, their organisation's too; none for strangers. Raises: CaseErased."""
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


async def with_manager(session: AsyncSession, found: Relations, case_id: UUID) -> Relations:
    """Put the regional manager in the coordinator's place for as long as they must act on a late agreement."""
    if Relation.MANAGER in found and await queries.manager_sees_to_agreements(session, case_id):
        return found | {Relation.COORDINATOR}
    return found


async def acting(
    session: AsyncSession, principal: Principal, found: Relations, *, case_id: UUID, plan_id: UUID
) -> RecordedAs:
    """Return the role in which somebody changes a plan between meetings. Raises: NotYours, FromTwelveOn."""
    if not decides_for(principal, found) and not await monitors(session, principal, plan_id):
        need(await with_manager(session, found, case_id), Relation.CENTRAL, Relation.COORDINATOR)
    require_twelve(principal)
    if principal.kind is Kind.PERSON:
        return "person"
    return "coordinator" if Relation.COORDINATOR in found else "regional-manager"


def decides_for(principal: Principal, found: Relations) -> frozenset[UUID]:
    """Return the children under twelve for whom a person of the circle decides."""
    return frozenset() if found.isdisjoint(CIRCLE) else principal.decides_for


async def monitors(session: AsyncSession, principal: Principal, plan_id: UUID) -> bool:
    """Tell whether the caller is the monitor of a plan, and still belongs to its case."""
    plan = await queries.read_plan(session, plan_id)
    return await queries.current_monitor(session, plan) == principal.id


async def is_shared(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
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


async def share_with(session: AsyncSession, principal: Principal, plan: Plan) -> Share | None:
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
