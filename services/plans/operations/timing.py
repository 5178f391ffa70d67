"""The clocks of the follow-up, and mailing people through network."""

from collections.abc import Callable, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import FollowUpState, follow_up_workflow_id
from services.plans.models import Plan
from services.plans.settings import Policy, policies
from shared import outbox
from shared.calendar import Length
from shared.case_access import coordinator_or_manager
from shared.case_state import CaseErased, CaseStopped
from shared.clock_rows import Clock
from shared.clocks import Clocks
from shared.deadlines import Deadline, TimeLimit, clock_kind
from shared.events import network
from shared.events.base import EventData
from shared.policies import PolicyInForce
from shared.tables import clock

SERVICE = "plans"
AGREEMENT, GRACE = clock_kind("agreement", turn="never"), clock_kind("agreement-grace", turn="never")
SLIPPING, LAPSE = clock_kind("agreement-slips", turn="warned"), clock_kind("agreement-lapse", turn="never")
CHECK_IN, REVIEW = clock_kind("check-in", turn="warned"), clock_kind("review", turn="warned")
REFERRER_CALL, FOLLOW_UP = clock_kind("referrer-call", turn="warned"), clock_kind("follow-up", turn="never")
ACCEPTANCE, AMENDMENT = "plan-acceptance", "plan-amendment"
# At a check the circle wants to adjust its plan: it must be written.
ADJUST = "plan-adjust"
# The circle meets by itself: somebody must hear what came of it.
OWN_MEETING = clock_kind("own-meeting", turn="warned")
# After a conference: the plan that the circle made there must be recorded.
WRITTEN_PLAN = "written-plan"
OF_AGREEMENTS = (AGREEMENT, GRACE, SLIPPING, LAPSE)
# Owned by the coordinator of a case; without one, by the regional manager.
COORDINATORS = (REVIEW, SLIPPING, AMENDMENT, ADJUST, OWN_MEETING, REFERRER_CALL, WRITTEN_PLAN)

clocks = Clocks(SERVICE)


async def start_clock(
    session: AsyncSession,
    plan: Plan,
    *,
    kind: str,
    subject: UUID,
    owner: str,
    now: datetime,
    limit: TimeLimit,
    owner_id: UUID | None = None,
    escalate_to: str | None = None,
) -> None:
    """Start a clock about a plan."""
    await clocks.start(
        session,
        kind=kind,
        subject=subject,
        tenant=plan.tenant,
        case=plan.case_id,
        owner=owner,
        owner_id=owner_id,
        escalate_to=escalate_to,
        now=now,
        limit=limit,
        workflow_id=follow_up_workflow_id(plan.case_id),
    )


async def ask_at(
    session: AsyncSession,
    plan: Plan,
    *,
    kind: str,
    subject: UUID,
    owner: str,
    asked_at: datetime,
    now: datetime,
    policy: PolicyInForce[Policy],
) -> None:
    """Start the clock for asking how things are going; if nobody does, it escalates to the regional manager."""
    await start_clock(
        session,
        plan,
        kind=kind,
        subject=subject,
        owner=owner,
        escalate_to="regional-manager",
        now=now,
        limit=time_to_ask(policy, asked_at),
    )


def time_to_ask(policy: PolicyInForce[Policy], at: datetime) -> TimeLimit:
    """Return the time limit for asking how things are going at a time."""
    return policy.limit(at, policy.settings.check_in_grace, warn=at)


async def expect_version(
    session: AsyncSession,
    plan: Plan,
    *,
    kind: str,
    within: Callable[[Policy], Length],
    now: datetime,
) -> None:
    """Start the clock for a next version of a plan; the coordinator writes it, or the regional manager sees to it."""
    policy = await policies.for_case(session, case_id=plan.case_id)
    await start_clock(
        session,
        plan,
        kind=kind,
        subject=plan.id,
        owner=await coordinator_or_manager(session, plan.case_id),
        escalate_to="regional-manager",
        now=now,
        limit=policy.limit(now, within(policy.settings)),
    )


async def awaited(session: AsyncSession, plan: Plan, kind: str) -> Clock | None:
    """Return the clock of a kind about a whole plan, however late it is; None if nothing is awaited."""
    clock = await clocks.find(session, kind=kind, subject=plan.id)
    return clock if clock is not None and clock.state != "stopped" else None


async def waiting_plan(session: AsyncSession, due: Deadline) -> Plan | None:
    """Return the plan that waits for a deadline, its case locked; None if it moved or the follow-up is over."""
    if due.case_id is None:
        raise LookupError(f"a {due.kind} of no case")
    try:
        await queries.lock_case(session, case_id=due.case_id, tenant=due.tenant)
    except (CaseStopped, CaseErased):
        return None
    plan = await queries.plan_of_case(session, case_id=due.case_id, tenant=due.tenant)
    if plan is None or plan.follow_up != FollowUpState.RUNNING:
        return None
    return plan if await clocks.waiting_for(session, due) is not None else None


async def stop_clocks(
    session: AsyncSession, *, subjects: list[UUID], kinds: tuple[str, ...], now: datetime
) -> None:
    """Stop the clocks of these kinds on these subjects, also breached ones."""
    query = select(clock.c.kind, clock.c.subject).where(
        clock.c.subject.in_(subjects), clock.c.kind.in_(kinds), clock.c.state != "stopped"
    )
    for row in (await session.execute(query.order_by(clock.c.id))).all():
        await clocks.stop(session, kind=row.kind, subject=row.subject, now=now)


async def publish(session: AsyncSession, plan: Plan, data: EventData, *, now: datetime) -> UUID:
    """Publish an event about a plan, in the order of its case."""
    return await outbox.publish(
        session, data, stream=plan.case_id, tenant=plan.tenant, case=plan.case_id, now=now
    )


async def notify(
    session: AsyncSession,
    plan: Plan,
    *,
    people: Sequence[UUID],
    kind: str,
    link_target: str,
    now: datetime,
    parameters: dict[str, str] | None = None,
) -> None:
    """Have network mail people of the case."""
    if not people:
        return
    command = network.NotifyPeople(
        case_id=plan.case_id,
        person_ids=tuple(people),
        kind=kind,
        link_target=link_target,
        parameters={"plan_id": str(plan.id), **(parameters or {})},
    )
    await publish(session, plan, command, now=now)
