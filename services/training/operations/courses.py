"""Announcing courses and sessions, and setting an organisation's choices."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.training import queries
from services.training.domain import Registering, Vat, check_times
from services.training.models import CourseRow, SessionRow
from shared import housekeeping
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
        created_at=now,
    )
    session.add(row)
    await session.flush()
    await housekeeping.visit(session, tenant=tenant)
    return row.id
