"""What all operations share: the lock under which they work, the service's clocks, events and mails."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.models import Conference, Preparation
from shared import case_state, outbox
from shared.clock_rows import Clock
from shared.clocks import Clocks
from shared.deadlines import TimeLimit, clock_kind
from shared.events.base import CalendarEntry, EventData
from shared.events.network import NotifyPeople

SERVICE = "scheduling"
TARGET_CLOCK = "conference-target"
CONTACT_CLOCK = "first-contact"
TALK_CLOCK = "baseline-talk"
BASELINE_CLOCK = "baseline-told"
CIRCLE_CLOCK = "circle-ready"
DATE_CLOCK = "conference-date"
REMINDER_CLOCK = clock_kind("conference-reminder", turn="never")
OUTCOME_CLOCK = clock_kind("conference-outcome", turn="warned")
NEWS_CLOCK = "late-news"
# Somebody who has to be there is not, once the date is set.
MISSING_CLOCK = "key-person-out"
POLL_CLOCK = clock_kind("poll", turn="never")
# Runs while nobody's answer is missing: the poll then ends early.
ANSWERED_CLOCK = clock_kind("poll-answered", turn="never")
# About the case: after a round without a plan.
NEXT_CLOCK = "next-step"

clocks = Clocks(SERVICE)


def preparation_workflow_id(of: Conference | Preparation) -> str:
    """Return the id of the workflow of a preparation."""
    return f"preparation/{of.case_id}/{of.preparation_no}"


async def start_clock(
    session: AsyncSession,
    preparation: Preparation,
    *,
    kind: str,
    now: datetime,
    limit: TimeLimit,
) -> None:
    """Start a clock of a preparation, owned by its coordinator."""
    await clocks.start(
        session,
        kind=kind,
        subject=preparation.id,
        tenant=preparation.tenant,
        case=preparation.case_id,
        owner="coordinator",
        escalate_to="regional-manager",
        now=now,
        limit=limit,
        workflow_id=preparation_workflow_id(preparation),
    )


async def target_of(session: AsyncSession, preparation: Preparation) -> Clock:
    """Return the clock of the date by which the conference should be held, also an expired one."""
    clock = await clocks.find(session, kind=TARGET_CLOCK, subject=preparation.id)
    if clock is None:
        raise LookupError("a preparation has a clock for its conference")
    return clock


async def resume_target(session: AsyncSession, preparation: Preparation, *, now: datetime) -> None:
    """Resume the target clock: what was left of its time is counted anew."""
    clock = await clocks.resume(session, kind=TARGET_CLOCK, subject=preparation.id, now=now)
    if clock is not None:
        preparation.target_at = clock.due_at
        await session.flush()


async def lock(session: AsyncSession, conference: Conference) -> Preparation:
    """Lock the preparation of a conference, and read the conference again, for an earlier read may be stale.

    Raises: UnknownCase, CaseStopped, CaseErased.
    """
    query = select(Preparation).where(Preparation.id == conference.preparation_id)
    (preparation,) = await case_state.lock_rows(session, query, case_id=conference.case_id)
    await case_state.require_live(session, case_id=conference.case_id, tenant=conference.tenant)
    await queries.conference(session, tenant=conference.tenant, conference_id=conference.id)
    return preparation


async def publish(
    session: AsyncSession, data: EventData, *, of: Conference | Preparation, now: datetime
) -> None:
    """Publish an event, in the order of the case."""
    await outbox.publish(session, data, stream=of.case_id, tenant=of.tenant, case=of.case_id, now=now)


async def notify(
    session: AsyncSession,
    conference: Conference,
    *,
    people: Sequence[UUID],
    kind: str,
    link_target: str,
    now: datetime,
    parameters: dict[str, str] | None = None,
    calendar: CalendarEntry | None = None,
    even_if_stopped: bool = False,
) -> None:
    """Have network mail people of the case."""
    if not people:
        return
    command = NotifyPeople(
        case_id=conference.case_id,
        person_ids=tuple(people),
        kind=kind,
        link_target=link_target,
        parameters=parameters or {},
        calendar=calendar,
        even_if_stopped=even_if_stopped,
    )
    await publish(session, command, of=conference, now=now)


def rfc3339(moment: datetime) -> str:
    """Return a moment in the format of mail parameters."""
    return moment.isoformat().replace("+00:00", "Z")
