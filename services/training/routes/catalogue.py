"""What is on offer: courses and their sessions, and the organisation's settings."""

from uuid import UUID

from services.training import queries, schemas
from services.training.models import CourseRow, SessionRow
from services.training.operations import courses
from services.training.permissions import Announcer, Organiser
from shared.http import Now, Page, Paging, Router, Session, anonymous, paginate
from shared.http.principals import PublicTenant

router = Router(tags=["courses"])


@router.post("/v1/courses", status_code=201)
async def announce_course(
    body: schemas.NewCourse, principal: Announcer, session: Session, now: Now
) -> schemas.CourseCreated:
    """Announce a course."""
    course_id = await courses.announce_course(
        session,
        tenant=principal.tenant,
        title=body.title,
        audience=body.audience,
        description=body.description,
        given_by=body.given_by,
        language=body.language,
        registration=body.registration,
        external_url=body.external_url,
        now=now,
    )
    return schemas.CourseCreated(course_id=course_id)


@router.get("/v1/courses", dependencies=[anonymous])
async def list_courses(tenant: PublicTenant, session: Session, page: Paging) -> Page[schemas.Course]:
    """List an organisation's courses, the newest first."""
    rows = await paginate(
        session, queries.courses(tenant=tenant), page, time=CourseRow.created_at, id=CourseRow.id
    )
    return Page(items=[_course(row) for row in rows.items], next=rows.next)


def _course(row: CourseRow) -> schemas.Course:
    return schemas.Course.model_validate(
        {
            "course_id": row.id,
            "title": row.title,
            "audience": row.audience,
            "description": row.description,
            "given_by": row.given_by,
            "language": row.language,
            "registration": row.registration,
            "external_url": row.external_url,
        }
    )


@router.post("/v1/courses/{course_id}/sessions", status_code=201)
async def plan_session(
    course_id: UUID, body: schemas.NewSession, principal: Announcer, session: Session, now: Now
) -> schemas.SessionCreated:
    """Plan a session of a course; with a price, also the account to pay to."""
    plan = courses.SessionPlan(**dict(body))
    session_id = await courses.plan_session(
        session, tenant=principal.tenant, course_id=course_id, plan=plan, now=now
    )
    return schemas.SessionCreated(session_id=session_id)


@router.get("/v1/sessions", dependencies=[anonymous])
async def list_sessions(
    tenant: PublicTenant, session: Session, page: Paging, now: Now
) -> Page[schemas.Session]:
    """List an organisation's sessions that are not over, the nearest first."""
    query = queries.sessions_to_come(tenant=tenant, now=now)
    rows = await paginate(
        session, query, page, time=SessionRow.starts_at, id=SessionRow.id, newest_first=False
    )
    items = [_session(row.SessionRow, row.CourseRow, row.taken) for row in rows.items]
    return Page(items=items, next=rows.next)


@router.get("/v1/sessions/over")
async def list_sessions_over(
    principal: Organiser, session: Session, page: Paging, now: Now
) -> Page[schemas.Session]:
    """List the sessions that are over or were cancelled, the latest first."""
    query = queries.sessions_over(tenant=principal.tenant, now=now)
    rows = await paginate(session, query, page, time=SessionRow.starts_at, id=SessionRow.id)
    items = [_session(row.SessionRow, row.CourseRow, row.taken) for row in rows.items]
    return Page(items=items, next=rows.next)


@router.get("/v1/sessions/{session_id}", dependencies=[anonymous])
async def read_session(session_id: UUID, tenant: PublicTenant, session: Session) -> schemas.Session:
    """Return one session, also one that is over or was cancelled."""
    return _session(*await queries.offered_session(session, tenant=tenant, session_id=session_id))


@router.put("/v1/sessions/{session_id}")
async def change_session(
    session_id: UUID, body: schemas.SessionChange, principal: Announcer, session: Session, now: Now
) -> schemas.Session:
    """Change when and where a session is, or for how many; everyone registered gets an email about it."""
    await courses.change_session(
        session, tenant=principal.tenant, session_id=session_id, **dict(body), now=now
    )
    return _session(*await queries.offered_session(session, tenant=principal.tenant, session_id=session_id))


@router.post("/v1/sessions/{session_id}/cancel")
async def cancel_session(
    session_id: UUID, body: schemas.SessionVersion, principal: Announcer, session: Session, now: Now
) -> schemas.Session:
    """Cancel a session and every registration for it; everyone registered gets an email about it."""
    await courses.cancel_session(
        session, tenant=principal.tenant, session_id=session_id, version=body.version, now=now
    )
    return _session(*await queries.offered_session(session, tenant=principal.tenant, session_id=session_id))


def _session(row: SessionRow, course: CourseRow, taken: int) -> schemas.Session:
    return schemas.Session.model_validate(
        {
            "session_id": row.id,
            "course_id": course.id,
            "title": course.title,
            "description": course.description,
            "given_by": course.given_by,
            "language": course.language,
            "registration": course.registration,
            "external_url": course.external_url,
            "place": row.place,
            "starts_at": row.starts_at,
            "ends_at": row.ends_at,
            "price": row.price,
            "vat": row.vat,
            "capacity": row.capacity,
            "places_left": max(0, row.capacity - taken),
            "version": row.version,
            "cancelled": row.cancelled_at is not None,
        }
    )
