"""A circle that meets by itself, without a coordinator: nothing is prepared, and somebody says what came of it."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import RecordedAs
from services.plans.domain.dates import check_met
from services.plans.models import OwnMeeting, Plan
from services.plans.operations import adjusting
from services.plans.operations.calling import calls_are_made
from services.plans.operations.reviewing import review_anew
from services.plans.operations.timing import clocks, notify, publish, waiting_plan
from services.plans.schemas.checks import NewOwnMeeting
from shared import profiles
from shared.deadlines import Deadline
from shared.events import plans as events
from shared.steps import step


async def record_own_meeting(
    session: AsyncSession,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    said_as: RecordedAs,
    new: NewOwnMeeting,
    now: datetime,
) -> None:
    """Record that a circle met by itself; what was said of the same day before is replaced.

    If it changes its plan, that is expected from now on. Raises: DateOutOfRange, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.running_plan(session, plan_id)
    decision = "adjust" if new.changed else "continue"
    await adjusting.follow_decision(session, plan, decision=decision, now=now)
    if not new.changed:
        await review_anew(session, plan, now=now)
    await note_meeting(session, plan, met_on=new.met_on, changed=new.changed, by=by, said_as=said_as, now=now)


async def note_meeting(
    session: AsyncSession,
    plan: Plan,
    *,
    met_on: date,
    changed: bool,
    by: UUID,
    said_as: RecordedAs,
    now: datetime,
) -> None:
    """Store and publish that a circle met by itself. Raises: DateOutOfRange."""
    profile = await profiles.of(session, tenant=plan.tenant)
    check_met(met_on, today=profile.calendar.day_of(now), since=profile.calendar.day_of(plan.created_at))
    said = {"changed": changed, "said_by": by, "said_as": said_as, "said_at": now}
    key = {"plan_id": plan.id, "met_on": met_on}
    statement = insert(OwnMeeting).values({**key, "tenant": plan.tenant, "case_id": plan.case_id, **said})
    await session.execute(statement.on_conflict_do_update(index_elements=list(key), set_=said))
    fact = events.CircleMet(
        case_id=plan.case_id,
        plan_id=plan.id,
        met_on=met_on,
        changed=changed,
        said_as=said_as,
        ends_task=not changed and await calls_are_made(session, plan),
    )
    await publish(session, plan, fact, now=now)


@step("plans.ask-of-own-meeting")
async def ask_of_meeting(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Ask the central persons and the monitor what came of the meeting that their circle was to hold by itself."""
    plan = await waiting_plan(session, due)
    if plan is None or await clocks.reach(session, due, now=now) is None:
        return False
    monitor = await queries.current_monitor(session, plan)
    people = await queries.active_people(session, plan.case_id)
    await notify(
        session,
        plan,
        people=[person for person, role in people.items() if role == "central" or person == monitor],
        kind="own-meeting",
        link_target="own-meetings",
        now=now,
    )
    return True
