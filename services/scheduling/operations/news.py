"""No surprises at the meeting: what changes after the circle was told is told again, or the date is moved.

A checklist step says that the circle was told. Later changes are late: the coordinator decides within the time
of a clock, which stops when everything is told. What nobody told by then stays recorded with the conference.
"""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import ChecklistItem, ConferenceState, NewsState
from services.scheduling.models import ChecklistEntry, Conference, LateNews, Preparation
from services.scheduling.operations.base import NEWS_CLOCK, clocks, lock, start_clock
from services.scheduling.settings import policies
from shared.events.intake import BaselinePart

# The step by which the circle is told each part of the baseline.
_TOLD_BY: dict[BaselinePart, ChecklistItem] = {
    "questions": ChecklistItem.QUESTIONS_SHARED,
    "bottom-lines": ChecklistItem.BOTTOM_LINES_SHARED,
    "resources": ChecklistItem.BOTTOM_LINES_SHARED,
}


async def follow_baseline(
    session: AsyncSession, *, case_id: UUID, changed: Collection[BaselinePart], at: datetime, now: datetime
) -> None:
    """Record that parts of the baseline changed at a time, if the circle had been told them."""
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    if preparation is not None:
        await note(session, preparation, {_TOLD_BY[part] for part in changed}, at=at, now=now)


async def note(
    session: AsyncSession,
    preparation: Preparation,
    steps: Collection[ChecklistItem],
    *,
    at: datetime,
    now: datetime,
) -> None:
    """Record that what some steps tell changed at a time, for steps taken by then. The caller holds the lock."""
    taken = select(ChecklistEntry.code).where(
        ChecklistEntry.preparation_id == preparation.id,
        ChecklistEntry.code.in_(steps),
        ChecklistEntry.done,
        ChecklistEntry.created_at <= at,
    )
    codes = (await session.scalars(taken)).all()
    if not codes:
        return
    conference = await queries.current_conference(session, preparation)
    news = {"conference_id": conference.id, "tenant": preparation.tenant, "created_at": now}
    statement = insert(LateNews).values([{**news, "code": code, "state": NewsState.OPEN} for code in codes])
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["conference_id", "code"],
            set_={"state": statement.excluded.state, "created_at": statement.excluded.created_at},
        )
    )
    await await_telling(session, preparation, conference, now=now)


async def await_telling(
    session: AsyncSession, preparation: Preparation, conference: Conference, *, now: datetime
) -> None:
    """Start the clock of what the circle does not know yet; it is due before the day. The caller holds the lock."""
    if not any(news.state in domain.UNTOLD for news in await queries.late_news(session, conference)):
        return
    policy = await policies.for_case(session, case_id=preparation.case_id)
    settings = policy.settings
    limit = policy.limit(now, settings.late_news, warn=settings.late_news_warn)
    starts_at = conference.starts_at
    if conference.state == ConferenceState.SCHEDULED and starts_at is not None and now < starts_at:
        limit = limit.ending_by(starts_at)
    await start_clock(
        session,
        preparation,
        kind=NEWS_CLOCK,
        now=now,
        limit=limit,
    )


async def inform_again(session: AsyncSession, *, conference: Conference, now: datetime) -> None:
    """Decide that the circle is told again: the steps that told it must be taken again. Repeating changes nothing.

    Raises: ConferenceOver.
    """
    await lock(session, conference)
    if conference.state not in domain.LIVE:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
    open_now = [
        news.code for news in await queries.late_news(session, conference) if news.state == NewsState.OPEN
    ]
    await _untell(session, conference, open_now, now=now)


async def follow_step(
    session: AsyncSession, conference: Conference, item: ChecklistItem, *, done: bool, now: datetime
) -> None:
    """Update a late change with its step: taken again it is told, undone it is not. The caller holds the lock."""
    before, after = (NewsState.INFORMING, NewsState.TOLD) if done else (NewsState.OPEN, NewsState.INFORMING)
    await session.execute(
        update(LateNews)
        .where(LateNews.conference_id == conference.id, LateNews.code == item, LateNews.state == before)
        .values(state=after)
    )
    if not any(news.state in domain.UNTOLD for news in await queries.late_news(session, conference)):
        await _stop(session, conference, now=now)


async def move_along(
    session: AsyncSession, conference: Conference, following: Conference, *, now: datetime
) -> None:
    """Move what the circle does not know along with a postponed conference: it is told before the next day."""
    untold = [
        news.code for news in await queries.late_news(session, conference) if news.state in domain.UNTOLD
    ]
    await _untell(session, conference, untold, now=now)
    await session.execute(
        update(LateNews)
        .where(LateNews.conference_id == conference.id, LateNews.code.in_(untold))
        .values(conference_id=following.id)
    )
    await _stop(session, conference, now=now)


async def close_day(session: AsyncSession, conference: Conference, *, now: datetime) -> None:
    """Record that the circle learned something only on the day, if nobody told it before. The caller holds the lock."""
    await session.execute(
        update(LateNews)
        .where(LateNews.conference_id == conference.id, LateNews.state.in_(domain.UNTOLD))
        .values(state=NewsState.ON_THE_DAY)
    )
    await _stop(session, conference, now=now)


async def _untell(
    session: AsyncSession, conference: Conference, codes: Collection[str], *, now: datetime
) -> None:
    await session.execute(
        update(LateNews)
        .where(LateNews.conference_id == conference.id, LateNews.code.in_(codes))
        .values(state=NewsState.INFORMING)
    )
    await session.execute(
        update(ChecklistEntry)
        .where(ChecklistEntry.preparation_id == conference.preparation_id, ChecklistEntry.code.in_(codes))
        .values(done=False, created_at=now)
    )


async def _stop(session: AsyncSession, conference: Conference, *, now: datetime) -> None:
    await clocks.stop(session, kind=NEWS_CLOCK, subject=conference.preparation_id, now=now)
