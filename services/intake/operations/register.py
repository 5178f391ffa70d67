"""Entering organisations, staff and coordinators, and changing the policy."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
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
from services.intake.queries import register as reads
from services.intake.schemas.register import NewCoordinator, NewOrganisation, NewStaff
from shared import calendars, outbox
from shared.auth import NO_TENANT
from shared.database import Scope, set_scope
from shared.events import intake as events
from shared.ids import uuid7
from shared.vault import Vault


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

    Raises: KboNumberWrong, OrganisationKnown.
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
    # Ops make tenants and belong to none: the row is the new organisation's own.
    await set_scope(session, Scope(tenant=values["tenant"]))
    added = insert(Organisation).values(values).on_conflict_do_nothing().returning(Organisation.id)
    if (await session.execute(added)).first() is None:
        kept = {"id": organisation_id, "kbo_number": number, **calendar}
        same = select(Organisation.id).where(
            *(getattr(Organisation, name).is_not_distinct_from(value) for name, value in kept.items())
        )
        if (await session.execute(same)).first() is None:
            raise OrganisationKnown
    elif entry.is_tenant:
        fact = events.OrganisationEntered(organisation_id=organisation_id, **profile)
        # Counts here at once; the event that others learn it from comes after.
        await calendars.note(session, fact)
        await outbox.publish(session, fact, stream=organisation_id, tenant=organisation_id, now=now)
    return organisation_id


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
    await _require_not_erased(session, StaffMember, tenant, staff_id)
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
    await _require_not_erased(session, Coordinator, tenant, coordinator_id)
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


async def _require_not_erased(
    session: AsyncSession, table: type[StaffMember] | type[Coordinator], tenant: UUID, person_id: UUID
) -> None:
    query = select(table.erased_at).where(table.tenant == tenant, table.id == person_id)
    if (await session.execute(query)).scalar_one_or_none() is not None:
        raise ContactErased
