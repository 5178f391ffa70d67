"""The course of an agreement: its day comes, people report progress, it is done or it lapses.

Whoever does it is reminded before its day and after it. Without an answer the monitor is told; then the
coordinator, or else the regional manager, must act; and in the end it lapses. If one of them is missing, or is
the one who is late, the next is told in their place, at once. So if nobody can be asked at all, neither
somebody who does it nor a monitor, the coordinator must act from its very day: there is no answer to wait for.
"""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    AgreementNotFound,
    AgreementSettled,
    AgreementState,
    FollowUpState,
    Progress,
    check_settling,
)
from services.plans.models import Agreement, Plan
from services.plans.operations.timing import (
    AGREEMENT,
    GRACE,
    LAPSE,
    OF_AGREEMENTS,
    SLIPPING,
    clocks,
    notify,
    publish,
    start_clock,
    stop_clocks,
    waiting_plan,
)
from services.plans.settings import Policy, policies
from shared.case_access import coordinator_or_manager
from shared.deadlines import Deadline
from shared.events import plans as events
from shared.policies import PolicyInForce
from shared.steps import step


async def settle_agreement(
    session: AsyncSession,
    *,
    agreement_id: UUID,
    case_id: UUID,
    tenant: UUID,
    to: AgreementState,
    by: UUID,
    now: datetime,
) -> Agreement:
    """Record that an agreement was done or is let go; a lapsed one may turn out to be done.

    The same again changes nothing. Raises: AgreementSettled, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    agreement = await read_agreement(session, agreement_id)
    plan = await queries.running_plan(session, agreement.plan_id)
    if agreement.state != to:
        check_settling(AgreementState(agreement.state), to=to)
        await settle(session, plan, agreement, to=to, by=by, now=now)
    return agreement


async def note_progress(
    session: AsyncSession,
    *,
    agreement_id: UUID,
    case_id: UUID,
    tenant: UUID,
    progress: Progress,
    by: UUID,
    now: datetime,
) -> Agreement:
    """Record the progress of an open agreement, and act on it.

    Somebody who is nearly done gets more time, once. A change is told at once to the monitor, or else to the
    coordinator or the regional manager. A request for help is told to all of them at once. Raises:
    AgreementSettled, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    agreement = await read_agreement(session, agreement_id)
    plan = await queries.running_plan(session, agreement.plan_id)
    if agreement.state != AgreementState.OPEN:
        raise AgreementSettled(state=agreement.state)
    before, again = agreement.progress, agreement.progress == progress
    agreement.progress, agreement.progress_at, agreement.progress_by = progress, now, by
    await session.flush()
    if not again:
        of = {"case_id": case_id, "agreement_id": agreement_id, "before": before, "progress": progress}
        await publish(session, plan, events.AgreementProgressed.model_validate(of), now=now)
    match progress:
        case Progress.HELP if not again:
            await _slip(session, plan, agreement, now=now, at_once=True)
        case Progress.CHANGED if not again:
            monitor = await queries.current_monitor(session, plan)
            if monitor is None:
                await _slip(session, plan, agreement, now=now, at_once=True)
            elif monitor != by:
                await _write(session, plan, agreement, "agreement-slips", [monitor], now=now)
        case Progress.NEARLY if not again:
            grace = await clocks.find(session, kind=GRACE, subject=agreement.id)
            if grace is not None and grace.state in ("running", "paused"):
                await clocks.stop(session, kind=GRACE, subject=agreement.id, now=now)
                await _give_time(session, plan, agreement, since=now, now=now)
    return agreement


async def await_day(
    session: AsyncSession,
    plan: Plan,
    agreement: Agreement,
    *,
    now: datetime,
    policy: PolicyInForce[Policy],
) -> None:
    """Start the clock for the day of an agreement; whoever does it is reminded in advance. A past day is now."""
    due_at = max(now, policy.calendar.at(agreement.due_on, policy.settings.morning_time))
    ahead = policy.before(due_at, policy.settings.agreement_ahead)
    await start_clock(
        session,
        plan,
        kind=AGREEMENT,
        subject=agreement.id,
        owner="circle" if agreement.by == "network" else "professional",
        now=now,
        limit=policy.until(due_at, warn_at=ahead if ahead > now else None),
    )


async def _give_time(
    session: AsyncSession, plan: Plan, agreement: Agreement, *, since: datetime, now: datetime
) -> None:
    policy = await policies.for_case(session, case_id=plan.case_id)
    await start_clock(
        session,
        plan,
        kind=GRACE,
        subject=agreement.id,
        owner="circle" if agreement.by == "network" else "professional",
        now=now,
        limit=policy.limit(since, policy.settings.agreement_grace, warn=policy.settings.agreement_remind),
    )


async def _slip(
    session: AsyncSession, plan: Plan, agreement: Agreement, *, now: datetime, at_once: bool
) -> None:
    """Tell the monitor; if that has no effect, whoever coordinates the case must act.

    That happens `at_once` if there is no monitor, or the monitor does it themselves.
    """
    policy = await policies.for_case(session, case_id=plan.case_id)
    settings = policy.settings
    day = policy.calendar.at(agreement.due_on, settings.morning_time)
    await stop_clocks(session, subjects=[agreement.id], kinds=OF_AGREEMENTS, now=now)
    monitor = await queries.current_monitor(session, plan)
    heard = monitor is not None and monitor not in agreement.who_person_ids
    await start_clock(
        session,
        plan,
        kind=SLIPPING,
        owner=await coordinator_or_manager(session, plan.case_id),
        escalate_to="regional-manager",
        subject=agreement.id,
        now=now,
        limit=policy.limit(
            now,
            settings.agreement_escalates,
            warn=now if at_once or not heard else settings.agreement_slips,
        ),
    )
    await start_clock(
        session,
        plan,
        kind=LAPSE,
        owner="circle",
        subject=agreement.id,
        now=now,
        limit=policy.limit(max(now, day), settings.agreement_lapse),
    )
    if monitor is not None and heard:
        await _write(session, plan, agreement, "agreement-slips", [monitor], now=now)


async def settle(
    session: AsyncSession,
    plan: Plan,
    agreement: Agreement,
    *,
    to: AgreementState,
    by: UUID | None,
    now: datetime,
) -> None:
    """Settle an agreement that may be settled: stop its clocks and publish it."""
    agreement.state, agreement.settled_at, agreement.settled_by = to, now, by
    await session.flush()
    await stop_clocks(session, subjects=[agreement.id], kinds=OF_AGREEMENTS, now=now)
    of = {"case_id": plan.case_id, "agreement_id": agreement.id}
    done = to is AgreementState.DONE
    fact = (
        events.AgreementDone.model_validate(of | {"before": agreement.progress})
        if done
        else events.AgreementLapsed(**of)
    )
    await publish(session, plan, fact, now=now)


async def read_agreement(session: AsyncSession, agreement_id: UUID) -> Agreement:
    """Return an agreement. Raises: AgreementNotFound."""
    agreement = await session.get(Agreement, agreement_id, populate_existing=True)
    if agreement is None:
        raise AgreementNotFound
    return agreement


@step("plans.remind-ahead-of-agreement")
async def remind_ahead(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind people of an agreement whose day is near."""
    plan = await waiting_plan(session, due)
    if plan is None or await clocks.reach(session, due, now=now) is None:
        return False
    agreement = await read_agreement(session, due.subject)
    await notify_who(session, plan, agreement, "agreement-near", now=now)
    return True


@step("plans.announce-agreement")
async def announce_agreement(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Announce the day of an agreement: publish it, tell whoever does it, and give them time.

    If nobody can be told, it counts as late at once. An agreement already past its day when it was recorded
    gets its time from then on, and its day is not announced: whoever recorded it knows.
    """
    plan = await waiting_plan(session, due)
    if plan is None:
        return False
    agreement = await read_agreement(session, due.subject)
    breached = await clocks.reach(session, due, now=now)
    if breached is None:
        return False
    policy = await policies.for_case(session, case_id=plan.case_id)
    fact = events.AgreementDue(case_id=plan.case_id, agreement_id=agreement.id, due_on=agreement.due_on)
    await publish(session, plan, fact, now=now)
    ahead = agreement.due_on >= policy.calendar.day_of(agreement.created_at)
    if ahead and not await notify_who(session, plan, agreement, "agreement-due", now=now):
        await _slip(session, plan, agreement, now=now, at_once=True)
    else:
        since = max(breached.due_at, agreement.created_at)
        await _give_time(session, plan, agreement, since=since, now=now)
    return True


@step("plans.remind-of-agreement")
async def remind_of_agreement(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind of an agreement, once."""
    plan = await waiting_plan(session, due)
    if plan is None or await clocks.reach(session, due, now=now) is None:
        return False
    await notify_who(session, plan, await read_agreement(session, due.subject), "agreement-reminder", now=now)
    return True


@step("plans.tell-monitor-of-agreement")
async def report_to_monitor(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Tell the monitor that an agreement was not reported done after its day and the reminder."""
    plan = await waiting_plan(session, due)
    if plan is None or await clocks.meet(session, due, now=now) is None:
        return False
    agreement = await read_agreement(session, due.subject)
    await _slip(session, plan, agreement, now=now, at_once=False)
    return True


@step("plans.lapse-agreement")
async def lapse_agreement(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Let an agreement lapse that nobody reported done in all its time."""
    plan = await waiting_plan(session, due)
    if plan is None or await clocks.reach(session, due, now=now) is None:
        return False
    agreement = await read_agreement(session, due.subject)
    await settle(session, plan, agreement, to=AgreementState.LAPSED, by=None, now=now)
    return True


async def notify_monitor(
    session: AsyncSession,
    *,
    agreement_id: UUID,
    case_id: UUID,
    tenant: UUID,
    person_id: UUID,
    kind: str,
    now: datetime,
) -> None:
    """Mail the monitor about an agreement, because mail to a person who does it will not arrive."""
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    agreement = await read_agreement(session, agreement_id)
    plan = await queries.read_plan(session, agreement.plan_id)
    if plan.follow_up != FollowUpState.RUNNING or agreement.state != AgreementState.OPEN:
        return
    monitor = await queries.current_monitor(session, plan)
    if monitor is not None and monitor != person_id and monitor not in agreement.who_person_ids:
        await _write(session, plan, agreement, kind, [monitor], now=now)


async def notify_who(
    session: AsyncSession, plan: Plan, agreement: Agreement, kind: str, *, now: datetime
) -> Sequence[UUID]:
    """Mail those who do something; the monitor for people named in words only, or who left. Return who was mailed."""
    people = await queries.active_people(session, plan.case_id)
    who = [person for person in agreement.who_person_ids if person in people]
    if not who:
        monitor = await queries.current_monitor(session, plan)
        who = [monitor] if monitor is not None else []
    await _write(session, plan, agreement, kind, who, now=now)
    return who


async def _write(
    session: AsyncSession,
    plan: Plan,
    agreement: Agreement,
    kind: str,
    who: Sequence[UUID],
    *,
    now: datetime,
) -> None:
    parameters = {"agreement_id": str(agreement.id), "due_on": agreement.due_on.isoformat()}
    await notify(
        session,
        plan,
        people=who,
        kind=kind,
        link_target=f"agreements/{agreement.id}",
        parameters=parameters,
        now=now,
    )
