"""Who read and changed what: for the person concerned, and for the data protection officer. Both are audited."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase

from shared.audit import Row, note_facts, note_rows
from shared.auth import Kind
from shared.case_access import has_left
from shared.case_state import require_not_erased
from shared.contracts import OwnAuditEntry
from shared.errors import Invalid
from shared.http.gates import Officer
from shared.http.models import ResponseModel
from shared.http.openapi import problems
from shared.http.paging import Page, Paging, paginate
from shared.http.principals import Person
from shared.http.routing import Router, Session
from shared.tables import audit_log
from shared.vault.declaring import shown_tables

# A copy is for people to read: older entries are in /v1/me/audit-log.
_MOST_IN_COPY = 1000
# They decide about everything with the circle; others of the circle see reads and changes of their own data only.
_WHOSE_CASE_IT_IS = frozenset({"central", "representative"})
# What people see besides the tables that declare it: their reading of this log.
_ITSELF = "audit-log"


class AuditLogWithoutSubject(Invalid):
    """The audit log was requested without a subject."""

    code = "audit-log-without-subject"
    title = "Say whose audit log you want: case_id, person_id or actor"


class AuditEntry(ResponseModel):
    """A read or change."""

    entry_id: UUID
    at: datetime
    action: str
    what: list[str]
    actor_kind: str
    actor: UUID | None
    roles: list[str]
    organisation_id: UUID | None
    case_id: UUID | None
    person_ids: list[UUID]
    operation: str
    request: str | None
    purpose: str | None
    break_glass_id: UUID | None


router = Router(tags=["audit-log"])


def own_audit_log(base: type[DeclarativeBase]) -> Router:
    """Return the route by which people of a case see who read or changed their data in the service of these tables.

    They see what the models show them (`Sealed.shown`) and nothing else.
    """
    own = Router(tags=["audit-log"])
    shown = _shown_kinds(base)

    @own.get("/v1/me/audit-log", responses=problems(410))
    async def read_own_audit_log(principal: Person, session: Session, page: Paging) -> Page[OwnAuditEntry]:
        """See who read or changed your data, newest first; central persons see that of their whole case."""
        case = principal.case
        if case is not None:
            await require_not_erased(session, case_id=case)
        whole = principal.case_role in _WHOSE_CASE_IT_IS and not await has_left(
            session, case_id=case, person_id=principal.id
        )
        query = _of(principal.tenant, case_id=case).where(_visible(principal.id, shown, whole=whole))
        rows = await paginate(session, query, page, time=audit_log.c.at, id=audit_log.c.id)
        note_rows(session, "read", [Row(f"{_ITSELF}:own", case=case, person=principal.id)])
        return Page(items=[_own(row, principal.id, shown) for row in rows.items], next=rows.next)

    return own


@router.get("/v1/audit-log", responses=problems(422))
async def read_audit_log(
    *,
    case_id: UUID | None = None,
    person_id: UUID | None = None,
    actor: UUID | None = None,
    principal: Officer,
    session: Session,
    page: Paging,
) -> Page[AuditEntry]:
    """See who read or changed what, in a case, of a person or by somebody, newest first."""
    if case_id is None and person_id is None and actor is None:
        raise AuditLogWithoutSubject
    query = _of(principal.tenant, case_id=case_id, person_id=person_id, actor=actor)
    rows = await paginate(session, query, page, time=audit_log.c.at, id=audit_log.c.id)
    if case_id is not None:
        note_facts(session, "read", case=case_id, what=_ITSELF)
    for person in {person_id, actor} - {None}:
        note_rows(session, "read", [Row(f"{_ITSELF}:of", case=None, person=person)])
    return Page(items=[_entry(row) for row in rows.items], next=rows.next)


def _of(
    tenant: UUID, *, case_id: UUID | None, person_id: UUID | None = None, actor: UUID | None = None
) -> Select[Any]:
    query = select(audit_log).where(audit_log.c.tenant == tenant)
    if case_id is not None:
        query = query.where(audit_log.c.case_id == case_id)
    if person_id is not None:
        query = query.where(audit_log.c.persons.contains([person_id]))
    if actor is not None:
        query = query.where(audit_log.c.actor == actor)
    return query


async def audit_log_of_person(
    session: AsyncSession, base: type[DeclarativeBase], *, tenant: UUID, case_id: UUID, person_id: UUID
) -> list[OwnAuditEntry]:
    """Return who read or changed a person's own data in this service, newest first, for their copy."""
    shown = _shown_kinds(base)
    query = _of(tenant, case_id=case_id).where(_visible(person_id, shown, whole=False))
    rows = await session.execute(
        query.order_by(audit_log.c.at.desc(), audit_log.c.id.desc()).limit(_MOST_IN_COPY)
    )
    return [_own(row, person_id, shown) for row in rows]


def _shown_kinds(base: type[DeclarativeBase]) -> list[str]:
    return [*shown_tables(base), _ITSELF]


def _visible(reader: UUID, shown: list[str], *, whole: bool) -> ColumnElement[bool]:
    """Return which entries a person sees: those shown of their own data, and of the whole case.

    Not what others of the case did in their own name, nor what another service read of the case on their
    behalf.
    """
    theirs = audit_log.c.persons.contains([reader])
    of_nobody = and_(audit_log.c.persons == [], audit_log.c.actor_kind != Kind.SERVICE)
    return and_(
        audit_log.c.what.overlap(shown),
        or_(audit_log.c.actor_kind != Kind.PERSON, audit_log.c.actor == reader),
        or_(theirs, of_nobody) if whole else theirs,
    )


def _own(row: Any, reader: UUID, shown: list[str]) -> OwnAuditEntry:
    return OwnAuditEntry(
        at=row.at,
        action=row.action,
        what=[kind for kind in row.what if kind in shown],
        by=row.actor_kind,
        by_yourself=row.actor == reader,
        roles=row.roles,
        organisation_id=row.organisation,
        purpose=row.purpose,
        by_break_glass=row.break_glass_id is not None,
    )


def _entry(row: Any) -> AuditEntry:
    return AuditEntry(
        entry_id=row.id,
        at=row.at,
        action=row.action,
        what=row.what,
        actor_kind=row.actor_kind,
        actor=row.actor,
        roles=row.roles,
        organisation_id=row.organisation,
        case_id=row.case_id,
        person_ids=row.persons,
        operation=row.operation,
        request=row.request,
        purpose=row.purpose,
        break_glass_id=row.break_glass_id,
    )
