"""What is on offer: courses, sessions and their places, and the accounts for payments."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.training.domain import LIVE, SEATED, CourseNotFound, RegistrationState, SessionNotFound
from services.training.models import CourseRow, RegistrationRow, SessionRow


@dataclass(frozen=True)
class Places:
    """How many places of a session are taken, and how long its waiting list is."""

    taken: int
    waiting: int


async def course(session: AsyncSession, *, tenant: UUID, course_id: UUID) -> CourseRow:
    """Return a course. Raises: CourseNotFound."""
    query = select(CourseRow).where(CourseRow.tenant == tenant, CourseRow.id == course_id)
    row = (await session.scalars(query)).first()
    if row is None:
        raise CourseNotFound
    return row


def courses(*, tenant: UUID) -> Select[Any]:
    """Return the query of an organisation's courses."""
    return select(CourseRow).where(CourseRow.tenant == tenant)


async def session_and_course(
    session: AsyncSession, *, tenant: UUID, session_id: UUID, lock: bool = False
) -> tuple[SessionRow, CourseRow]:
    """Return a session and its course; with `lock` nobody else takes or frees a place until the commit.

    Raises: SessionNotFound.
    """
    query = (
        select(SessionRow, CourseRow)
        .join(CourseRow, CourseRow.id == SessionRow.course_id)
        .where(SessionRow.tenant == tenant, SessionRow.id == session_id)
    )
    if lock:
        query = query.with_for_update(of=SessionRow)
    row = (await session.execute(query)).first()
    if row is None:
        raise SessionNotFound
    return row.SessionRow, row.CourseRow


def _taken() -> ColumnElement[int]:
    return (
        select(func.count())
        .where(RegistrationRow.session_id == SessionRow.id, RegistrationRow.state.in_(SEATED))
        .correlate(SessionRow)
        .scalar_subquery()
    )


def _sessions(tenant: UUID) -> Select[Any]:
    query = cast("Select[Any]", select(SessionRow, CourseRow, _taken().label("taken")))
    return query.join(CourseRow, CourseRow.id == SessionRow.course_id).where(SessionRow.tenant == tenant)


def sessions_to_come(*, tenant: UUID, now: datetime) -> Select[Any]:
    """Return the query of (session, course, places taken) of sessions that are not over."""
    return _sessions(tenant).where(SessionRow.ends_at > now, SessionRow.cancelled_at.is_(None))


def sessions_over(*, tenant: UUID, now: datetime) -> Select[Any]:
    """Return the query of (session, course, places taken) of sessions that are over or were cancelled."""
    return _sessions(tenant).where(or_(SessionRow.ends_at <= now, SessionRow.cancelled_at.is_not(None)))


async def offered_session(session: AsyncSession, *, tenant: UUID, session_id: UUID) -> Any:
    """Return (session, course, places taken) of one session. Raises: SessionNotFound."""
    row = (await session.execute(_sessions(tenant).where(SessionRow.id == session_id))).first()
    if row is None:
        raise SessionNotFound
    return row


async def places(session: AsyncSession, *, session_id: UUID) -> Places:
    """Return how many places are taken; reliable only under the session's lock."""
    query = (
        select(RegistrationRow.state, func.count().label("number"))
        .where(RegistrationRow.session_id == session_id, RegistrationRow.state.in_(LIVE))
        .group_by(RegistrationRow.state)
    )
    counts: dict[str, int] = {row.state: row.number for row in await session.execute(query)}
    waiting = counts.pop(RegistrationState.WAITLISTED, 0)
    return Places(taken=sum(counts.values()), waiting=waiting)


async def accounts(session: AsyncSession, *, tenant: UUID) -> set[str]:
    """Return the accounts to which an organisation lets people pay."""
    query = select(SessionRow.account_iban).where(
        SessionRow.tenant == tenant, SessionRow.account_iban.is_not(None)
    )
    return {account for account in await session.scalars(query.distinct()) if account is not None}
