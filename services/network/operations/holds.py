"""Legal holds: while one is in force, nobody of the case is erased.

Network learns of them from events, which can be late, so it also asks intake before it erases.
"""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.network.models import Hold
from shared import case_state
from shared.case_state import UnderHold
from shared.contracts.intake import UNDER_HOLD
from shared.errors import NotFound, NotYet, Operational
from shared.service_client import ServiceClient


async def note(session: AsyncSession, *, tenant: UUID, case_id: UUID, hold_id: UUID, lifted: bool) -> None:
    """Record that a hold was set or lifted, in whichever order the events arrive.

    An erasure in the case locks the same row: it either finishes before this, or sees the hold.
    """
    await case_state.lock(session, case_id)
    statement = insert(Hold).values(id=hold_id, tenant=tenant, case_id=case_id, lifted=lifted)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"lifted": True}, where=statement.excluded.lifted
        )
    )


async def require_free(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> None:
    """Check that no hold forbids erasing in a locked case. Raises: UnderHold."""
    query = select(Hold.id).where(Hold.tenant == tenant, Hold.case_id == case_id, Hold.lifted.is_(False))
    if (await session.execute(query.limit(1))).first() is not None:
        raise UnderHold(case_id=str(case_id))


async def require_free_at_intake(services: ServiceClient, *, tenant: UUID, case_id: UUID) -> None:
    """Check that intake has no hold on the case now, whatever events arrived here.

    Raises: UnderHold; Operational if intake does not answer, or does not know the case yet.
    """
    try:
        file = await services.read(UNDER_HOLD, tenant=tenant, case_id=case_id)
    except (NotFound, NotYet):
        # Intake was restored from a backup older than the case: whether it is under hold is unknown.
        raise Operational("intake: does not know the case") from None
    if file.under_hold:
        raise UnderHold(case_id=str(case_id))
