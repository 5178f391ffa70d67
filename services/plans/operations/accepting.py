"""The mandated side's judgement of a plan: per bottom line, with the reason of each refusal at once.

No response in time counts as acceptance, unless a bottom line was not met in their last judgement: then the
regional manager asks. After a refusal the circle may amend its plan; if it does not in time, the regional
manager is told too.
"""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    NoAcceptanceNeeded,
    PlanAcceptance,
    PlanAlreadyAccepted,
    ReasonMissing,
    judge,
)
from services.plans.models import Acceptance, Plan
from services.plans.operations.calling import calls_are_made
from services.plans.operations.timing import (
    ACCEPTANCE,
    ADJUST,
    AMENDMENT,
    awaited,
    clocks,
    expect_version,
    notify,
    publish,
    stop_clocks,
    waiting_plan,
)
from services.plans.schemas import NewAcceptance
from services.plans.schemas.sealed import AcceptanceWords
from shared.deadlines import Deadline
from shared.errors import require_version
from shared.events import plans as events
from shared.events.base import EventData
from shared.ids import uuid7
from shared.steps import step
from shared.vault import Vault


async def accept_plan(
    session: AsyncSession,
    vault: Vault,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    new: NewAcceptance,
    now: datetime,
) -> tuple[Plan, list[UUID]]:
    """Record the mandated side's judgement of the current version; return the plan and the refused bottom lines.

    The same judgement again only updates who gave it and when, and publishes nothing. Raises:
    NoAcceptanceNeeded, OtherVersion, LinesNotComplete, ReasonMissing, PlanAlreadyAccepted, CaseStopped, NotYet.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.read_plan(session, plan_id)
    if plan.acceptance == PlanAcceptance.NOT_NEEDED:
        raise NoAcceptanceNeeded
    if new.version is not None:
        require_version(new.version, of=plan.version)
    bottom_lines = await queries.bottom_lines_of(session, case_id)
    met = {line.bottom_line_id: line.met for line in new.lines}
    outcome = judge(bottom_lines=bottom_lines, met=met, lines=len(new.lines))
    refused = [line.bottom_line_id for line in new.lines if not line.met]
    without_reason = [line.bottom_line_id for line in new.lines if not line.met and line.reason is None]
    if without_reason:
        raise ReasonMissing(bottom_line_id=str(without_reason[0]))
    if plan.acceptance == PlanAcceptance.ACCEPTED:
        if outcome is PlanAcceptance.ACCEPTED:
            return plan, []
        raise PlanAlreadyAccepted
    known = await _known(session, plan)
    await _write(session, vault, plan, by=by, new=new, versions=bottom_lines, now=now)
    if known != met or plan.acceptance != outcome:
        plan.acceptance = outcome
        await session.flush()
        await stop_clocks(session, subjects=[plan.id], kinds=(ACCEPTANCE, AMENDMENT), now=now)
        if outcome is not PlanAcceptance.ACCEPTED:
            await expect_version(
                session,
                plan,
                kind=AMENDMENT,
                within=lambda settings: settings.amendment,
                now=now,
            )
        await publish(session, plan, await _fact(session, plan, outcome, refused), now=now)
        if outcome is not PlanAcceptance.ACCEPTED:
            await _notify_circle(session, plan, now=now)
    return plan, refused


@step("plans.presume-acceptance")
async def presume_acceptance(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Presume acceptance after the mandated side's time is over, unless a bottom line was not met before."""
    plan = await waiting_plan(session, due)
    if plan is None:
        return False
    if await queries.was_refused(session, plan):
        return await clocks.reach(session, due, now=now) is not None
    await clocks.meet(session, due, now=now)
    plan.acceptance = PlanAcceptance.PRESUMED
    await session.flush()
    await publish(session, plan, await _accepted(session, plan, presumed=True), now=now)
    return True


async def follow_mandate(session: AsyncSession, *, case_id: UUID, tenant: UUID, now: datetime) -> None:
    """Let a plan wait for nobody's acceptance once no central person is a minor; what was accepted stays so."""
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=tenant)
    if plan is None or await queries.mandate_of(session, case_id) is not None:
        return
    if plan.acceptance in (PlanAcceptance.AWAITED, PlanAcceptance.PARTLY_ACCEPTED, PlanAcceptance.REFUSED):
        plan.acceptance = PlanAcceptance.NOT_NEEDED
        await session.flush()
        await stop_clocks(session, subjects=[plan.id], kinds=(ACCEPTANCE, AMENDMENT), now=now)


async def _notify_circle(session: AsyncSession, plan: Plan, *, now: datetime) -> None:
    """Mail those who may change its agreements that the plan is not accepted: central persons and the monitor."""
    monitor = await queries.current_monitor(session, plan)
    people = await queries.active_people(session, plan.case_id)
    told = [person for person, role in people.items() if role == "central" or person == monitor]
    await notify(session, plan, people=told, kind="plan-answered", link_target=f"plans/{plan.id}", now=now)


async def _known(session: AsyncSession, plan: Plan) -> dict[UUID, bool]:
    lines = await queries.acceptance_lines(session, plan.id, plan.version)
    return {line.bottom_line_id: line.met for line in lines}


async def _write(
    session: AsyncSession,
    vault: Vault,
    plan: Plan,
    *,
    by: UUID,
    new: NewAcceptance,
    versions: dict[UUID, int],
    now: datetime,
) -> None:
    await session.execute(
        delete(Acceptance)
        .where(Acceptance.plan_id == plan.id, Acceptance.version == plan.version)
        .execution_options(synchronize_session=False)
    )
    for line in new.lines:
        said = Acceptance(
            id=uuid7(),
            tenant=plan.tenant,
            case_id=plan.case_id,
            plan_id=plan.id,
            version=plan.version,
            bottom_line_id=line.bottom_line_id,
            bottom_line_version=versions[line.bottom_line_id],
            met=line.met,
            decided_by=by,
            created_at=now,
        )
        await vault.seal(session, said, AcceptanceWords(reason=line.reason))
        session.add(said)
    await session.flush()


async def _accepted(session: AsyncSession, plan: Plan, *, presumed: bool = False) -> events.PlanAccepted:
    return events.PlanAccepted(
        case_id=plan.case_id,
        plan_id=plan.id,
        version=plan.version,
        presumed=presumed,
        ends_task=await calls_are_made(session, plan) and await awaited(session, plan, ADJUST) is None,
    )


async def _fact(session: AsyncSession, plan: Plan, outcome: PlanAcceptance, refused: list[UUID]) -> EventData:
    if outcome is PlanAcceptance.ACCEPTED:
        return await _accepted(session, plan)
    if outcome is PlanAcceptance.PARTLY_ACCEPTED:
        return events.PlanPartlyAccepted(
            case_id=plan.case_id, plan_id=plan.id, version=plan.version, refused=tuple(refused)
        )
    return events.PlanRefused(case_id=plan.case_id, plan_id=plan.id, version=plan.version)
