"""Organisations, staff and coordinators."""

from uuid import UUID

from services.intake import permissions
from services.intake.domain.errors import UnknownOrganisation
from services.intake.models import ContactFields, Coordinator, Organisation, StaffMember
from services.intake.operations import register
from services.intake.permissions import ContactManager, RegisterLister, RegisterReader, Registrar
from services.intake.queries import register as reads
from services.intake.schemas.register import (
    CoordinatorEntered,
    CoordinatorEntry,
    NewCoordinator,
    NewOrganisation,
    NewStaff,
    OrganisationEntered,
    OrganisationEntry,
    ProfileChange,
    StaffEntered,
    StaffEntry,
)
from shared.http import Deps, Now, Page, Paging, Router, Session, problems
from shared.http.gates import PolicyKeeper, PolicyReader

router = Router(tags=["register"])


@router.post("/v1/organisations", status_code=201)
async def enter_organisation(
    entry: NewOrganisation, principal: Registrar, session: Session, now: Now
) -> OrganisationEntered:
    """Enter an organisation in the register; ops create tenants, also from an entry that somebody else made."""
    entered_by = await permissions.may_enter_organisation(session, principal, entry)
    found = await register.enter_organisation(session, entry=entry, entered_by=entered_by, now=now)
    return OrganisationEntered(organisation_id=found)


@router.put("/v1/organisations/{organisation_id}", responses=problems(404, 409))
async def change_organisation(
    organisation_id: UUID, change: ProfileChange, principal: Registrar, session: Session, now: Now
) -> OrganisationEntry:
    """Change an organisation's profile; its name and mailbox count at once, its calendar for new deadlines."""
    found = await permissions.may_change_organisation(session, principal, organisation_id=organisation_id)
    return _organisation(await register.change_organisation(session, found, change=change, now=now))


@router.get("/v1/organisations")
async def list_organisations(
    principal: RegisterLister, session: Session, page: Paging
) -> Page[OrganisationEntry]:
    """List the organisations of the register."""
    del principal
    rows = await reads.organisations(session, page=page)
    return Page(items=[_organisation(row) for row in rows.items], next=rows.next)


@router.get("/v1/organisations/{organisation_id}")
async def read_organisation(
    organisation_id: UUID, principal: RegisterReader, session: Session
) -> OrganisationEntry:
    """Read the profile of an organisation in the register."""
    del principal
    found = await reads.organisation(session, organisation_id=organisation_id)
    if found is None:
        raise UnknownOrganisation
    return _organisation(found)


@router.post("/v1/staff", status_code=201, responses=problems(404))
async def enter_staff(
    entry: NewStaff, principal: Registrar, session: Session, now: Now, deps: Deps
) -> StaffEntered:
    """Enter a colleague of the tenant or of a party, so that they can be mailed."""
    known = await register.enter_staff(session, deps.vault, tenant=principal.tenant, entry=entry, now=now)
    return StaffEntered(staff_id=known.id, version=known.version)


@router.get("/v1/staff")
async def list_staff(
    principal: ContactManager, session: Session, page: Paging, deps: Deps
) -> Page[StaffEntry]:
    """List the colleagues whom the tenant knows: its own, and those of parties."""
    rows = await reads.staff(session, tenant=principal.tenant, page=page)
    contacts = await deps.vault.open_readable(session, rows.items)
    entries = [
        _staff(row, contact) for row, contact in zip(rows.items, contacts, strict=True) if contact is not None
    ]
    return Page(items=entries, next=rows.next)


@router.post("/v1/coordinators", status_code=201, responses=problems(404))
async def enter_coordinator(
    entry: NewCoordinator, principal: PolicyKeeper, session: Session, now: Now, deps: Deps
) -> CoordinatorEntered:
    """Enter a coordinator of the tenant."""
    known = await register.enter_coordinator(
        session, deps.vault, tenant=principal.tenant, entry=entry, now=now
    )
    return CoordinatorEntered(coordinator_id=known.id, version=known.version)


@router.get("/v1/coordinators")
async def list_coordinators(
    principal: PolicyReader, session: Session, page: Paging, deps: Deps
) -> Page[CoordinatorEntry]:
    """List the tenant's coordinators and how many cases each has now."""
    rows = await reads.coordinators(session, tenant=principal.tenant, page=page)
    loads = await reads.loads(session, tenant=principal.tenant)
    contacts = await deps.vault.open_readable(session, rows.items)
    entries = [
        _coordinator(row, contact, loads.get(row.id, 0))
        for row, contact in zip(rows.items, contacts, strict=True)
        if contact is not None
    ]
    return Page(items=entries, next=rows.next)


def _organisation(row: Organisation) -> OrganisationEntry:
    return OrganisationEntry(
        organisation_id=row.id,
        name=row.name,
        kbo_number=row.kbo_number,
        reply_to=row.reply_to,
        is_tenant=row.is_tenant,
        superseded_by=row.superseded_by,
        languages=row.languages,
        country=row.country,
        subdivision=row.subdivision,
        time_zone=row.time_zone,
        accent_colour=row.accent_colour,
        heading_colour=row.heading_colour,
        background_colour=row.background_colour,
        signature=row.signature,
        version=row.version,
        created_at=row.created_at,
    )


def _staff(row: StaffMember, contact: ContactFields) -> StaffEntry:
    return StaffEntry.model_validate(
        {
            "staff_id": row.id,
            "organisation_id": row.organisation_id,
            "roles": row.roles,
            "first_name": contact.first_name,
            "last_name": contact.last_name,
            "email": contact.email,
            "language": contact.language,
            "version": row.version,
            "created_at": row.created_at,
        }
    )


def _coordinator(row: Coordinator, contact: ContactFields, load: int) -> CoordinatorEntry:
    return CoordinatorEntry(
        coordinator_id=row.id,
        first_name=contact.first_name,
        last_name=contact.last_name,
        email=contact.email,
        phone=contact.phone,
        language=contact.language,
        languages=row.languages,
        gender=row.gender,
        cultures=row.cultures,
        region=row.region,
        max_load=row.max_load,
        load=load,
        tied_to=row.tied_to,
        version=row.version,
        created_at=row.created_at,
    )
