"""Asking how things are going: at four weeks, at three, six and twelve months, and when a review is requested."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    AgreementNotFound,
    AgreementState,
    CheckInState,
    FollowUpOver,
    FollowUpState,
    check_recording,
    check_settling,
    ends_follow_up,
    owner_now,
)
from services.plans.models import CheckIn, Plan
from services.plans.operations import adjusting, reviewing
from services.plans.operations.agreements import read_agreement, settle
from services.plans.operations.ending import end_follow_up, waits
from services.plans.operations.reviewing import keep_words, read_check_in
from services.plans.operations.timing import (
    CHECK_IN,
    REFERRER_CALL,
    awaited,
    clocks,
    notify,
    publish,
    stop_clocks,
    waiting_plan,
)
from services.plans.schemas.checks import AgreementStatus, NewRecord
from shared.case_access import has_coordinator
from shared.deadlines import Deadline
from shared.events import plans as events
from shared.steps import step
from shared.vault import Vault


async def record_check_in(
    session: AsyncSession,
    vault: Vault,
    *,
    check_in_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    new: NewRecord,
    now: datetime,
) -> tuple[CheckIn, Plan]:
    """Record how things are going and what the circle decided; the last check, or closing, ends the follow-up.

    Raises: CheckInSettled, CheckInNotDue, AgreementNotFound, AgreementSettled, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    check_in = await read_check_in(session, check_in_id)
    plan = await queries.read_plan(session, check_in.plan_id)
    clock = await clocks.find(session, kind=CHECK_IN, subject=check_in.id)
    check_recording(
        check_in.kind,
        CheckInState(check_in.state),
        closes=new.decision == "close",
        asked_at=None if clock is None else clock.warn_at,
        now=now,
    )
    if plan.follow_up != FollowUpState.RUNNING:
        raise FollowUpOver
    await keep_words(session, vault, check_in, note=new.note)
    check_in.state, check_in.decision = CheckInState.RECORDED, new.decision
    check_in.new_needs, check_in.incident = new.new_needs, new.incident
    check_in.recorded_at, check_in.recorded_by = now, by
    await session.flush()
    await stop_clocks(session, subjects=[check_in.id], kinds=(CHECK_IN,), now=now)
    await _settle_agreements(session, plan, new.agreements, by=by, now=now)
    fact = events.CheckInRecorded(
        case_id=case_id,
        check_in_id=check_in.id,
        kind=_kind(check_in),
        decision=new.decision,
        another_coordinator=new.another_coordinator,
        incident=new.incident,
        task_goes_on=check_in.kind == "four-weeks"
        and (new.decision == "adjust" or await awaited(session, plan, REFERRER_CALL) is not None),
    )
    await publish(session, plan, fact, now=now)
    await adjusting.follow_decision(session, plan, decision=new.decision, now=now)
    outcome = ends_follow_up(check_in.kind, new.decision)
    # A circle that closes is done; otherwise whatever waits keeps the case open.
    if outcome is not None and (new.decision == "close" or not await waits(session, plan)):
        await end_follow_up(session, plan, outcome=outcome, now=now)
    return check_in, plan


async def _settle_agreements(
    session: AsyncSession, plan: Plan, statuses: tuple[AgreementStatus, ...], *, by: UUID, now: datetime
) -> None:
    for status in statuses:
        agreement = await read_agreement(session, status.agreement_id)
        if agreement.plan_id != plan.id:
            raise AgreementNotFound
        # The circle's word counts: repeating what is already recorded is no error here.
        if status.status in (agreement.state, "open"):
            continue
        to = AgreementState(status.status)
        check_settling(AgreementState(agreement.state), to=to)
        await settle(session, plan, agreement, to=to, by=by, now=now)


@step("plans.ask-for-check-in")
async def ask_for_check_in(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Announce a due check: publish who must ask now, and tell the monitor if it is them."""
    plan = await waiting_plan(session, due)
    if plan is None or await clocks.reach(session, due, now=now) is None:
        return False
    check_in = await read_check_in(session, due.subject)
    monitor = await queries.current_monitor(session, plan)
    coordinator = await has_coordinator(session, case_id=plan.case_id)
    check_in.owner = owner_now(_owner(check_in), coordinator=coordinator, monitor=monitor is not None)
    check_in.state = CheckInState.DUE
    await session.flush()
    fact = events.CheckInDue(
        case_id=plan.case_id, check_in_id=check_in.id, kind=_kind(check_in), owner=_owner(check_in)
    )
    await publish(session, plan, fact, now=now)
    if check_in.kind == "review":
        await reviewing.ask_circle(session, plan, check_in, now=now)
    elif check_in.owner == "monitor" and monitor is not None:
        await notify(
            session,
            plan,
            people=[monitor],
            kind="check-in",
            link_target=f"check-ins/{check_in.id}",
            parameters={"check_in_id": str(check_in.id), "check_in": check_in.kind},
            now=now,
        )
    return True


@step("plans.escalate-check-in")
async def escalate_check_in(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Escalate a check that nobody made in time to the regional manager; it stays open."""
    if await waiting_plan(session, due) is None or await clocks.reach(session, due, now=now) is None:
        return False
    check_in = await read_check_in(session, due.subject)
    check_in.state = CheckInState.ESCALATED
    await session.flush()
    return True


def _owner(check_in: CheckIn) -> Literal["coordinator", "monitor", "regional-manager"]:
    return check_in.owner  # type: ignore[return-value]  # only these are written


def _kind(check_in: CheckIn) -> events.CheckInKind:
    return check_in.kind  # type: ignore[return-value]  # only these are written
