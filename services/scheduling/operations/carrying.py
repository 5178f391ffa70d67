"""What a postponed conference passes on to the next: the future dates, and everybody's answers to them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import CloseReason, PollState
from services.scheduling.models import Conference, Poll, PollAnswer
from services.scheduling.operations.polls import Proposal, option_row
from shared.ids import uuid7


async def carry_over(
    session: AsyncSession, *, postponed: Conference, next_conference: Conference, now: datetime
) -> Poll | None:
    """Give the next conference the future dates, with every answer; None if there are none."""
    poll = await queries.poll_of(session, postponed)
    if poll is None:
        return None
    put_off = (postponed.starts_at, postponed.ends_at)
    kept = [
        option
        for option in queries.ahead(await queries.options(session, poll), now=now)
        if (option.starts_at, option.ends_at) != put_off
    ]
    if not kept:
        return None
    members = await queries.members(session, case_id=postponed.case_id)
    best = domain.best(kept, members, now=now, quorum=poll.quorum)
    new_ids = {option.id: uuid7() for option in kept}
    carried = Poll(
        id=uuid7(),
        tenant=poll.tenant,
        case_id=poll.case_id,
        conference_id=next_conference.id,
        state=PollState.CLOSED,
        quorum=poll.quorum,
        closed_at=now,
        closed_reason=CloseReason.CARRIED,
        best_option_id=new_ids[best.option.id] if best is not None else None,
        created_at=now,
    )
    session.add(carried)
    await session.flush()
    dates = {new_ids[option.id]: Proposal(option.starts_at, option.ends_at, option.part) for option in kept}
    session.add_all(
        option_row(carried, date, option_id=option_id, now=now) for option_id, date in dates.items()
    )
    await session.flush()
    await _copy_answers(session, carried, new_ids)
    return carried


async def _copy_answers(session: AsyncSession, carried: Poll, new_ids: Mapping[UUID, UUID]) -> None:
    rows = await session.scalars(select(PollAnswer).where(PollAnswer.option_id.in_(new_ids)))
    session.add_all(
        PollAnswer(
            option_id=new_ids[row.option_id],
            person_id=row.person_id,
            tenant=row.tenant,
            poll_id=carried.id,
            answer=row.answer,
            via=row.via,
            created_at=row.created_at,
        )
        for row in rows.all()
    )
    await session.flush()
