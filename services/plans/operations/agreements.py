"""What becomes of an agreement: its day comes, it is reminded of once, it is done or it lapses."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    AgreementNotFound,
    AgreementState,
    FollowUpOver,
    FollowUpState,
    check_settling,
)
from services.plans.models import Agreement, Plan
from services.plans.operations.timing import (
    AGREEMENT,
    GRACE,
    clocks,
    notify,
    publish,
    start_clock,
    stop_clocks,
    waiting_plan,
)
from services.plans.settings import policies
from shared.deadlines import Deadline
from shared.events import plans as events
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
    """Note that an agreement was done or is let go; what had lapsed may turn out done.

    Raises: AgreementSettled, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    agreement = await read_agreement(session, agreement_id)
    plan = await queries.read_plan(session, agreement.plan_id)
    if plan.follow_up != FollowUpState.RUNNING:
        raise FollowUpOver
    check_settling(AgreementState(agreement.state), to=to)
    await settle(session, plan, agreement, to=to, by=by, now=now)
    return agreement


async def settle(
    session: AsyncSession,
    plan: Plan,
    agreement: Agreement,
    *,
    to: AgreementState,
    by: UUID | None,
    now: datetime,
) -> None:
    """Settle an agreement that may be settled: its clocks stop and it is told."""
    agreement.state, agreement.settled_at, agreement.settled_by = to, now, by
    await session.flush()
    await stop_clocks(session, subjects=[agreement.id], kinds=(AGREEMENT, GRACE), now=now)
    fact = events.AgreementDone if to is AgreementState.DONE else events.AgreementLapsed
    await publish(session, plan, fact(case_id=plan.case_id, agreement_id=agreement.id), now=now)


async def read_agreement(session: AsyncSession, agreement_id: UUID) -> Agreement:
    """Return an agreement. Raises: AgreementNotFound."""
    agreement = await session.get(Agreement, agreement_id, populate_existing=True)
    if agreement is None:
        raise AgreementNotFound
    return agreement


@step("plans.announce-agreement")
async def announce_agreement(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """The day of an agreement has come: publish it, tell who does it, and give it time.

    One that was over when it was written down has its time from then on, and nobody is told that the day has come.
    """
    found = await waiting_plan(session, due)
    if found is None:
        return False
    plan, state = found
    agreement = await read_agreement(session, due.subject)
    breached = await clocks.reach(session, due, now=now)
    if breached is None:
        return False
    policy = await policies.for_case(session, case_id=plan.case_id)
    since = max(breached.due_at, agreement.created_at)
    await start_clock(
        session,
        plan,
        kind=GRACE,
        subject=agreement.id,
        owner=breached.owner,
        now=now,
        warn_at=policy.after(since, policy.settings.agreement_remind),
        due_at=policy.after(since, policy.settings.agreement_grace),
        policy_version=policy.version,
        paused=state.status == "paused",
    )
    fact = events.AgreementDue(case_id=plan.case_id, agreement_id=agreement.id, due_on=agreement.due_on)
    await publish(session, plan, fact, now=now)
    if agreement.due_on >= policy.calendar.day_of(agreement.created_at):
        await _notify_who(session, plan, agreement, "agreement-due", now=now)
    return True


@step("plans.remind-of-agreement")
async def remind_of_agreement(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind of an agreement, once."""
    found = await waiting_plan(session, due)
    if found is None or await clocks.reach(session, due, now=now) is None:
        return False
    await _notify_who(
        session, found[0], await read_agreement(session, due.subject), "agreement-reminder", now=now
    )
    return True


@step("plans.lapse-agreement")
async def lapse_agreement(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Nobody reported an agreement as done, in all its time."""
    found = await waiting_plan(session, due)
    if found is None or await clocks.reach(session, due, now=now) is None:
        return False
    agreement = await read_agreement(session, due.subject)
    await settle(session, found[0], agreement, to=AgreementState.LAPSED, by=None, now=now)
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
    """Write to the monitor about an agreement, because a mail to a person who does it will not arrive."""
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    agreement = await read_agreement(session, agreement_id)
    plan = await queries.read_plan(session, agreement.plan_id)
    if plan.follow_up != FollowUpState.RUNNING or agreement.state != AgreementState.OPEN:
        return
    monitor = await queries.current_monitor(session, plan)
    if monitor is not None and monitor != person_id and monitor not in agreement.who_person_ids:
        await _write(session, plan, agreement, kind, [monitor], now=now)


async def _notify_who(
    session: AsyncSession, plan: Plan, agreement: Agreement, kind: str, *, now: datetime
) -> None:
    people = await queries.active_people(session, plan.case_id)
    who = [person for person in agreement.who_person_ids if person in people]
    if not who:
        # Somebody named in words, or who left: the monitor keeps an eye on it.
        monitor = await queries.current_monitor(session, plan)
        who = [monitor] if monitor is not None else []
    await _write(session, plan, agreement, kind, who, now=now)


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
    for person in who:
        await notify(
            session,
            plan,
            person=person,
            kind=kind,
            link_target=f"agreements/{agreement.id}",
            parameters=parameters,
            now=now,
        )
