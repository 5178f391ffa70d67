"""How a preparation ends: the conference was held or cancelled, or the case stopped."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import CloseReason, ConferenceState, PollState, PreparationState
from services.scheduling.models import Conference, PollAsked, Preparation
from services.scheduling.operations import milestones, polls
from services.scheduling.operations.base import POLL_CLOCK, TARGET_CLOCK, clocks, publish
from services.scheduling.operations.invitations import call_off, notify_of_cancellation
from shared.events.scheduling import ConferenceCancelled


async def end_preparation(session: AsyncSession, preparation: Preparation, *, now: datetime) -> None:
    """End a preparation and its clock. The caller holds the lock."""
    preparation.state, preparation.ended_at = PreparationState.ENDED, now
    await session.flush()
    await clocks.stop(session, kind=TARGET_CLOCK, subject=preparation.id, now=now)
    await milestones.end(session, preparation, now=now)


async def cancel_conference(
    session: AsyncSession, conference: Conference, *, reason: str, now: datetime
) -> None:
    """Cancel a conference, tell those who expect it, and end its poll. The caller holds the lock.

    When the case stopped, only those with the date in their calendars are told: network tells everybody that
    the case stopped.
    """
    stopped = reason == domain.CASE_STOPPED
    poll = await queries.poll_of(session, conference)
    told = await call_off(session, conference, kind="conference-cancelled", even_if_stopped=stopped, now=now)
    if poll is not None and not stopped:
        asked = set(
            (await session.scalars(select(PollAsked.person_id).where(PollAsked.poll_id == poll.id))).all()
        )
        members = {member.person_id for member in await queries.members(session, case_id=conference.case_id)}
        await notify_of_cancellation(session, conference, sorted((asked & members) - set(told)), now=now)
    conference.state, conference.reason = ConferenceState.CANCELLED, reason
    await session.flush()
    if poll is not None and poll.state == PollState.OPEN:
        await polls.close(session, conference, poll, reason=CloseReason.CANCELLED, now=now)
    if poll is not None:
        await clocks.stop(session, kind=POLL_CLOCK, subject=poll.id, now=now)
    fact = ConferenceCancelled(
        case_id=conference.case_id,
        conference_id=conference.id,
        conference_no=conference.conference_no,
        preparation_no=conference.preparation_no,
        reason=reason,
    )
    await publish(session, fact, of=conference, now=now)
