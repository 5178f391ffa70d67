"""Reads of the register: organisations, staff, coordinators, the policy in force."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import any_, func, literal, or_, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import LIVE, OfferState
from services.intake.domain.fit import Candidate
from services.intake.models import (
    Case,
    Coordinator,
    DailyMail,
    MailRecipient,
    Offer,
    Organisation,
    StaffMember,
)
from shared.auth import Role
from shared.http.paging import PageRequest, Rows, paginate


async def organisation(session: AsyncSession, *, organisation_id: UUID) -> Organisation | None:
    """Return an organisation of the register."""
    return await session.get(Organisation, organisation_id)


async def organisations_by_id(
    session: AsyncSession, *, organisation_ids: Collection[UUID]
) -> dict[UUID, Organisation]:
    """Return those of these organisations that are in the register."""
    query = select(Organisation).where(Organisation.id.in_(organisation_ids))
    return {row.id: row for row in (await session.execute(query)).scalars()}


async def organisations(session: AsyncSession, *, page: PageRequest) -> Rows[Organisation]:
    """Return one page of the register, which is one for the whole installation."""
    return await paginate(
        session,
        select(Organisation),
        page,
        time=Organisation.created_at,
        id=Organisation.id,
        newest_first=False,
    )


async def staff_member(
    session: AsyncSession, *, tenant: UUID, organisation_id: UUID, staff_id: UUID
) -> StaffMember | None:
    """Return a person of an organisation as the tenant entered them, else as that organisation itself did.

    Never as another organisation did, which could register any id as one of its own.
    """
    query = (
        select(StaffMember)
        .where(
            StaffMember.id == staff_id,
            StaffMember.organisation_id == organisation_id,
            StaffMember.tenant.in_([tenant, organisation_id]),
            StaffMember.erased_at.is_(None),
        )
        .order_by((StaffMember.tenant == tenant).desc())
    )
    return (await session.execute(query.limit(1))).scalar_one_or_none()


async def regional_managers(session: AsyncSession, *, tenant: UUID) -> Sequence[UUID]:
    """Return the ids of the tenant's own regional managers."""
    return [manager.id for manager in await _colleagues(session, tenant, Role.REGIONAL_MANAGER)]


async def professionals(session: AsyncSession, *, tenant: UUID, organisation_id: UUID) -> Sequence[UUID]:
    """Return the ids of an organisation's professionals that the tenant entered, or the organisation itself."""
    query = select(StaffMember.id).where(
        StaffMember.organisation_id == organisation_id,
        StaffMember.tenant.in_([tenant, organisation_id]),
        StaffMember.erased_at.is_(None),
        literal(Role.REFERRER.value) == any_(StaffMember.roles),
    )
    return (await session.scalars(query.distinct().order_by(StaffMember.id))).all()


async def data_protection_officers(session: AsyncSession, *, tenant: UUID) -> Sequence[StaffMember]:
    """Return the tenant's own data protection officers."""
    return await _colleagues(session, tenant, Role.DPO)


async def mail_recipient(session: AsyncSession, *, message_id: UUID) -> MailRecipient | None:
    """Return the recipient of a mail, if it was fixed when the mail was decided on."""
    return await session.get(MailRecipient, message_id)


async def _colleagues(session: AsyncSession, tenant: UUID, role: Role) -> Sequence[StaffMember]:
    query = select(StaffMember).where(
        StaffMember.tenant == tenant,
        StaffMember.organisation_id == tenant,
        StaffMember.erased_at.is_(None),
        literal(role.value) == any_(StaffMember.roles),
    )
    return (await session.execute(query.order_by(StaffMember.id))).scalars().all()


async def coordinator(session: AsyncSession, *, tenant: UUID, coordinator_id: UUID) -> Coordinator | None:
    """Return a coordinator of the tenant, None if they were erased."""
    query = select(Coordinator).where(
        Coordinator.tenant == tenant, Coordinator.id == coordinator_id, Coordinator.erased_at.is_(None)
    )
    return (await session.execute(query)).scalar_one_or_none()


async def coordinator_with_room(
    session: AsyncSession, *, tenant: UUID, coordinator_id: UUID
) -> Coordinator | None:
    """Return a coordinator with room for another case, locked: nobody gives them another until the commit."""
    query = select(Coordinator).where(
        Coordinator.tenant == tenant, Coordinator.id == coordinator_id, Coordinator.erased_at.is_(None)
    )
    found = (await session.execute(query.with_for_update())).scalar_one_or_none()
    if found is None:
        return None
    # Read after the lock: the previous holder may have given them a case.
    load = (await loads(session, tenant=tenant)).get(coordinator_id, 0)
    return found if load < found.max_load else None


async def contact_ids(session: AsyncSession, *, tenant: UUID) -> set[UUID]:
    """Return the ids under which a tenant knows or knew colleagues and coordinators."""
    staff = select(StaffMember.id).where(StaffMember.tenant == tenant)
    coordinators = select(Coordinator.id).where(Coordinator.tenant == tenant)
    return set(await session.scalars(staff.union(coordinators)))


async def contacts(
    session: AsyncSession, *, tenant: UUID, person_id: UUID
) -> list[StaffMember | Coordinator]:
    """Return, locked, whom a tenant knows under an id: as a colleague, a coordinator, or both."""
    found: list[StaffMember | Coordinator] = []
    tables: tuple[type[StaffMember | Coordinator], ...] = (StaffMember, Coordinator)
    for table in tables:
        query = select(table).where(table.tenant == tenant, table.id == person_id)
        locked = query.with_for_update().execution_options(populate_existing=True)
        rows: Any = (await session.execute(locked)).scalars().all()
        found += rows
    return found


async def known_as(
    session: AsyncSession, *, tenant: UUID, person_id: UUID
) -> Sequence[StaffMember | Coordinator]:
    """Return what a tenant knows a person as now: a colleague, a coordinator, or both."""
    named = {"tenant": tenant, "id": person_id}
    found = (await session.get(StaffMember, named), await session.get(Coordinator, named))
    return [row for row in found if row is not None and row.erased_at is None]


async def is_busy(session: AsyncSession, *, tenant: UUID, coordinator_id: UUID) -> bool:
    """Tell whether a coordinator has a live case now, or an open offer."""
    has = select(Case.id).where(
        Case.tenant == tenant, Case.coordinator_id == coordinator_id, Case.state.in_(LIVE)
    )
    asked = select(Offer.id).where(
        Offer.tenant == tenant, Offer.coordinator_id == coordinator_id, Offer.state == OfferState.OPEN
    )
    return (await session.execute(has.union_all(asked).limit(1))).first() is not None


async def staff(session: AsyncSession, *, tenant: UUID, page: PageRequest) -> Rows[StaffMember]:
    """Return one page of the colleagues whom a tenant knows, oldest entry first."""
    query = select(StaffMember).where(StaffMember.tenant == tenant, StaffMember.erased_at.is_(None))
    return await paginate(
        session, query, page, time=StaffMember.created_at, id=StaffMember.id, newest_first=False
    )


async def coordinators(session: AsyncSession, *, tenant: UUID, page: PageRequest) -> Rows[Coordinator]:
    """Return one page of the tenant's coordinators, oldest entry first."""
    query = select(Coordinator).where(Coordinator.tenant == tenant, Coordinator.erased_at.is_(None))
    return await paginate(
        session, query, page, time=Coordinator.created_at, id=Coordinator.id, newest_first=False
    )


async def loads(session: AsyncSession, *, tenant: UUID) -> dict[UUID, int]:
    """Return how many live cases each coordinator has now; those without any are left out."""
    query = (
        select(Case.coordinator_id, func.count())
        .where(Case.tenant == tenant, Case.coordinator_id.is_not(None), Case.state.in_(LIVE))
        .group_by(Case.coordinator_id)
    )
    return {row[0]: row[1] for row in await session.execute(query) if row[0] is not None}


async def candidates(
    session: AsyncSession, *, tenant: UUID
) -> tuple[list[Candidate], dict[UUID, Coordinator]]:
    """Return all coordinators of a tenant with their load and open offers, and their rows.

    They are locked: two concurrent searches ask one after the other, and nobody is erased meanwhile.
    """
    query = select(Coordinator).where(Coordinator.tenant == tenant, Coordinator.erased_at.is_(None))
    locked = query.order_by(Coordinator.id).with_for_update().execution_options(populate_existing=True)
    rows = {row.id: row for row in (await session.execute(locked)).scalars()}
    asked = (
        select(Offer.coordinator_id, func.count())
        .where(Offer.tenant == tenant, Offer.state == OfferState.OPEN)
        .group_by(Offer.coordinator_id)
    )
    # Read after the lock: the previous holder may have asked somebody.
    load_of = Counter(await loads(session, tenant=tenant))
    load_of.update({row[0]: row[1] for row in await session.execute(asked)})
    found = [
        Candidate(
            id=row.id,
            languages=tuple(row.languages),
            gender=row.gender,
            cultures=tuple(row.cultures),
            load=load_of[row.id],
            max_load=row.max_load,
            tied_to=frozenset(row.tied_to),
        )
        for row in rows.values()
    ]
    return found, rows


async def without_daily_mail(session: AsyncSession, *, tenant: UUID, day: date, most: int) -> Sequence[UUID]:
    """Return some of the tenant's people who want the daily mail, and whose mail of a day is undecided."""
    settled = select(DailyMail.person_id).where(
        DailyMail.tenant == tenant, or_(~DailyMail.wanted, DailyMail.decided_on >= day)
    )
    tables: tuple[type[StaffMember | Coordinator], ...] = (StaffMember, Coordinator)
    known = union(
        *(
            select(table.id).where(
                table.tenant == tenant, table.erased_at.is_(None), table.id.not_in(settled)
            )
            for table in tables
        )
    )
    found = await session.scalars(known.order_by("id").limit(most))
    return found.all()


async def wants_daily_mail(session: AsyncSession, *, tenant: UUID, person_id: UUID) -> bool:
    """Tell whether a person wants the daily mail: yes, unless they opted out."""
    known = await session.get(DailyMail, {"tenant": tenant, "person_id": person_id})
    return known is None or known.wanted
