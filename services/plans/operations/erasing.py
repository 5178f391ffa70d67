"""What plans holds of an erased case or person: all words of a plan are the case's; persons are ids, which stay."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans.models import CasePerson, Share
from services.plans.operations.ending import stop_follow_up
from services.plans.operations.timing import SERVICE
from shared import erasure
from shared.events.base import ErasureBecause
from shared.vault import Vault


async def wipe_case(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    because: ErasureBecause,
    now: datetime,
) -> None:
    """Make the plan, its agreements, what was said of it and noted at its checks unreadable; follow nothing up."""
    await stop_follow_up(session, case_id=case_id, tenant=tenant, now=now)
    await session.execute(
        delete(CasePerson).where(CasePerson.tenant == tenant, CasePerson.case_id == case_id)
    )
    await erasure.wipe(
        session,
        vault,
        service=SERVICE,
        kind="case",
        erased=case_id,
        subjects=[case_id],
        tenant=tenant,
        case=case_id,
        because=because,
        now=now,
    )


async def wipe_person(
    session: AsyncSession,
    vault: Vault,
    *,
    tenant: UUID,
    case_id: UUID,
    person_id: UUID,
    because: ErasureBecause,
    version: int,
    now: datetime,
) -> None:
    """Let somebody no longer belong to the case, whatever comes after; where a plan names them, it names nobody."""
    statement = insert(CasePerson).values(
        case_id=case_id,
        person_id=person_id,
        tenant=tenant,
        role=None,
        active=False,
        erased=True,
        version=version,
        created_at=now,
    )
    keys = [CasePerson.case_id, CasePerson.person_id]
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=keys, set_={"role": None, "active": False, "erased": True, "version": version}
        )
    )
    await session.execute(delete(Share).where(Share.tenant == tenant, Share.recipient == person_id))
    await erasure.wipe(
        session,
        vault,
        service=SERVICE,
        kind="person",
        erased=person_id,
        subjects=[person_id],
        tenant=tenant,
        case=case_id,
        because=because,
        now=now,
    )
