"""Invoking plan B: what the circle agreed to do if things turn out differently is needed and followed from now on."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    AgreementNotFound,
    AgreementState,
    RecordedAs,
    check_changing,
)
from services.plans.models import Agreement, Plan
from services.plans.operations.agreements import await_day, notify_who, read_agreement
from services.plans.operations.changing import check_room, notify_concerned
from services.plans.operations.timing import OF_AGREEMENTS, publish, stop_clocks
from services.plans.schemas.recording import InvokedPlanB
from services.plans.schemas.sealed import AgreementWords
from services.plans.settings import policies
from shared.errors import require_version
from shared.events import plans as events
from shared.ids import uuid7
from shared.vault import Vault


async def invoke_plan_b(
    session: AsyncSession,
    vault: Vault,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    invoked_as: RecordedAs,
    new: InvokedPlanB,
    now: datetime,
) -> tuple[Plan, Agreement]:
    """Turn a line of plan B into an agreement; the one it replaces is suspended. Those who act are told.

    It was in the plan already: no version is made, and nothing is accepted again. While it is open, invoking it
    again returns the same. Raises: OtherVersion, AgreementNotFound, AgreementSettled, PlanTooLong,
    FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.running_plan(session, plan_id)
    require_version(new.version, of=plan.version)
    runs = await _running(session, plan, line=new.line)
    if runs is not None:
        return plan, runs
    lines = (await vault.open(session, await queries.version_of(session, plan.id, plan.version))).plan_b
    if new.line > len(lines):
        raise AgreementNotFound
    line = lines[new.line - 1]
    words = AgreementWords(what=line.then, invoked_reason=new.reason)
    await check_room(session, vault, plan, words)
    suspended = await _suspend(session, plan, new.instead_of, now=now) if new.instead_of is not None else []
    people = await queries.active_people(session, case_id)
    who = [line.who_person_id] if line.who_person_id in people else []
    policy = await policies.for_case(session, case_id=case_id)
    agreement = Agreement(
        id=uuid7(),
        tenant=tenant,
        case_id=case_id,
        plan_id=plan.id,
        plan_version=plan.version,
        by="professional" if any(people[each] == "professional" for each in who) else "network",
        who_person_ids=who,
        due_on=policy.calendar.day_of(policy.after(now, policy.settings.plan_b)),
        plan_b=new.line,
        instead_of=new.instead_of,
        invoked_by=by,
        invoked_as=invoked_as,
        state=AgreementState.OPEN,
        created_at=now,
    )
    await vault.seal(session, agreement, words)
    session.add(agreement)
    await session.flush()
    await await_day(session, plan, agreement, now=now, policy=policy)
    fact = events.PlanBInvoked(
        case_id=case_id, plan_id=plan.id, agreement_id=agreement.id, instead_of=new.instead_of
    )
    await publish(session, plan, fact, now=now)
    told = await notify_who(session, plan, agreement, "plan-b", now=now)
    if suspended:
        await notify_concerned(session, plan, suspended, but={by, *told}, now=now)
    return plan, agreement


async def _running(session: AsyncSession, plan: Plan, *, line: int) -> Agreement | None:
    query = select(Agreement).where(
        Agreement.plan_id == plan.id,
        Agreement.plan_b == line,
        Agreement.until_version.is_(None),
        Agreement.state == AgreementState.OPEN,
    )
    found: Agreement | None = await session.scalar(query)
    return found


async def _suspend(
    session: AsyncSession, plan: Plan, agreement_id: UUID, *, now: datetime
) -> Collection[UUID]:
    """Suspend an agreement of a plan; return those who were to do it. Raises: AgreementNotFound, AgreementSettled."""
    agreement = await read_agreement(session, agreement_id)
    if agreement.plan_id != plan.id:
        raise AgreementNotFound
    check_changing(AgreementState(agreement.state), in_plan=agreement.until_version is None)
    if agreement.state == AgreementState.OPEN:
        agreement.state = AgreementState.SUSPENDED
        await session.flush()
    await stop_clocks(session, subjects=[agreement.id], kinds=OF_AGREEMENTS, now=now)
    return agreement.who_person_ids
