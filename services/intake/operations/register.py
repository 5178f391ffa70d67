"""Entering organisations, staff and coordinators, and changing the policy."""

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Update, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.errors import (
    ContactErased,
    OrganisationKnown,
    OrganisationUnknown,
    TenantUnknown,
    TooManyOfficers,
)
from services.intake.models import ContactFields, Coordinator, Organisation, StaffMember
from services.intake.operations import notifying
from services.intake.queries import register as reads
from services.intake.schemas.register import NewCoordinator, NewOrganisation, NewStaff, Profile, ProfileChange
from shared import locks, outbox, profiles
from shared.auth import NO_TENANT, Role
from shared.database import Scope, set_scope
from shared.errors import require_version
from shared.events import intake as events
from shared.housekeeping import visit
from shared.ids import uuid7
from shared.vault import Vault

# Deadlines were counted by it, so entering an organisation again does not change its calendar.
_CALENDAR = ("country", "subdivision", "time_zone")
# Per organisation: each of them is mailed about every opened file.
MAX_OFFICERS = 20
Known = TypeVar("Known", StaffMember, Coordinator)


async def enter_organisation(
    session: AsyncSession, *, entry: NewOrganisation, entered_by: UUID, now: datetime
) -> UUID:
    """Add an organisation to the register and return its id; an existing one with this id stays as it is.

    A new tenant replaces entries that others made of it: one with its id becomes the tenant's own, and one with
    its number under another id is superseded. Raises: OrganisationKnown.
    """
    organisation_id = entry.organisation_id or uuid7()
    values: dict[str, Any] = {
        "id": organisation_id,
        # A tenant owns its own entry; a party belongs to whoever entered it.
        "tenant": organisation_id if entry.is_tenant else entered_by,
        "kbo_number": entry.kbo_number,
        "is_tenant": entry.is_tenant,
        "version": 1,
        **entry.model_dump(include=set(Profile.model_fields)),
        "created_at": now,
    }
    own = False
    if entry.is_tenant:
        await _supersede(session, values)
        own = await _make_own(session, values)
    # Ops create tenants and belong to none: the row belongs to the new organisation.
    await set_scope(session, Scope(tenant=values["tenant"]))
    if not own and not await _add(session, values):
        await _require_same(session, values)
    elif entry.is_tenant:
        await _publish(session, events.OrganisationEntered, values, now)
        await visit(session, tenant=organisation_id)
    return organisation_id


async def _supersede(session: AsyncSession, values: dict[str, Any]) -> None:
    """Let a new tenant replace others' entries with its number."""
    others = (Organisation.id != values["id"], Organisation.kbo_number == values["kbo_number"])
    async for entry in _of_others(session, *others):
        await session.execute(entry.values(superseded_by=values["id"]))


async def _make_own(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Make others' entry with the id of a new tenant its own; return whether there was one."""
    # The row stays with the tenant that entered it: there is one register for all.
    changes = {name: values[name] for name in values if name not in ("id", "tenant", "created_at")}
    changes["version"] = Organisation.version + 1
    async for entry in _of_others(session, Organisation.id == values["id"]):
        made = await session.execute(entry.values(changes).returning(Organisation.id))
        return made.first() is not None
    return False


async def _of_others(session: AsyncSession, *which: ColumnElement[bool]) -> AsyncIterator[Update]:
    """Yield an update for each entry of an organisation that is no tenant, in the scope of whoever entered it."""
    query = select(Organisation.id, Organisation.tenant).where(
        *which, ~Organisation.is_tenant, Organisation.superseded_by.is_(None)
    )
    for row in (await session.execute(query)).all():
        await set_scope(session, Scope(tenant=row.tenant))
        yield update(Organisation).where(Organisation.id == row.id, ~Organisation.is_tenant)


async def _add(session: AsyncSession, values: dict[str, Any]) -> bool:
    """Add an entry; return whether there was none with its id or number."""
    added = insert(Organisation).values(values).on_conflict_do_nothing().returning(Organisation.id)
    return (await session.execute(added)).first() is not None


async def _require_same(session: AsyncSession, values: dict[str, Any]) -> None:
    """Raise OrganisationKnown unless an entry says the same already."""
    same = select(Organisation.id).where(
        Organisation.superseded_by.is_(None),
        *(
            getattr(Organisation, name).is_not_distinct_from(values[name])
            for name in ("id", "kbo_number", *_CALENDAR)
        ),
    )
    if (await session.execute(same)).first() is None:
        raise OrganisationKnown


async def change_organisation(
    session: AsyncSession, organisation: Organisation, *, change: ProfileChange, now: datetime
) -> Organisation:
    """Change the profile of a locked organisation, and return it; the same again changes nothing.

    Raises: OtherVersion.
    """
    require_version(change.version, of=organisation.version)
    profile = change.model_dump(include=set(Profile.model_fields))
    if all(getattr(organisation, name) == value for name, value in profile.items()):
        return organisation
    for name, value in profile.items():
        setattr(organisation, name, value)
    organisation.version += 1
    await session.flush()
    if organisation.is_tenant:
        values = profile | {"id": organisation.id, "version": organisation.version}
        await _publish(session, events.OrganisationChanged, values, now)
    return organisation


async def _publish(
    session: AsyncSession, kind: type[events.OrganisationProfile], values: dict[str, Any], now: datetime
) -> None:
    known = {name: values[name] for name in kind.model_fields if name != "organisation_id"}
    fact = kind(organisation_id=values["id"], **known)
    # Counts here at once; other services learn it from the event.
    await profiles.note(session, fact)
    await outbox.publish(session, fact, stream=values["id"], tenant=values["id"], now=now)


async def enter_staff(
    session: AsyncSession, vault: Vault, *, tenant: UUID, entry: NewStaff, now: datetime
) -> StaffMember:
    """Add a colleague, or change their data.

    `tenant`: who enters them, so that nobody can overwrite another organisation's data; for a party without a
    tenant, their own organisation. Raises: OrganisationUnknown, TooManyOfficers, ContactErased, OtherVersion.
    """
    tenant = entry.organisation_id if tenant == NO_TENANT else tenant
    await set_scope(session, Scope(tenant=tenant))
    for organisation_id in {tenant, entry.organisation_id}:
        if await reads.organisation(session, organisation_id=organisation_id) is None:
            raise OrganisationUnknown
    if Role.DPO in entry.roles:
        await _require_few_officers(session, tenant=tenant, besides=entry.staff_id)
    values = {
        "organisation_id": entry.organisation_id,
        "roles": sorted({role.value for role in entry.roles}),
    }
    return await _enter(
        session, vault, StaffMember, values, entry, tenant=tenant, person_id=entry.staff_id, now=now
    )


async def _require_few_officers(session: AsyncSession, *, tenant: UUID, besides: UUID | None) -> None:
    # Of two concurrent additions the later one counts both.
    await locks.hold(session, "officers", str(tenant))
    officers = {officer.id for officer in await reads.data_protection_officers(session, tenant=tenant)}
    if len(officers - {besides}) >= MAX_OFFICERS:
        raise TooManyOfficers(most=MAX_OFFICERS)


async def enter_coordinator(
    session: AsyncSession, vault: Vault, *, tenant: UUID, entry: NewCoordinator, now: datetime
) -> Coordinator:
    """Add a coordinator, or change their data. Raises: TenantUnknown, ContactErased, OtherVersion."""
    await _require_tenant(session, tenant)
    values = entry.model_dump(include={"languages", "gender", "cultures", "region", "max_load", "tied_to"})
    return await _enter(
        session, vault, Coordinator, values, entry, tenant=tenant, person_id=entry.coordinator_id, now=now
    )


async def _require_tenant(session: AsyncSession, tenant: UUID) -> None:
    found = await reads.organisation(session, organisation_id=tenant)
    if found is None or not found.is_tenant:
        raise TenantUnknown


async def _enter(
    session: AsyncSession,
    vault: Vault,
    table: type[Known],
    values: dict[str, Any],
    entry: NewStaff | NewCoordinator,
    *,
    tenant: UUID,
    person_id: UUID | None,
    now: datetime,
) -> Known:
    """Add a person, or change their data; the same data again changes nothing."""
    contact = ContactFields(**entry.model_dump(include=set(ContactFields.model_fields)))
    person_id = person_id or uuid7()
    # Of two concurrent additions of the same person the later one finds the first.
    await locks.hold(session, "register", f"{tenant}/{person_id}")
    known = await session.get(table, {"tenant": tenant, "id": person_id}, with_for_update=True)
    if known is None:
        known = table(tenant=tenant, id=person_id, version=1, created_at=now, **values)
        session.add(known)
    elif known.erased_at is not None:
        raise ContactErased
    else:
        before = await vault.open(session, known)
        if before == contact and all(getattr(known, name) == value for name, value in values.items()):
            return known
        require_version(entry.version, of=known.version)
        was_officer = Role.DPO in getattr(known, "roles", ())
        # Otherwise an administrator could keep somebody's mails from them unnoticed: the previous address is told
        # that another replaces it, or that its owner is no longer an officer.
        if before.email != contact.email or (was_officer and Role.DPO not in values["roles"]):
            await notifying.notify_of_change(session, vault, known, before, now)
        for name, value in values.items():
            setattr(known, name, value)
        known.version += 1
    await vault.seal(session, known, contact)
    await session.flush()
    return known
