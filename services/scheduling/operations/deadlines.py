"""The steps at deadlines of a poll and before the day: none, if the deadline is no longer the clock's."""

from datetime import datetime

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import CloseReason, PollState
from services.scheduling.models import Conference, Poll, PollAsked, Preparation
from services.scheduling.operations import invitations, polls
from services.scheduling.operations.asking import notify_of_poll
from services.scheduling.operations.base import clocks
from shared.deadlines import Deadline
from shared.steps import step


@step("scheduling.remind-silent")
async def remind_silent(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind those who have not answered every date, once."""
    found = await _locked_poll(session, due)
    if found is None or await clocks.reach(session, due, now=now) is None:
        return False
    conference, poll = found
    options = queries.ahead(await queries.options(session, poll), now=now)
    members = await queries.members(session, case_id=poll.case_id)
    silent = domain.silent(options, [member.person_id for member in members if member.attends])
    chased = (
        update(PollAsked)
        .where(PollAsked.poll_id == poll.id, PollAsked.person_id.in_(silent), PollAsked.chased_at.is_(None))
        .values(chased_at=now)
    )
    people = sorted((await session.scalars(chased.returning(PollAsked.person_id))).all())
    await notify_of_poll(session, conference, poll, people=people, kind="poll-reminder", now=now)
    return True


@step("scheduling.close-poll")
async def close_when_due(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Close a poll whose time is over, with the answers so far; the clock is breached only if an answer is missing."""
    found = await _locked_poll(session, due)
    if found is None:
        return False
    conference, poll = found
    answered = await polls.all_answered(session, conference, poll, now=now)
    settle, reason = (clocks.meet, CloseReason.ALL_ANSWERED) if answered else (clocks.reach, CloseReason.DUE)
    if await settle(session, due, now=now) is None:
        return False
    await polls.close(session, conference, poll, reason=reason, now=now)
    return True


@step("scheduling.close-answered-poll")
async def close_when_answered(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Close a poll with all answers, once the time for corrections is over."""
    found = await _locked_poll(session, due)
    if found is None or await clocks.meet(session, due, now=now) is None:
        return False
    await polls.close(session, *found, reason=CloseReason.ALL_ANSWERED, now=now)
    return True


@step("scheduling.remind-of-day")
async def remind_of_day(session: AsyncSession, *, due: Deadline, now: datetime) -> bool:
    """Remind those who were told the date that the day is near, unless it came while the case was paused."""
    preparation = await _running(session, due)
    if preparation is None or await clocks.meet(session, due, now=now) is None:
        return False
    conference = await queries.current_conference(session, preparation)
    if conference.starts_at is not None and conference.starts_at > now:
        await invitations.remind(session, conference, now=now)
    return True


async def _running(session: AsyncSession, due: Deadline) -> Preparation | None:
    if due.case_id is None:
        raise LookupError(f"a {due.kind} of no case")
    # A preparation of a case that stopped has ended with it: then there is nothing to do.
    return await queries.running_preparation(session, case_id=due.case_id, lock=True)


async def _locked_poll(session: AsyncSession, due: Deadline) -> tuple[Conference, Poll] | None:
    preparation = await _running(session, due)
    if preparation is None:
        return None
    conference = await queries.current_conference(session, preparation)
    poll = await queries.poll_of(session, conference)
    if poll is None or poll.id != due.subject or poll.state != PollState.OPEN:
        return None
    return conference, poll
