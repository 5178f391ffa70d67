"""The review of a plan: on its day, or earlier on request, the circle says whether it wants to meet again.

The coordinator, or the regional manager, records what the circle wants: a check-in like the others, whose
decision begins the next round.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    OPEN_CHECK_INS,
    CheckInNotFound,
    CheckInSettled,
    CheckInState,
    NotAReview,
    ReviewAlreadyRequested,
    UsualReviewBy,
)
from services.plans.models import CheckIn, Plan, ReviewAnswer
from services.plans.operations.timing import (
    CHECK_IN,
    REVIEW,
    ask_at,
    awaited,
    clocks,
    notify,
    publish,
    start_clock,
    waiting_plan,
)
from services.plans.schemas.checks import NewReviewAnswer
from services.plans.schemas.sealed import CheckInWords
from services.plans.settings import Policy, policies
from shared.case_access import coordinator_or_manager
from shared.deadlines import Deadline
from shared.events import plans as events
from shared.events.network import AgeBracket
from shared.ids import uuid7
from shared.policies import PolicyInForce
from shared.steps import step
from shared.vault import Vault

_KIND = "review"


@dataclass(frozen=True)
class LatestReview:
    """The latest review date of a plan. `reason`: the age that makes it earlier than for others, if it does."""

    day: date
    reason: AgeBracket | None


async def latest_review(
    session: AsyncSession, *, case_id: UUID, policy: PolicyInForce[Policy], now: datetime
) -> LatestReview:
    """Return the latest review date of a plan that is recorded now: the youngest central person's age counts."""
    bracket = await queries.youngest(session, case_id)
    settings = policy.settings
    for_age = {"under-seven": settings.review_within_under_seven, "minor": settings.review_within_minor}
    usual = policy.calendar.day_of(policy.after(now, settings.review_within))
    if bracket is not None:
        day = policy.calendar.day_of(policy.after(now, for_age[bracket]))
        if day < usual:
            return LatestReview(day, reason=bracket)
    return LatestReview(usual, reason=None)


def usual_review(latest: date, *, policy: PolicyInForce[Policy], now: datetime) -> tuple[date, UsualReviewBy]:
    """Return the review date to propose for a plan that is recorded now, a working day by `latest`, and its origin.

    It is today, working day or not, if no working day is left by `latest`.
    """
    calendar, a_day = policy.calendar, timedelta(days=1)
    counted = calendar.day_of(policy.after(now, policy.settings.review_usual))
    day = calendar.add_working_days(counted - a_day, 1)
    if day <= latest:
        return day, "policy"
    return max(calendar.add_working_days(latest + a_day, -1), calendar.day_of(now)), "latest"


async def plan_review(
    session: AsyncSession,
    plan: Plan,
    *,
    review_on: date,
    now: datetime,
    policy: PolicyInForce[Policy],
) -> None:
    """Set the review date of a plan and start its clock; that of an earlier date stops."""
    plan.review_on = review_on
    await session.flush()
    await clocks.stop(session, kind=REVIEW, subject=plan.id, now=now)
    due_at = policy.calendar.at(review_on, policy.settings.morning_time)
    reminded_at = policy.before(due_at, policy.settings.review_remind)
    await start_clock(
        session,
        plan,
        kind=REVIEW,
        subject=plan.id,
        owner=await coordinator_or_manager(session, plan.case_id),
        now=now,
        # Nobody needs a reminder of a review that is near when it is recorded.
        limit=policy.until(due_at, warn_at=reminded_at if reminded_at > now else None),
    )


async def review_anew(session: AsyncSession, plan: Plan, *, now: datetime) -> None:
    """Set the review date of a plan anew, at the usual time from now, unless it is still to come."""
    if await awaited(session, plan, REVIEW) is not None:
        return
    policy = await policies.for_case(session, case_id=plan.case_id)
    latest = await latest_review(session, case_id=plan.case_id, policy=policy, now=now)
    day, _ = usual_review(latest.day, policy=policy, now=now)
    await plan_review(session, plan, review_on=day, now=now, policy=policy)


@step("plans.remind-of-review")
async def remind_of_review(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind the circle of its review date, unless it meets anyway."""
    plan = await waiting_plan(session, due)
    if plan is None or await clocks.reach(session, due, now=now) is None:
        return False
    if not await queries.is_to_meet_again(session, plan):
        convener = await queries.convener(session, plan_id=plan.id, version=plan.version)
        circle = await queries.taking_part(session, plan.case_id)
        due_on = {"due_on": plan.review_on.isoformat()}
        # Mails name nobody but their reader: only the convener's says who calls the circle together.
        for convenes, parameters in ((True, {**due_on, "you_convene": "yes"}), (False, due_on)):
            await notify(
                session,
                plan,
                people=[each for each in circle if (each == convener) is convenes],
                kind="review-reminder",
                link_target="plans",
                parameters=parameters,
                now=now,
            )
    return True


@step("plans.begin-review")
async def begin_review(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Ask the circle on the plan's review date, unless it meets anyway or was already asked."""
    plan = await waiting_plan(session, due)
    if plan is None or await clocks.meet(session, due, now=now) is None:
        return False
    if not await queries.is_to_meet_again(session, plan):
        await _begin(session, plan, now=now)
    return True


async def request_review(
    session: AsyncSession,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by_person: UUID | None,
    now: datetime,
) -> CheckIn:
    """Start a review earlier than agreed; a requester from the circle counts as wanting to meet.

    Raises: ReviewAlreadyRequested, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.running_plan(session, plan_id)
    check_in = await _begin(session, plan, now=now)
    if check_in is None:
        raise ReviewAlreadyRequested
    if by_person is not None:
        await _note_answer(session, check_in, by_person, NewReviewAnswer(meet_again=True), now=now)
    await publish(session, plan, events.ReviewRequested(case_id=case_id, plan_id=plan_id), now=now)
    return check_in


async def _begin(session: AsyncSession, plan: Plan, *, now: datetime) -> CheckIn | None:
    """Start asking the circle now; None if it is being asked already."""
    owner = await coordinator_or_manager(session, plan.case_id)
    values = {
        "id": uuid7(),
        "tenant": plan.tenant,
        "case_id": plan.case_id,
        "plan_id": plan.id,
        "plan_version": plan.version,
        "kind": _KIND,
        "owner": owner,
        "state": CheckInState.PLANNED,
        "created_at": now,
    }
    made = await session.scalar(insert(CheckIn).values(values).on_conflict_do_nothing().returning(CheckIn.id))
    if made is None:
        return None
    policy = await policies.for_case(session, case_id=plan.case_id)
    await ask_at(
        session,
        plan,
        kind=CHECK_IN,
        subject=made,
        owner=owner,
        asked_at=now,
        now=now,
        policy=policy,
    )
    return await read_check_in(session, made)


async def ask_circle(session: AsyncSession, plan: Plan, check_in: CheckIn, *, now: datetime) -> None:
    """Mail everybody who takes part and has not answered yet whether they want to meet again."""
    said = select(ReviewAnswer.person_id).where(ReviewAnswer.check_in_id == check_in.id)
    answered = set(await session.scalars(said))
    silent = [person for person in await queries.taking_part(session, plan.case_id) if person not in answered]
    await notify(
        session,
        plan,
        people=silent,
        kind=_KIND,
        link_target=f"reviews/{check_in.id}",
        parameters={"check_in_id": str(check_in.id)},
        now=now,
    )


async def answer_review(
    session: AsyncSession,
    *,
    check_in_id: UUID,
    case_id: UUID,
    tenant: UUID,
    person_id: UUID,
    new: NewReviewAnswer,
    now: datetime,
) -> None:
    """Record whether a person wants to meet again, replacing their earlier answer.

    Raises: NotAReview, CheckInSettled, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    check_in = await read_check_in(session, check_in_id)
    if check_in.kind != _KIND:
        raise NotAReview
    if check_in.state not in OPEN_CHECK_INS:
        raise CheckInSettled(state=check_in.state)
    await _note_answer(session, check_in, person_id, new, now=now)


async def _note_answer(
    session: AsyncSession, check_in: CheckIn, person_id: UUID, new: NewReviewAnswer, *, now: datetime
) -> None:
    said = {**new.model_dump(), "created_at": now}
    key = {"check_in_id": check_in.id, "person_id": person_id}
    values = {**key, "tenant": check_in.tenant, "case_id": check_in.case_id, **said}
    statement = insert(ReviewAnswer).values(values)
    await session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=said))


async def read_check_in(session: AsyncSession, check_in_id: UUID) -> CheckIn:
    """Return a check. Raises: CheckInNotFound."""
    check_in = await session.get(CheckIn, check_in_id, populate_existing=True)
    if check_in is None:
        raise CheckInNotFound
    return check_in


async def keep_words(session: AsyncSession, vault: Vault, check_in: CheckIn, **words: str | None) -> None:
    """Store words of a check (`CheckInWords`); those not given stay as they are."""
    known = CheckInWords() if check_in.sealed is None else await vault.open(session, check_in)
    await vault.seal(session, check_in, known.replaced(**words))
