"""The plan in writing: what a circle decided at its conference is recorded within a known time."""

from datetime import datetime, time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import FollowUpState
from services.plans.models import PlanVersion
from services.plans.operations.timing import WRITTEN_PLAN, clocks
from services.plans.settings import policies
from shared import case_state
from shared.case_access import coordinator_or_manager
from shared.events import scheduling

# Whole days count: until the evening of the last one.
_EVENING = time(23, 59)


async def await_plan(
    session: AsyncSession, held: scheduling.ConferenceHeld, *, tenant: UUID, at: datetime, now: datetime
) -> None:
    """Expect the plan that a circle made at a conference, unless it was recorded since or the case is over.

    `at`: when the conference was recorded as held. Raises: NotYet if the opening of the case is not known here
    yet.
    """
    await queries.hold_case(session, case_id=held.case_id)
    state = await case_state.read(session, held.case_id)
    over = state is not None and not state.live
    if held.outcome != "plan" or over or await _needs_none(session, held, tenant=tenant, at=at):
        return
    policy = await policies.for_case(session, case_id=held.case_id)
    evening = policy.calendar.at(held.held_on, _EVENING)
    await clocks.start(
        session,
        kind=WRITTEN_PLAN,
        subject=held.conference_id,
        tenant=tenant,
        case=held.case_id,
        owner=await coordinator_or_manager(session, held.case_id),
        escalate_to="regional-manager",
        now=now,
        limit=policy.limit(evening, policy.settings.written_plan, warn=policy.settings.written_plan_warn),
    )


async def note_written(session: AsyncSession, version: PlanVersion, *, now: datetime) -> None:
    """Stop expecting the plan of the conference that a version comes from; a first plan counts for any conference."""
    for clock in await clocks.lock_all(session, case=version.case_id):
        if clock.kind == WRITTEN_PLAN and (version.version == 1 or clock.subject == version.conference_id):
            await clocks.stop(session, kind=WRITTEN_PLAN, subject=clock.subject, now=now)


async def _needs_none(
    session: AsyncSession, held: scheduling.ConferenceHeld, *, tenant: UUID, at: datetime
) -> bool:
    plan = await queries.plan_of_case(session, case_id=held.case_id, tenant=tenant)
    return plan is not None and (
        plan.follow_up != FollowUpState.RUNNING
        or (await queries.version_of(session, plan.id, plan.version)).created_at >= at
    )
