"""Effects of other services' facts: who is in the circle, whether the case is live."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import CancelReason, ConferenceState, PollState
from services.scheduling.models import (
    CaseInfo,
    Circle,
    CircleMember,
    Conference,
    WantedRound,
)
from services.scheduling.operations import ending, milestones, next_step, polls
from services.scheduling.operations.asking import ask_again, ask_newcomers, notify_of_new_end
from services.scheduling.operations.base import CIRCLE_CLOCK, target_of
from services.scheduling.operations.invitations import invite_newcomers, notify_again, take_back
from shared import case_state
from shared.events.intake import CaseOpened
from shared.events.network import CircleMember as ReadyMember


async def note_case(session: AsyncSession, data: CaseOpened, *, tenant: UUID, now: datetime) -> None:
    """Store how urgent a case is, and who has a mandate in it."""
    statement = insert(CaseInfo).values(
        case_id=data.case_id,
        tenant=tenant,
        track=data.track,
        referring_organisation=data.referring_organisation,
        mandated_organisation=data.mandated_organisation,
        has_plan=False,
        created_at=now,
    )
    await session.execute(statement.on_conflict_do_nothing())


async def follow_leaving(session: AsyncSession, *, case_id: UUID, person_id: UUID, now: datetime) -> None:
    """Continue an open poll without a person who left the case; without one who has to be there a set day may move."""
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    if preparation is None:
        return
    conference = await queries.current_conference(session, preparation)
    member = await session.get(CircleMember, (case_id, person_id))
    if member is not None and member.required:
        await milestones.follow_required(
            session, preparation, conference, gone={person_id}, here=set(), now=now
        )
    await _follow_circle(session, conference, now=now)


async def note_circle(
    session: AsyncSession,
    *,
    tenant: UUID,
    case_id: UUID,
    version: int,
    members: Sequence[ReadyMember],
    now: datetime,
) -> None:
    """Store who takes part, unless something newer is known; newcomers are asked, or told the date."""
    # The lock first: a poll opened at this moment sees the old circle or the new one, not half of it.
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    if preparation is not None:
        await milestones.reach(session, preparation, CIRCLE_CLOCK, now=now)
    statement = insert(Circle).values(case_id=case_id, tenant=tenant, version=version, created_at=now)
    newer = statement.on_conflict_do_update(
        index_elements=["case_id"],
        set_={"version": statement.excluded.version},
        where=Circle.version < statement.excluded.version,
    )
    if (await session.scalars(newer.returning(Circle.case_id))).one_or_none() is None:
        return
    before = await queries.members(session, case_id=case_id)
    await session.execute(delete(CircleMember).where(CircleMember.case_id == case_id))
    session.add_all(
        CircleMember(
            case_id=case_id,
            person_id=member.person_id,
            tenant=tenant,
            role=member.role,
            required=member.required,
            mode=member.mode,
            serves=member.serves,
            not_with=list(member.not_with),
            side=member.side,
            child=member.child,
            created_at=now,
        )
        for member in {member.person_id: member for member in members}.values()
    )
    await session.flush()
    if preparation is None:
        return
    conference = await queries.current_conference(session, preparation)
    await milestones.follow_required(
        session,
        preparation,
        conference,
        gone={each.person_id for each in before if each.required},
        here={each.person_id for each in members},
        now=now,
    )
    await _follow_circle(session, conference, now=now)


async def _follow_circle(session: AsyncSession, conference: Conference, *, now: datetime) -> None:
    """Adjust a poll or a set date to the circle; in a paused case newcomers wait until it is resumed.

    The caller holds the lock of the conference's preparation.
    """
    paused = await case_state.pause_reason(session, conference.case_id) is not None
    if conference.state == ConferenceState.SCHEDULED:
        await take_back(session, conference, now=now)
        if not paused:
            await invite_newcomers(session, conference, now=now)
    poll = await queries.poll_of(session, conference)
    if poll is None:
        return
    if poll.state != PollState.OPEN:
        await polls.rate_again(session, conference, poll, now=now)
    elif not await polls.follow_answers(session, conference, poll, now=now) and not paused:
        await ask_newcomers(session, conference, poll, now=now)


async def send_again(session: AsyncSession, *, case_id: UUID, person_id: UUID, now: datetime) -> None:
    """Ask a person whose address changed again, or tell them the date again."""
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    members = {member.person_id for member in await queries.members(session, case_id=case_id)}
    if preparation is None or person_id not in members:
        return
    conference = await queries.current_conference(session, preparation)
    if conference.state == ConferenceState.SCHEDULED and person_id in await queries.notified(
        session, conference
    ):
        await notify_again(session, conference, person_id, now=now)
    poll = await queries.poll_of(session, conference)
    if poll is not None and poll.state == PollState.OPEN:
        await ask_again(session, conference, poll, person_id=person_id, now=now)


async def go_on(session: AsyncSession, *, case_id: UUID, now: datetime) -> None:
    """Say what a pause that ended moved, and ask and invite who joined meanwhile; unless the case is paused again."""
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    if preparation is None or await case_state.pause_reason(session, case_id):
        return
    preparation.target_at = (await target_of(session, preparation)).due_at
    await session.flush()
    conference = await queries.current_conference(session, preparation)
    await milestones.keep_before_day(session, preparation, conference, now=now)
    poll = await queries.poll_of(session, conference)
    if poll is not None and poll.state == PollState.OPEN:
        before = poll.closes_at
        await polls.follow_clocks(session, poll)
        await notify_of_new_end(session, conference, poll, before=before, now=now)
    await _follow_circle(session, conference, now=now)


async def need_no_meeting(session: AsyncSession, *, case_id: UUID, now: datetime) -> None:
    """Cancel a conference without a date, as the plan was made without it; one with a date stays as it is."""
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    if preparation is None:
        return
    conference = await queries.current_conference(session, preparation)
    if conference.state not in domain.UNDATED:
        return
    reason = CancelReason.PLAN_WITHOUT_MEETING.value
    await ending.cancel_conference(session, conference, reason=reason, now=now)
    await ending.end_preparation(session, preparation, now=now)


async def stop_case(session: AsyncSession, *, case_id: UUID, now: datetime) -> None:
    """Stop everything about a case that was withdrawn or has ended."""
    await session.execute(delete(WantedRound).where(WantedRound.case_id == case_id))
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    await next_step.end(session, case_id=case_id, now=now)
    if preparation is None:
        return
    conference = await queries.current_conference(session, preparation)
    await ending.cancel_conference(session, conference, reason=domain.CASE_STOPPED, now=now)
    await ending.end_preparation(session, preparation, now=now)
