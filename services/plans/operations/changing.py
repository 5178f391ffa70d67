"""Changing one agreement between the meetings of a circle: a plan version in which all else stays as it was."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import insert, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    STANDING,
    AgreementState,
    PersonNotOfCase,
    RecordedAs,
    check_changing,
    check_length,
)
from services.plans.domain.dates import check_due
from services.plans.models import Agreement, Plan, PlanVersion, Stance
from services.plans.operations.agreements import await_day, read_agreement
from services.plans.operations.recording import await_acceptance, count_on, publish_recorded, version_of
from services.plans.operations.timing import OF_AGREEMENTS, notify, stop_clocks
from services.plans.schemas.recording import ChangedAgreement, texts_of
from services.plans.schemas.sealed import AgreementWords
from services.plans.settings import policies
from shared import profiles
from shared.errors import require_version
from shared.ids import uuid7
from shared.vault import Vault


async def change_agreement(
    session: AsyncSession,
    vault: Vault,
    *,
    agreement_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    recorded_as: RecordedAs,
    new: ChangedAgreement,
    now: datetime,
) -> tuple[Plan, Agreement]:
    """Replace one agreement by another; every other keeps its id, its state and its clocks.

    Those who did it, those who do it now and the monitor are told, once, except whoever makes the change.
    Raises: OtherVersion, AgreementSettled, PersonNotOfCase, DateOutOfRange, PlanTooLong, FollowUpOver,
    CaseStopped, NotYet.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    old = await read_agreement(session, agreement_id)
    plan = await queries.running_plan(session, old.plan_id)
    require_version(new.version, of=plan.version)
    check_changing(AgreementState(old.state), in_plan=old.until_version is None)
    check_due(new.due_on, today=await profiles.today(session, tenant=tenant, now=now))
    strangers = sorted(set(new.who_person_ids) - set(await queries.active_people(session, case_id)))
    if strangers:
        raise PersonNotOfCase(person_id=str(strangers[0]))
    mandated = await queries.mandate_of(session, case_id)
    await check_room(session, vault, plan, new, without=old)
    version = await _amend(
        session,
        vault,
        plan,
        by=by,
        recorded_as=recorded_as,
        reason=new.reason,
        mandated=mandated,
        asked_anew=new.who_person_ids,
        now=now,
    )
    old.until_version = plan.version
    if old.state in STANDING:
        old.state, old.settled_at, old.settled_by = AgreementState.REPLACED, now, by
    await stop_clocks(session, subjects=[old.id], kinds=OF_AGREEMENTS, now=now)
    changed = Agreement(
        id=uuid7(),
        tenant=tenant,
        case_id=case_id,
        plan_id=plan.id,
        plan_version=plan.version,
        by=old.by,
        who_person_ids=list(new.who_person_ids),
        due_on=new.due_on,
        plan_b=old.plan_b,
        instead_of=old.instead_of,
        invoked_by=old.invoked_by,
        invoked_as=old.invoked_as,
        state=AgreementState.OPEN,
        created_at=now,
    )
    told = {"what": new.what, "who_text": new.who_text, "known_done_how": new.known_done_how}
    await vault.seal(session, changed, (await vault.open(session, old)).model_copy(update=told))
    session.add(changed)
    await session.flush()
    policy = await policies.for_case(session, case_id=case_id)
    await await_day(session, plan, changed, now=now, policy=policy)
    await await_acceptance(session, plan, by=mandated, now=now, policy=policy)
    listed = await queries.agreements_of_version(session, plan.id, plan.version)
    await publish_recorded(session, plan, version, agreements=listed, replaced=[old.id], now=now)
    await notify_concerned(session, plan, {*old.who_person_ids, *changed.who_person_ids}, but={by}, now=now)
    return plan, changed


async def check_room(
    session: AsyncSession,
    vault: Vault,
    plan: Plan,
    new: ChangedAgreement | AgreementWords,
    *,
    without: Agreement | None = None,
) -> None:
    """Check that an agreement fits in a plan, replacing another or in addition. Raises: PlanTooLong."""
    of_plan = plan.id, plan.version
    texts = [
        *texts_of(new),
        *texts_of(await vault.open(session, await queries.version_of(session, *of_plan))),
    ]
    for agreement in await queries.agreements_of_version(session, *of_plan):
        if agreement is not without:
            texts += texts_of(await vault.open(session, agreement))
    for resource in await queries.resources_of_version(session, *of_plan):
        texts += texts_of(await vault.open(session, resource))
    check_length(texts)


async def _amend(
    session: AsyncSession,
    vault: Vault,
    plan: Plan,
    *,
    by: UUID,
    recorded_as: RecordedAs,
    reason: str,
    mandated: UUID | None,
    asked_anew: Collection[UUID],
    now: datetime,
) -> PlanVersion:
    """Record the next version, with the words of the previous one.

    Support for the previous version carries over, except from those in `asked_anew`, for whom something
    changed.
    """
    before = await queries.version_of(session, plan.id, plan.version)
    words = await vault.open(session, before)
    await count_on(session, plan, mandated=mandated)
    version = version_of(plan, before, by=by, recorded_as=recorded_as, now=now)
    await vault.seal(session, version, words.model_copy(update={"change_reason": reason}))
    session.add(version)
    names = ("plan_id", "version", "person_id", "tenant", "case_id", "agrees", "said_at")
    kept = select(*(literal(plan.version) if name == "version" else getattr(Stance, name) for name in names))
    kept = kept.where(
        Stance.plan_id == plan.id,
        Stance.version == before.version,
        Stance.person_id.not_in(asked_anew),
    )
    await session.execute(insert(Stance).from_select(names, kept))
    return version


async def notify_concerned(
    session: AsyncSession, plan: Plan, promised: Collection[UUID], *, but: Collection[UUID], now: datetime
) -> None:
    """Tell those whose agreement changed, and the monitor, except those who already know."""
    concerned = {*promised, await queries.current_monitor(session, plan)}.difference(but)
    people = [each for each in await queries.active_people(session, plan.case_id) if each in concerned]
    await notify(
        session, plan, people=people, kind="agreement-changed", link_target=f"plans/{plan.id}", now=now
    )
