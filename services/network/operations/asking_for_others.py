"""The check, at the decision, of requests made for another person."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.data_requests import NoLongerTheirs, RequestKind, RequestState
from services.network.models import DataRequest
from shared import profiles
from shared.vault import Vault


async def require_still_theirs(
    session: AsyncSession, vault: Vault, *, request: DataRequest, now: datetime
) -> None:
    """Check that a requester may still ask for this person: a child turns twelve, a parent leaves the circle.

    Raises: NoLongerTheirs.
    """
    asker = request.asked_by
    if request.state != RequestState.RECEIVED or asker is None or asker == request.person_id:
        return
    if not await queries.may_ask_for(
        session,
        vault,
        tenant=request.tenant,
        case_id=request.case_id,
        asker=asker,
        child=request.person_id,
        to_read=request.kind == RequestKind.COPY,
        today=await profiles.today(session, tenant=request.tenant, now=now),
    ):
        raise NoLongerTheirs
