"""Whom a poll asks: everyone of the circle who must be free for the date, and has not answered."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import Option
from services.scheduling.models import Conference, Poll, PollAsked
from services.scheduling.operations.base import notify, rfc3339
from shared import profiles


async def ask_newcomers(session: AsyncSession, conference: Conference, poll: Poll, *, now: datetime) -> None:
    """Ask people who joined the circle while the poll is open. The caller holds the lock."""
    people = await attending(session, conference)
    known = set(
        (await session.scalars(select(PollAsked.person_id).where(PollAsked.poll_id == poll.id))).all()
    )
    silent = domain.silent(await dates_ahead(session, poll, now=now), people)
    await ask(session, conference, poll, [person for person in silent if person not in known], now=now)


async def ask_again(
    session: AsyncSession, conference: Conference, poll: Poll, *, person_id: UUID, now: datetime
) -> None:
    """Ask a person again who has not answered every date. The caller holds the lock."""
    asked = await session.get(PollAsked, (poll.id, person_id))
    if asked is not None and domain.silent(await dates_ahead(session, poll, now=now), [person_id]):
        await ask(session, conference, poll, [person_id], now=now)


async def attending(session: AsyncSession, conference: Conference) -> list[UUID]:
    """Return who must be free for the date of a conference."""
    members = await queries.members(session, case_id=conference.case_id)
    return [member.person_id for member in members if member.attends]


async def dates_ahead(session: AsyncSession, poll: Poll, *, now: datetime) -> list[Option]:
    """Return the future dates of a poll."""
    return queries.ahead(await queries.options(session, poll), now=now)


async def ask(
    session: AsyncSession, conference: Conference, poll: Poll, people: Sequence[UUID], *, now: datetime
) -> None:
    """Ask people, again if they were asked before: they have not answered every date. The caller holds the lock."""
    if not people:
        return
    asked = {"poll_id": poll.id, "tenant": poll.tenant, "asked_at": now, "chased_at": None, "created_at": now}
    statement = insert(PollAsked).values([{**asked, "person_id": person_id} for person_id in people])
    again = {"asked_at": statement.excluded.asked_at, "chased_at": None}
    await session.execute(
        statement.on_conflict_do_update(index_elements=["poll_id", "person_id"], set_=again)
    )
    await notify_of_poll(session, conference, poll, people=people, kind="poll-invitation", now=now)


async def notify_of_new_end(
    session: AsyncSession, conference: Conference, poll: Poll, *, before: datetime | None, now: datetime
) -> None:
    """Tell those who have not answered every date that they have until another day than they were told before."""
    calendar = await profiles.calendar(session, tenant=poll.tenant)
    if before is None or poll.closes_at is None or calendar.day_of(before) == calendar.day_of(poll.closes_at):
        return
    asked = await session.scalars(select(PollAsked.person_id).where(PollAsked.poll_id == poll.id))
    people = sorted({*asked} & {*await attending(session, conference)})
    silent = domain.silent(await dates_ahead(session, poll, now=now), people)
    await notify_of_poll(session, conference, poll, people=silent, kind="poll-invitation", now=now)


async def notify_of_poll(
    session: AsyncSession,
    conference: Conference,
    poll: Poll,
    *,
    people: Sequence[UUID],
    kind: str,
    now: datetime,
) -> None:
    """Have network mail people about a poll."""
    parameters = {"poll_id": str(poll.id)}
    if poll.closes_at is not None:
        parameters["closes_at"] = rfc3339(poll.closes_at)
    await notify(
        session,
        conference,
        people=people,
        kind=kind,
        link_target=f"polls/{poll.id}",
        parameters=parameters,
        now=now,
    )
