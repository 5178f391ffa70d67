"""The people of a case, for the coordinator."""

from uuid import UUID

from fastapi import Response

from services.network import permissions, queries
from services.network.models import PersonFields
from services.network.operations import contacts, persons
from services.network.operations.cases import require_live
from services.network.routes.views import person_views
from services.network.schemas import (
    CentralPerson,
    ContactNoted,
    ContactView,
    DeliveryView,
    NewContact,
    NewPerson,
    PersonAdded,
    PersonChange,
    PersonView,
    WithReason,
)
from shared.http import Deps, Now, Page, Paging, Router, Session
from shared.http.gates import Coordinator, CoordinatorOrManager

router = Router(tags=["people"])


@router.get("/v1/cases/{case_id}/persons")
async def list_people(
    *, case_id: UUID, principal: CoordinatorOrManager, session: Session, deps: Deps, page: Paging, now: Now
) -> Page[PersonView]:
    """List the people of a case, in the order in which they were added."""
    await permissions.may_list_people(session, principal, case_id=case_id, now=now)
    rows = await queries.people_of_case(session, tenant=principal.tenant, case_id=case_id, page=page)
    people = [(row[0], row[1]) for row in rows.items]
    return Page(items=await person_views(session, deps.vault, people), next=rows.next)


@router.get("/v1/central-persons")
async def list_central_persons(
    principal: Coordinator, session: Session, deps: Deps, page: Paging
) -> Page[CentralPerson]:
    """List the central persons of the cases that the caller coordinates now, newest first, by first name."""
    rows = await queries.central_persons(
        session, tenant=principal.tenant, of_cases=permissions.in_own_cases(principal), page=page
    )
    opened = await deps.vault.open_readable(session, rows.items)
    items = [
        CentralPerson(
            case_id=row.case_id,
            person_id=row.id,
            first_name=fields.first_name if fields else None,
        )
        for row, fields in zip(rows.items, opened, strict=True)
    ]
    return Page(items=items, next=rows.next)


@router.get("/v1/cases/{case_id}/deliveries")
async def list_deliveries(
    case_id: UUID, principal: CoordinatorOrManager, session: Session, page: Paging, now: Now
) -> Page[DeliveryView]:
    """List the mails to people of a case and their delivery state, newest first."""
    await permissions.may_list_people(session, principal, case_id=case_id, now=now)
    rows = await queries.deliveries(session, tenant=principal.tenant, case_id=case_id, page=page)
    items = [
        DeliveryView(
            message_id=row.id,
            person_id=row.recipient,
            kind=row.kind,
            state=row.state,
            queued_at=row.queued_at,
            settled_at=row.settled_at,
        )
        for row in rows.items
    ]
    return Page(items=items, next=rows.next)


@router.post("/v1/cases/{case_id}/persons", status_code=201)
async def add_person(
    *, case_id: UUID, body: NewPerson, principal: Coordinator, session: Session, deps: Deps, now: Now
) -> PersonAdded:
    """Add a person to the circle."""
    await permissions.may_work_on_case(session, principal, case_id=case_id)
    await require_live(session, case_id=case_id, tenant=principal.tenant)
    person = await persons.add(
        session,
        deps.vault,
        tenant=principal.tenant,
        case_id=case_id,
        fields=PersonFields.model_validate(body.model_dump(include=set(PersonFields.model_fields))),
        role=body.role,
        side=body.side,
        proposed_by=body.proposed_by,
        required=body.required,
        serves=body.serves,
        now=now,
    )
    return PersonAdded(person_id=person.id)


@router.get("/v1/persons/{person_id}")
async def read_person(
    person_id: UUID, principal: CoordinatorOrManager, session: Session, deps: Deps, now: Now
) -> PersonView:
    """Read one person."""
    person = await permissions.may_read_person(session, principal, person_id=person_id, now=now)
    invitation = await queries.invitation_of(session, tenant=principal.tenant, person_id=person_id)
    return (await person_views(session, deps.vault, [(person, invitation)]))[0]


@router.patch("/v1/persons/{person_id}")
async def change_person(
    *,
    person_id: UUID,
    body: PersonChange,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
) -> PersonView:
    """Change a person's data; with another e-mail address, links sent before stop working."""
    person = await permissions.may_work_with_person(session, principal, person_id=person_id, lock=True)
    await require_live(session, case_id=person.case_id, tenant=principal.tenant)
    changes = body.model_dump(include=body.model_fields_set, exclude={"version"})
    await persons.change(session, deps.vault, person=person, version=body.version, changes=changes, now=now)
    invitation = await queries.invitation_of(session, tenant=principal.tenant, person_id=person_id)
    return (await person_views(session, deps.vault, [(person, invitation)]))[0]


@router.post("/v1/persons/{person_id}/confirm")
async def confirm_person(person_id: UUID, principal: Coordinator, session: Session, now: Now) -> PersonAdded:
    """Take a person whom somebody of the circle proposed into the circle."""
    person = await permissions.may_work_with_person(session, principal, person_id=person_id, lock=True)
    await require_live(session, case_id=person.case_id, tenant=principal.tenant)
    await persons.confirm(session, person=person, now=now)
    return PersonAdded(person_id=person.id)


@router.post("/v1/persons/{person_id}/remove", status_code=204, response_class=Response)
async def remove_person(
    *, person_id: UUID, body: WithReason, principal: Coordinator, session: Session, deps: Deps, now: Now
) -> None:
    """Remove a person from the circle."""
    person = await permissions.may_work_with_person(session, principal, person_id=person_id, lock=True)
    await require_live(session, case_id=person.case_id, tenant=principal.tenant)
    await persons.end_membership(
        session,
        deps.vault,
        person=person,
        kind="removed",
        reason=body.reason,
        decided_by=principal.id,
        now=now,
    )


@router.post("/v1/persons/{person_id}/exclude", status_code=204, response_class=Response)
async def exclude_person(
    *, person_id: UUID, body: WithReason, principal: Coordinator, session: Session, deps: Deps, now: Now
) -> None:
    """Decide that a person may not come to the conference."""
    person = await permissions.may_work_with_person(session, principal, person_id=person_id, lock=True)
    await require_live(session, case_id=person.case_id, tenant=principal.tenant)
    await persons.end_membership(
        session,
        deps.vault,
        person=person,
        kind="excluded",
        reason=body.reason,
        decided_by=principal.id,
        now=now,
    )


@router.post("/v1/persons/{person_id}/contacts", status_code=201)
async def note_contact(
    person_id: UUID, body: NewContact, principal: Coordinator, session: Session, now: Now
) -> ContactNoted:
    """Record that the coordinator was in touch with a person, never what was said."""
    person = await permissions.may_work_with_person(session, principal, person_id=person_id)
    await require_live(session, case_id=person.case_id, tenant=principal.tenant)
    contact_id = await contacts.note_contact(
        session,
        person=person,
        channel=body.channel,
        purpose=body.purpose,
        on=body.on,
        made_by=principal.id,
        now=now,
    )
    return ContactNoted(contact_id=contact_id)


@router.get("/v1/persons/{person_id}/contacts")
async def list_contacts(
    person_id: UUID, principal: CoordinatorOrManager, session: Session, page: Paging, now: Now
) -> Page[ContactView]:
    """List the contacts with a person, newest first."""
    await permissions.may_read_person(session, principal, person_id=person_id, now=now)
    rows = await queries.contacts_of(session, tenant=principal.tenant, person_id=person_id, page=page)
    items = [
        ContactView(contact_id=row.id, channel=row.channel, purpose=row.purpose, on=row.on_date)
        for row in rows.items
    ]
    return Page(items=items, next=rows.next)
