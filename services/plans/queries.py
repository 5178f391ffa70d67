"""Reads: what the caller is to a case, plans as the caller may see them, and what the follow-up waits for."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from services.plans.domain import CIRCLE_ROLES, PlanNotFound, Standing
from services.plans.models import (
    Acceptance,
    Agreement,
    CaseBaseline,
    CaseCoordinator,
    CaseInfo,
    CasePerson,
    CheckIn,
    HeldConference,
    Plan,
    PlanVersion,
    Share,
    SharingConsent,
)
from shared import case_state
from shared.auth import Kind, Principal, Role
from shared.errors import NotFound, NotYet
from shared.tables import case_state as case_state_table
from shared.tables import clock


async def hold_case(session: AsyncSession, *, case_id: UUID) -> None:
    """Make this transaction the only one that changes the case's plan, whatever state the case is in.

    Everything that changes it takes this lock first: one writer per case, and no two that wait for each other. Events
    that change the case's state take it too, before their handlers run.
    """
    await case_state.lock(session, case_id)


async def lock_case(session: AsyncSession, *, case_id: UUID, tenant: UUID) -> case_state.CaseState:
    """Make this transaction the only one that changes the case's plan, and return the case if it goes on.

    Raises: UnknownCase, CaseStopped, CaseErased.
    """
    await hold_case(session, case_id=case_id)
    return await case_state.require_live(session, case_id=case_id, tenant=tenant)


async def standing(session: AsyncSession, principal: Principal, case_id: UUID) -> frozenset[Standing]:
    """Return what the caller is to a case; nothing for a stranger, or if there is no such case. Raises: CaseErased."""
    if principal.kind is Kind.PERSON:
        return await _standing_of_person(session, principal, case_id)
    if principal.kind is not Kind.STAFF:
        return frozenset()
    state = case_state_table.c
    assigned = exists().where(
        CaseCoordinator.case_id == case_id,
        CaseCoordinator.coordinator_id == principal.id,
        CaseCoordinator.released.is_(False),
    )
    query = (
        select(
            CaseInfo.referring_organisation,
            CaseInfo.mandated_organisation,
            assigned.label("assigned"),
            state.status,
        )
        .select_from(case_state_table.outerjoin(CaseInfo, CaseInfo.case_id == state.case_id))
        .where(state.case_id == case_id, state.tenant == principal.tenant)
    )
    row = (await session.execute(query)).first()
    if row is None:
        return frozenset()
    refers = principal.has(Role.REFERRER) and principal.organisation is not None
    found = {
        Standing.COORDINATOR: principal.has(Role.COORDINATOR) and row.assigned,
        Standing.MANAGER: principal.has(Role.REGIONAL_MANAGER) and principal.is_of_tenant,
        Standing.MANDATED: refers and row.mandated_organisation == principal.organisation,
        Standing.REFERRING: refers and row.referring_organisation == principal.organisation,
    }
    standing = frozenset(what for what, true in found.items() if true)
    # Asked last: who has nothing to do with a case does not learn that it was erased.
    if standing and row.status == "erased":
        raise case_state.CaseErased(case_id=str(case_id))
    return standing


async def _standing_of_person(
    session: AsyncSession, principal: Principal, case_id: UUID
) -> frozenset[Standing]:
    if principal.case != case_id:
        return frozenset()
    await case_state.require_not_erased(session, case_id=case_id)
    role = await session.scalar(
        select(func.coalesce(CasePerson.role, "circle")).where(
            CasePerson.case_id == case_id,
            CasePerson.person_id == principal.id,
            CasePerson.tenant == principal.tenant,
            CasePerson.active.is_(True),
        )
    )
    if role is None:
        return frozenset()
    if role == "central":
        return frozenset({Standing.CENTRAL})
    return frozenset({Standing.CIRCLE if role in CIRCLE_ROLES else Standing.OTHER_PERSON})


async def case_of(
    session: AsyncSession,
    entity: type[Plan | Agreement | CheckIn],
    entity_id: UUID,
    principal: Principal,
    *,
    missing: type[NotFound],
) -> tuple[UUID, frozenset[Standing]]:
    """Return the case that something belongs to and what the caller is to it. Raises: `missing` for strangers."""
    query = select(entity.case_id).where(entity.id == entity_id, entity.tenant == principal.tenant)
    case_id = await session.scalar(query)
    if case_id is None:
        raise missing
    found = await standing(session, principal, case_id)
    if not found and not await is_shared(session, principal, case_id):
        raise missing
    return case_id, found


async def sharing_refused(session: AsyncSession, case_id: UUID) -> bool:
    """Say whether somebody whom the plan is about, or who decides for them, wants it kept within the circle.

    Who holds parental authority has a say while they belong to the case and the child is no adult.
    """
    about, speaker = aliased(CasePerson), aliased(CasePerson)
    own = SharingConsent.person_id == SharingConsent.concerns
    query = (
        select(SharingConsent.person_id)
        .join(about, (about.case_id == case_id) & (about.person_id == SharingConsent.concerns))
        .join(speaker, (speaker.case_id == case_id) & (speaker.person_id == SharingConsent.person_id))
        .where(
            SharingConsent.case_id == case_id,
            SharingConsent.given.is_(False),
            about.role == "central",
            own | (speaker.active & about.adult.is_(False)),
        )
    )
    return await session.scalar(query.limit(1)) is not None


async def is_shared(session: AsyncSession, principal: Principal, case_id: UUID) -> bool:
    """Say whether something of a case's plan was shared with the organisation of a referrer who asks.

    Raises: CaseErased.
    """
    if principal.organisation is None or not principal.has(Role.REFERRER):
        return False
    query = select(Share.id).join(Plan, Plan.id == Share.plan_id)
    query = query.where(Plan.case_id == case_id, Share.recipient == principal.organisation)
    if await session.scalar(query.where(Share.ended_at.is_(None)).limit(1)) is None:
        return False
    if await sharing_refused(session, case_id):
        return False
    await case_state.require_not_erased(session, case_id=case_id)
    return True


async def read_plan(session: AsyncSession, plan_id: UUID) -> Plan:
    """Return a plan. Raises: PlanNotFound."""
    plan = await session.get(Plan, plan_id, populate_existing=True)
    if plan is None:
        raise PlanNotFound
    return plan


async def plan_of_case(session: AsyncSession, *, case_id: UUID, tenant: UUID) -> Plan | None:
    """Return the plan of a case."""
    query = select(Plan).where(Plan.tenant == tenant, Plan.case_id == case_id)
    return (await session.scalars(query, execution_options={"populate_existing": True})).one_or_none()


async def version_of(session: AsyncSession, plan_id: UUID, version: int) -> PlanVersion:
    """Return one version of a plan. Raises: PlanNotFound."""
    query = select(PlanVersion).where(PlanVersion.plan_id == plan_id, PlanVersion.version == version)
    found = await session.scalar(query)
    if found is None:
        raise PlanNotFound
    return found


async def shared_version(session: AsyncSession, principal: Principal, plan: Plan) -> int | None:
    """Return the newest version shared with the caller or, for its referrers, with their organisation.

    None also while those whom the plan is about want it kept within the circle, which reads it anyway.
    """
    staff = principal.kind is Kind.STAFF and principal.has(Role.REFERRER)
    recipient = principal.organisation if staff else principal.id if principal.kind is Kind.PERSON else None
    if recipient is None:
        return None
    query = select(func.max(Share.version)).where(
        Share.plan_id == plan.id, Share.recipient == recipient, Share.ended_at.is_(None)
    )
    found: int | None = await session.scalar(query)
    return None if found is not None and await sharing_refused(session, plan.case_id) else found


async def active_people(session: AsyncSession, case_id: UUID) -> dict[UUID, str]:
    """Return the people who belong to a case now, with their roles."""
    query = select(CasePerson.person_id, CasePerson.role).where(
        CasePerson.case_id == case_id, CasePerson.active.is_(True)
    )
    return {
        row.person_id: row.role or "circle"
        for row in await session.execute(query.order_by(CasePerson.person_id))
    }


async def erased_people(session: AsyncSession, case_ids: Collection[UUID]) -> set[UUID]:
    """Return who of these cases was erased: an id that a plan still names, and nobody knows any more."""
    query = select(CasePerson.person_id).where(CasePerson.case_id.in_(case_ids), CasePerson.erased.is_(True))
    return set((await session.scalars(query)).all())


async def current_monitor(session: AsyncSession, plan: Plan) -> UUID | None:
    """Return the monitor of the current version, if they still belong to the case."""
    query = (
        select(PlanVersion.monitor_person_id)
        .join(CasePerson, CasePerson.person_id == PlanVersion.monitor_person_id)
        .where(PlanVersion.plan_id == plan.id, PlanVersion.version == plan.version)
        .where(CasePerson.case_id == plan.case_id, CasePerson.active.is_(True))
    )
    found: UUID | None = await session.scalar(query)
    return found


async def has_coordinator(session: AsyncSession, case_id: UUID) -> bool:
    """Say whether a coordinator is assigned to the case now."""
    query = select(exists().where(CaseCoordinator.case_id == case_id, CaseCoordinator.released.is_(False)))
    return bool(await session.scalar(query))


async def mandate_of(session: AsyncSession, case_id: UUID) -> UUID | None:
    """Return the organisation that has to accept the plan, if any. Raises: NotYet."""
    info = await session.get(CaseInfo, case_id)
    if info is None:
        raise NotYet("opening of the case")
    return info.mandated_organisation


async def bottom_lines_of(session: AsyncSession, case_id: UUID) -> dict[UUID, int]:
    """Return the case's bottom lines and their versions. Raises: NotYet."""
    baseline = await session.get(CaseBaseline, case_id)
    if baseline is None:
        raise NotYet("baseline of the case")
    return {UUID(line["bottom_line_id"]): line["version"] for line in baseline.bottom_lines}


async def was_held(session: AsyncSession, *, conference_id: UUID, case_id: UUID) -> bool:
    """Say whether this conference of this case was held."""
    conference = await session.get(HeldConference, conference_id)
    return conference is not None and conference.case_id == case_id


async def comes_from_new_conference(session: AsyncSession, plan: Plan, conference_id: UUID | None) -> bool:
    """Say whether a version comes from a conference from which none of the versions before came."""
    query = select(exists().where(PlanVersion.plan_id == plan.id, PlanVersion.conference_id == conference_id))
    return conference_id is not None and not await session.scalar(query)


async def check_in_moments(
    session: AsyncSession, check_ins: Sequence[UUID]
) -> dict[UUID, tuple[datetime, datetime]]:
    """Return per check when it is asked for and when the regional manager is called in."""
    query = (
        select(clock.c.subject, clock.c.warn_at, clock.c.due_at)
        .where(clock.c.kind == "check-in", clock.c.subject.in_(check_ins))
        .order_by(clock.c.started_at)
    )
    return {row.subject: (row.warn_at, row.due_at) for row in await session.execute(query)}


async def agreements_of_version(session: AsyncSession, plan_id: UUID, version: int) -> Sequence[Agreement]:
    """Return the agreements of one version, in the order in which the circle gave them."""
    query = select(Agreement).where(Agreement.plan_id == plan_id, Agreement.plan_version == version)
    return (await session.scalars(query.order_by(Agreement.created_at, Agreement.id))).all()


async def acceptance_lines(session: AsyncSession, plan_id: UUID, version: int) -> Sequence[Acceptance]:
    """Return what was said of each bottom line of one version."""
    query = select(Acceptance).where(Acceptance.plan_id == plan_id, Acceptance.version == version)
    return (await session.scalars(query.order_by(Acceptance.created_at, Acceptance.id))).all()


async def shares_of(session: AsyncSession, plan_id: UUID) -> Sequence[Share]:
    """Return with whom a plan is shared, in order."""
    query = select(Share).where(Share.plan_id == plan_id, Share.ended_at.is_(None))
    return (await session.scalars(query.order_by(Share.created_at, Share.id))).all()


async def agreements_of_person(
    session: AsyncSession, plan_id: UUID, *, person_id: UUID
) -> Sequence[Agreement]:
    """Return what somebody agreed to do, in whatever version of a plan."""
    query = select(Agreement).where(
        Agreement.plan_id == plan_id, Agreement.who_person_ids.contains([person_id])
    )
    return (await session.scalars(query.order_by(Agreement.created_at, Agreement.id))).all()


async def check_ins_held(session: AsyncSession, plan_id: UUID) -> Sequence[CheckIn]:
    """Return the checks of a plan that were recorded, in order."""
    query = select(CheckIn).where(CheckIn.plan_id == plan_id, CheckIn.recorded_at.is_not(None))
    return (await session.scalars(query.order_by(CheckIn.recorded_at, CheckIn.id))).all()
