"""Legal holds: while one is in force, nobody of the case is erased.

Network hears of them, and asks intake before it erases: what it hears can be late.
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
    """Note that a hold was set or lifted, in whichever order that is heard.

    Who erases somebody of the case holds the case as it is: either they are done before this, or they see it.
    """
    await case_state.lock(session, case_id)
    statement = insert(Hold).values(id=hold_id, tenant=tenant, case_id=case_id, lifted=lifted)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=["id"], set_={"lifted": True}, where=statement.excluded.lifted
        )
    )


async def require_free(session: AsyncSession, *, tenant: UUID, case_id: UUID) -> None:
    """Let pass what erases something of a case that is held as it is, if nothing keeps it. Raises: UnderHold."""
    query = select(Hold.id).where(Hold.tenant == tenant, Hold.case_id == case_id, Hold.lifted.is_(False))
    if (await session.execute(query.limit(1))).first() is not None:
        raise UnderHold(case_id=str(case_id))


async def require_free_at_intake(services: ServiceClient, *, tenant: UUID, case_id: UUID) -> None:
    """Let pass what erases something of a case that intake does not hold now, whatever was heard here.

    Raises: UnderHold; Operational if intake does not answer, or not yet know the case.
    """
    try:
        file = await services.read(UNDER_HOLD, tenant=tenant, case_id=case_id)
    except (NotFound, NotYet):
        # An intake restored from before the case: what it would say of a hold, nobody knows.
        raise Operational("intake: does not know the case") from None
    if file.under_hold:
        raise UnderHold(case_id=str(case_id))
