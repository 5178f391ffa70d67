"""Recording what the circle decided: the plan's first version, and each later one."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    STANDING,
    AgreementState,
    ConferenceNotHeld,
    ConvenerNotOfCircle,
    FollowUpState,
    GoalsOfCircle,
    MonitorNotOfCircle,
    PersonNotOfCase,
    PlanAcceptance,
    PlanExists,
    RecordedAs,
    check_length,
)
from services.plans.domain.dates import check_dates
from services.plans.models import Agreement, Plan, PlanVersion, Resource, Stance
from services.plans.operations import adjusting
from services.plans.operations.agreements import await_day
from services.plans.operations.own_meetings import note_meeting
from services.plans.operations.reviewing import latest_review, plan_review
from services.plans.operations.timing import (
    ACCEPTANCE,
    AMENDMENT,
    OF_AGREEMENTS,
    publish,
    start_clock,
    stop_clocks,
)
from services.plans.operations.written import note_written
from services.plans.operations.year import begin_another_year, begin_year
from services.plans.schemas.recording import ChangedPlan, NewPlan, texts_of
from services.plans.schemas.sealed import AgreementWords, PlanBWords, PlanWords, ResourceWords
from services.plans.settings import Policy, policies
from shared.case_access import CIRCLE_ROLES
from shared.errors import require_version
from shared.events import plans as events
from shared.ids import uuid7
from shared.policies import PolicyInForce
from shared.vault import Vault


async def record_plan(
    session: AsyncSession,
    vault: Vault,
    *,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    new: NewPlan,
    now: datetime,
) -> tuple[Plan, list[UUID]]:
    """Record the plan of a case and start following it up; return it and its agreements' ids.

    Raises: PlanExists, ConferenceNotHeld, PersonNotOfCase, MonitorNotOfCircle, ConvenerNotOfCircle,
    DateOutOfRange, ReviewTooLate, PlanTooLong, CaseStopped, NotYet.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    policy = await policies.for_case(session, case_id=case_id)
    await _check(session, case_id=case_id, new=new, now=now, policy=policy)
    mandated = await queries.mandate_of(session, case_id)
    acceptance = PlanAcceptance.NOT_NEEDED if mandated is None else PlanAcceptance.AWAITED
    values = {
        "id": uuid7(),
        "tenant": tenant,
        "case_id": case_id,
        "version": 1,
        "acceptance": acceptance,
        "review_on": new.review_on,
        "follow_up": FollowUpState.RUNNING,
        "created_at": now,
    }
    made = await session.scalar(insert(Plan).values(values).on_conflict_do_nothing().returning(Plan.id))
    if made is None:
        raise PlanExists
    plan = await queries.read_plan(session, made)
    agreements = await _write_version(
        session,
        vault,
        plan,
        by=by,
        new=new,
        now=now,
        policy=policy,
    )
    await await_acceptance(session, plan, by=mandated, now=now, policy=policy)
    await begin_year(session, plan, now=now, policy=policy)
    return plan, agreements


async def record_version(
    session: AsyncSession,
    vault: Vault,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    new: ChangedPlan,
    now: datetime,
) -> tuple[Plan, list[UUID]]:
    """Record what the circle changed as a new version; agreements still open in the old one are replaced.

    Raises: OtherVersion, FollowUpOver, GoalsOfCircle, and as record_plan.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.running_plan(session, plan_id)
    require_version(new.version, of=plan.version)
    policy = await policies.for_case(session, case_id=case_id)
    await _check(session, case_id=case_id, new=new, now=now, policy=policy)
    met_again = await queries.comes_from_new_conference(session, plan, new.conference_id)
    met = met_again or await queries.comes_from_own_meeting(session, plan, new.met_on)
    if not met and new.goals != await _goals(session, vault, plan):
        raise GoalsOfCircle
    if new.met_on is not None:
        await note_meeting(
            session, plan, met_on=new.met_on, changed=True, by=by, said_as="coordinator", now=now
        )
    mandated = await queries.mandate_of(session, case_id)
    await count_on(session, plan, mandated=mandated)
    replaced = await _replace(session, plan, now=now)
    agreements = await _write_version(
        session,
        vault,
        plan,
        by=by,
        new=new,
        replaced=replaced,
        now=now,
        policy=policy,
    )
    await await_acceptance(session, plan, by=mandated, now=now, policy=policy)
    if met_again:
        await begin_another_year(session, plan, now=now, policy=policy)
    return plan, agreements


async def count_on(session: AsyncSession, plan: Plan, *, mandated: UUID | None) -> None:
    """Increase the version of a plan, which must be accepted again if somebody has a mandate."""
    plan.version += 1
    plan.acceptance = PlanAcceptance.NOT_NEEDED if mandated is None else PlanAcceptance.AWAITED
    await session.flush()


async def await_acceptance(
    session: AsyncSession,
    plan: Plan,
    *,
    by: UUID | None,
    now: datetime,
    policy: PolicyInForce[Policy],
) -> None:
    """Start the time for the mandated organisation to judge the current version; the previous time is over."""
    await stop_clocks(session, subjects=[plan.id], kinds=(ACCEPTANCE, AMENDMENT), now=now)
    if by is not None:
        await start_clock(
            session,
            plan,
            kind=ACCEPTANCE,
            subject=plan.id,
            owner="referrer",
            owner_id=by,
            escalate_to="regional-manager",
            now=now,
            limit=policy.limit(now, policy.settings.acceptance),
        )


async def _goals(session: AsyncSession, vault: Vault, plan: Plan) -> tuple[str, ...]:
    return (await vault.open(session, await queries.version_of(session, plan.id, plan.version))).goals


async def _check(
    session: AsyncSession, *, case_id: UUID, new: NewPlan, now: datetime, policy: PolicyInForce[Policy]
) -> None:
    check_length(texts_of(new))
    check_dates(
        today=policy.calendar.day_of(now),
        due=[item.due_on for item in new.agreements],
        review_on=new.review_on,
        review_until=(await latest_review(session, case_id=case_id, policy=policy, now=now)).day,
    )
    people = await queries.active_people(session, case_id)
    strangers = sorted(new.people - set(people))
    if strangers:
        raise PersonNotOfCase(person_id=str(strangers[0]))
    if new.monitor_person_id is not None and people[new.monitor_person_id] not in CIRCLE_ROLES:
        raise MonitorNotOfCircle(person_id=str(new.monitor_person_id))
    if new.convener_person_id is not None and people[new.convener_person_id] not in CIRCLE_ROLES:
        raise ConvenerNotOfCircle(person_id=str(new.convener_person_id))
    if new.conference_id is not None and not await queries.was_held(
        session, conference_id=new.conference_id, case_id=case_id
    ):
        raise ConferenceNotHeld(conference_id=str(new.conference_id))


def version_of(
    plan: Plan, like: NewPlan | PlanVersion, *, by: UUID, recorded_as: RecordedAs, now: datetime
) -> PlanVersion:
    """Return the row of a plan's current version, yet without its words."""
    return PlanVersion(
        id=uuid7(),
        tenant=plan.tenant,
        case_id=plan.case_id,
        plan_id=plan.id,
        version=plan.version,
        conference_id=like.conference_id,
        monitor_person_id=like.monitor_person_id,
        convener_person_id=like.convener_person_id,
        language=like.language,
        recorded_by=by,
        recorded_as=recorded_as,
        created_at=now,
    )


async def _write_version(
    session: AsyncSession,
    vault: Vault,
    plan: Plan,
    *,
    by: UUID,
    new: NewPlan,
    now: datetime,
    policy: PolicyInForce[Policy],
    replaced: Sequence[UUID] = (),
) -> list[UUID]:
    words = PlanWords(
        goals=new.goals,
        plan_b=tuple(PlanBWords(**line.model_dump()) for line in new.plan_b),
        decisions_of_circle=new.decisions_of_circle,
        for_children=new.for_children,
        change_reason=new.reason if isinstance(new, ChangedPlan) else None,
    )
    version = version_of(plan, new, by=by, recorded_as="coordinator", now=now)
    if isinstance(new, ChangedPlan):
        version.asked_by_person_id, version.met_on = new.asked_by_person_id, new.met_on
    await vault.seal(session, version, words)
    session.add(version)
    await note_written(session, version, now=now)
    await _write_resources(session, vault, plan, by=by, new=new, now=now)
    session.add_all(
        Stance(
            plan_id=plan.id,
            version=plan.version,
            person_id=each.person_id,
            tenant=plan.tenant,
            case_id=plan.case_id,
            agrees=each.agrees,
            said_at=now,
        )
        for each in new.stances
    )
    agreements = await _write_agreements(session, vault, plan, new=new, now=now)
    await session.flush()
    for agreement in agreements:
        await await_day(session, plan, agreement, now=now, policy=policy)
    await plan_review(session, plan, review_on=new.review_on, now=now, policy=policy)
    await publish_recorded(session, plan, version, agreements=agreements, replaced=replaced, now=now)
    return [agreement.id for agreement in agreements]


async def publish_recorded(
    session: AsyncSession,
    plan: Plan,
    version: PlanVersion,
    *,
    agreements: Sequence[Agreement],
    replaced: Sequence[UUID],
    now: datetime,
) -> None:
    """Publish that a plan has this version, with these agreements, and which it replaced; it was adjusted."""
    fact = events.PlanRecorded(
        case_id=plan.case_id,
        plan_id=plan.id,
        version=version.version,
        conference_id=version.conference_id,
        agreement_ids=tuple(agreement.id for agreement in agreements),
        by_professionals=sum(agreement.by == "professional" for agreement in agreements),
        monitor_person_id=version.monitor_person_id,
        review_on=plan.review_on,
        convener_person_id=version.convener_person_id,
        needs_acceptance=plan.acceptance != PlanAcceptance.NOT_NEEDED,
        replaced=tuple(replaced),
    )
    await publish(session, plan, fact, now=now)
    await adjusting.note_version(session, plan, now=now)


async def _write_resources(
    session: AsyncSession, vault: Vault, plan: Plan, *, by: UUID, new: NewPlan, now: datetime
) -> None:
    before = await _answered_before(session, vault, plan)
    for item in new.resources:
        words = ResourceWords(what=item.what, asked_of=item.asked_of, answer=item.answer)
        said = None if item.state == "asked" else before.get((item.state, words), (now, by, "coordinator"))
        resource = Resource(
            id=uuid7(),
            tenant=plan.tenant,
            case_id=plan.case_id,
            plan_id=plan.id,
            plan_version=plan.version,
            state=item.state,
            created_at=now,
        )
        resource.answered_at, resource.answered_by, resource.answered_as = said or (None, None, None)
        await vault.seal(session, resource, words)
        session.add(resource)


async def _answered_before(
    session: AsyncSession, vault: Vault, plan: Plan
) -> dict[tuple[str, ResourceWords], tuple[datetime | None, UUID | None, str | None]]:
    """Return who answered each request of the previous version, and when: what stays as it was keeps that."""
    rows = await queries.resources_of_version(session, plan.id, plan.version - 1)
    opened = await vault.open_many(session, rows)
    return {
        (row.state, words): (row.answered_at, row.answered_by, row.answered_as)
        for row, words in zip(rows, opened, strict=True)
    }


async def _write_agreements(
    session: AsyncSession, vault: Vault, plan: Plan, *, new: NewPlan, now: datetime
) -> list[Agreement]:
    agreements = []
    for item in new.agreements:
        words = AgreementWords(what=item.what, who_text=item.who_text, known_done_how=item.known_done_how)
        agreement = Agreement(
            id=uuid7(),
            tenant=plan.tenant,
            case_id=plan.case_id,
            plan_id=plan.id,
            plan_version=plan.version,
            by=item.by,
            who_person_ids=list(item.who_person_ids),
            due_on=item.due_on,
            state=AgreementState.OPEN,
            created_at=now,
        )
        await vault.seal(session, agreement, words)
        agreements.append(agreement)
    session.add_all(agreements)
    return agreements


async def _replace(session: AsyncSession, plan: Plan, *, now: datetime) -> Sequence[UUID]:
    """Remove everything of the previous version from the current one: what is recorded now is complete.

    Return the agreements that this ends.
    """
    for kind in (Agreement, Resource):
        await session.execute(
            update(kind)
            .where(kind.plan_id == plan.id, kind.until_version.is_(None))
            .values(until_version=plan.version)
            .execution_options(synchronize_session=False)
        )
    query = select(Agreement.id).where(Agreement.plan_id == plan.id, Agreement.state.in_(STANDING))
    replaced = list(await session.scalars(query))
    if not replaced:
        return replaced
    await session.execute(
        update(Agreement)
        .where(Agreement.id.in_(replaced))
        .values(state=AgreementState.REPLACED, settled_at=now)
        .execution_options(synchronize_session=False)
    )
    await stop_clocks(session, subjects=replaced, kinds=OF_AGREEMENTS, now=now)
    return replaced
