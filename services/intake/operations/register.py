"""Entering organisations, staff and coordinators, and changing the policy."""

from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from stdnum.be import vat
from stdnum.exceptions import ValidationError as NotANumber

from services.intake.domain.errors import (
    ContactErased,
    KboNumberWrong,
    OrganisationKnown,
    OrganisationUnknown,
    TenantUnknown,
)
from services.intake.models import ContactFields, Coordinator, Organisation, StaffMember
from services.intake.operations import notifying
from services.intake.queries import register as reads
from services.intake.schemas.register import NewCoordinator, NewOrganisation, NewStaff
from shared import calendars, outbox
from shared.auth import NO_TENANT, Role
from shared.database import Scope, set_scope
from shared.events import intake as events
from shared.ids import uuid7
from shared.vault import Vault

Known = TypeVar("Known", StaffMember, Coordinator)


def kbo_number(given: str) -> str:
    """Return a KBO number as ten digits. Raises: KboNumberWrong."""
    try:
        return str(vat.validate(given))
    except NotANumber:
        raise KboNumberWrong from None


async def enter_organisation(
    session: AsyncSession, *, entry: NewOrganisation, entered_by: UUID, now: datetime
) -> UUID:
    """Put an organisation in the register and return its id; one that is there under this id is left as it is.

    A tenant takes the place of what others entered of it: an entry with its id becomes the tenant's own, and one with
    its number under another id is superseded. Raises: KboNumberWrong, OrganisationKnown.
    """
    organisation_id = entry.organisation_id or uuid7()
    number = kbo_number(entry.kbo_number)
    calendar = entry.model_dump(include={"country", "subdivision", "time_zone"})
    profile = entry.model_dump(include={"name", "reply_to"}) | calendar
    values: dict[str, Any] = {
        "id": organisation_id,
        # A tenant is its own; a party belongs to whoever entered it.
        "tenant": organisation_id if entry.is_tenant else entered_by,
        "kbo_number": number,
        "is_tenant": entry.is_tenant,
        "languages": entry.languages,
        **profile,
        "created_at": now,
    }
    claimed = entry.is_tenant and await _claim(session, values)
    # Ops make tenants and belong to none: the row is the new organisation's own.
    await set_scope(session, Scope(tenant=values["tenant"]))
    added = insert(Organisation).values(values).on_conflict_do_nothing().returning(Organisation.id)
    if not claimed and (await session.execute(added)).first() is None:
        kept = {"id": organisation_id, "kbo_number": number, **calendar}
        same = select(Organisation.id).where(
            Organisation.superseded_by.is_(None),
            *(getattr(Organisation, name).is_not_distinct_from(value) for name, value in kept.items()),
        )
        if (await session.execute(same)).first() is None:
            raise OrganisationKnown
    elif entry.is_tenant:
        fact = events.OrganisationEntered(organisation_id=organisation_id, **profile)
        # Counts here at once; the event that others learn it from comes after.
        await calendars.note(session, fact)
        await outbox.publish(session, fact, stream=organisation_id, tenant=organisation_id, now=now)
    return organisation_id


async def _claim(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Give a new tenant what others entered of it; return whether there was an entry under its id, now its own."""
    of_it = or_(Organisation.id == values["id"], Organisation.kbo_number == values["kbo_number"])
    query = select(Organisation.id, Organisation.tenant).where(
        of_it, ~Organisation.is_tenant, Organisation.superseded_by.is_(None)
    )
    claimed = False
    # Its own entry last: by then its number is free.
    for row in sorted(await session.execute(query), key=lambda row: row.id == values["id"]):
        # Whoever entered it owns the row, which stays under that owner: the register is one for all.
        await set_scope(session, Scope(tenant=row.tenant))
        own = row.id == values["id"]
        changes = (
            {name: value for name, value in values.items() if name not in ("id", "tenant", "created_at")}
            if own
            else {"superseded_by": values["id"]}
        )
        unclaimed = update(Organisation).where(Organisation.id == row.id, ~Organisation.is_tenant)
        done = await session.execute(unclaimed.values(changes).returning(Organisation.id))
        claimed = claimed or (own and done.first() is not None)
    return claimed


async def enter_staff(
    session: AsyncSession, vault: Vault, *, tenant: UUID, entry: NewStaff, now: datetime
) -> UUID:
    """Enter a colleague, or replace what was known of them, and return their id.

    `tenant`: who enters them, so that none can overwrite what another organisation knows; if it is nobody's, their
    own organisation. Raises: OrganisationUnknown, ContactErased.
    """
    tenant = entry.organisation_id if tenant == NO_TENANT else tenant
    await set_scope(session, Scope(tenant=tenant))
    for organisation_id in {tenant, entry.organisation_id}:
        if await reads.organisation(session, organisation_id=organisation_id) is None:
            raise OrganisationUnknown
    staff_id = entry.staff_id or uuid7()
    known = await _known(session, StaffMember, tenant, staff_id)
    person = StaffMember(tenant=tenant, id=staff_id)
    contact = ContactFields(
        first_name=entry.first_name, last_name=entry.last_name, email=entry.email, language=entry.language
    )
    await vault.seal(session, person, contact)
    values = {
        "tenant": tenant,
        "id": staff_id,
        "organisation_id": entry.organisation_id,
        "roles": sorted({role.value for role in entry.roles}),
        "created_at": now,
        "sealed": person.sealed,
    }
    await _tell_of_change(session, vault, known, contact, is_officer=Role.DPO in entry.roles, now=now)
    await _put(session, StaffMember, values)
    return staff_id


async def enter_coordinator(
    session: AsyncSession, vault: Vault, *, tenant: UUID, entry: NewCoordinator, now: datetime
) -> UUID:
    """Enter a coordinator, or replace what was known of them, and return their id.

    Raises: TenantUnknown, ContactErased.
    """
    await _require_tenant(session, tenant)
    coordinator_id = entry.coordinator_id or uuid7()
    known = await _known(session, Coordinator, tenant, coordinator_id)
    person = Coordinator(tenant=tenant, id=coordinator_id)
    contact = ContactFields(
        first_name=entry.first_name, last_name=entry.last_name, email=entry.email, language=entry.language
    )
    await vault.seal(session, person, contact)
    values = {
        "tenant": tenant,
        "id": coordinator_id,
        "languages": entry.languages,
        "gender": entry.gender,
        "cultures": entry.cultures,
        "region": entry.region,
        "max_load": entry.max_load,
        "tied_to": entry.tied_to,
        "created_at": now,
        "sealed": person.sealed,
    }
    await _tell_of_change(session, vault, known, contact, is_officer=False, now=now)
    await _put(session, Coordinator, values)
    return coordinator_id


async def _require_tenant(session: AsyncSession, tenant: UUID) -> None:
    found = await reads.organisation(session, organisation_id=tenant)
    if found is None or not found.is_tenant:
        raise TenantUnknown


async def _put(
    session: AsyncSession, table: type[StaffMember] | type[Coordinator], values: dict[str, object]
) -> None:
    added = insert(table).values(values)
    changed = {name: added.excluded[name] for name in values if name not in ("tenant", "id", "created_at")}
    put = added.on_conflict_do_update(
        index_elements=["tenant", "id"], set_=changed, where=table.erased_at.is_(None)
    ).returning(table.id)
    if (await session.execute(put)).first() is None:
        raise ContactErased


async def _known(session: AsyncSession, table: type[Known], tenant: UUID, person_id: UUID) -> Known | None:
    query = select(table).where(table.tenant == tenant, table.id == person_id).with_for_update()
    found = (await session.execute(query)).scalar_one_or_none()
    if found is not None and found.erased_at is not None:
        raise ContactErased
    return found


async def _tell_of_change(
    session: AsyncSession,
    vault: Vault,
    known: StaffMember | Coordinator | None,
    contact: ContactFields,
    *,
    is_officer: bool,
    now: datetime,
) -> None:
    """Write to the address known so far that another takes its place, or that its owner is no longer an officer.

    Else whoever enters contacts could keep from somebody what they are to be told, and nobody would know.
    """
    if known is None:
        return
    before = await vault.open(session, known)
    was_officer = isinstance(known, StaffMember) and Role.DPO in known.roles
    if before.email != contact.email or (was_officer and not is_officer):
        await notifying.notify_of_change(session, vault, known, before, now)
