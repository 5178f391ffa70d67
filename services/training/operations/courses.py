"""Announcing courses; planning, changing and calling off their sessions."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import Registering, SessionOver, Vat, check_times
from services.training.models import CourseRow, SessionRow
from services.training.operations import registrations
from shared import housekeeping, outbox
from shared.errors import require_version
from shared.events import training as events
from shared.ids import uuid7


@dataclass(frozen=True, kw_only=True)
class SessionPlan:
    """When, where and for how much a course is given."""

    starts_at: datetime
    ends_at: datetime
    place: str
    capacity: int
    price: Decimal
    vat: Vat
    account_iban: str | None
    account_name: str | None


async def announce_course(
    session: AsyncSession,
    *,
    tenant: UUID,
    title: str,
    audience: str | None,
    description: str | None,
    given_by: str | None,
    language: str,
    registration: Registering,
    external_url: str | None,
    now: datetime,
) -> UUID:
    """Announce a course and return its id."""
    row = CourseRow(
        id=uuid7(),
        tenant=tenant,
        title=title,
        audience=audience,
        description=description,
        given_by=given_by,
        language=language,
        registration=registration,
        external_url=external_url,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    return row.id


async def plan_session(
    session: AsyncSession, *, tenant: UUID, course_id: UUID, plan: SessionPlan, now: datetime
) -> UUID:
    """Plan a session of a course and return its id. Raises: CourseNotFound, SessionTimesNotRight."""
    course = await queries.course(session, tenant=tenant, course_id=course_id)
    check_times(starts_at=plan.starts_at, ends_at=plan.ends_at, now=now)
    row = SessionRow(
        id=uuid7(),
        tenant=tenant,
        course_id=course.id,
        starts_at=plan.starts_at,
        ends_at=plan.ends_at,
        place=plan.place,
        capacity=plan.capacity,
        price=plan.price,
        vat=plan.vat,
        account_iban=plan.account_iban,
        account_name=plan.account_name,
        version=1,
        cancelled_at=None,
        created_at=now,
    )
    session.add(row)
    await session.flush()
    await housekeeping.visit(session, tenant=tenant)
    return row.id


async def change_session(
    session: AsyncSession,
    *,
    tenant: UUID,
    session_id: UUID,
    version: int,
    starts_at: datetime,
    ends_at: datetime,
    place: str,
    capacity: int,
    now: datetime,
) -> SessionRow:
    """Change the time, place or size of a session; everyone registered is told of another time or place.

    Raises: SessionNotFound, SessionOver, OtherVersion, SessionTimesNotRight.
    """
    held = await _open_session(session, tenant=tenant, session_id=session_id, version=version, now=now)
    check_times(starts_at=starts_at, ends_at=ends_at, now=now)
    is_elsewhere = (held.starts_at, held.ends_at, held.place) != (starts_at, ends_at, place)
    held.starts_at, held.ends_at, held.place, held.capacity = starts_at, ends_at, place, capacity
    held.version += 1
    await session.flush()
    fact = events.SessionChanged(session_id=held.id, version=held.version)
    await outbox.publish(session, fact, stream=held.id, tenant=tenant, now=now)
    if is_elsewhere:
        for row in await queries.live_registrations(session, tenant=tenant, session_id=held.id):
            await registrations.follow_session(session, row, held, now)
    await registrations.fill_places(session, tenant=tenant, session_id=held.id, now=now)
    return held


async def cancel_session(
    session: AsyncSession, *, tenant: UUID, session_id: UUID, version: int, now: datetime
) -> SessionRow:
    """Cancel a session with all its registrations; everyone registered is told, payments wait for finance.

    Raises: SessionNotFound, SessionOver, OtherVersion.
    """
    held = await _open_session(session, tenant=tenant, session_id=session_id, version=version, now=now)
    held.cancelled_at = now
    held.version += 1
    await session.flush()
    fact = events.SessionCancelled(session_id=held.id)
    await outbox.publish(session, fact, stream=held.id, tenant=tenant, now=now)
    for row in await queries.live_registrations(session, tenant=tenant, session_id=held.id):
        await registrations.call_off(session, row, by="organiser", now=now)
        await registrations.mail(session, row, "session-cancelled", now)
    return held


async def _open_session(
    session: AsyncSession, *, tenant: UUID, session_id: UUID, version: int, now: datetime
) -> SessionRow:
    """Return a locked session that can still be changed, at the version that the caller read."""
    held, _ = await queries.session_and_course(session, tenant=tenant, session_id=session_id, lock=True)
    if held.cancelled_at is not None or held.starts_at <= now:
        raise SessionOver
    require_version(version, of=held.version)
    return held
