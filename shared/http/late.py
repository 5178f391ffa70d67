"""Why a deadline was missed, as whoever is responsible says afterwards: a code, and nobody's words."""

from uuid import UUID

from fastapi import Response
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession

from shared.auth import Principal, Role
from shared.case_access import Relation, access_of, manages
from shared.case_state import CaseErased
from shared.clock_rows import Clock
from shared.clocks import Clocks
from shared.errors import Conflict, NotFound
from shared.events.base import LateReason
from shared.http.gates import ClockOwner
from shared.http.models import RequestModel
from shared.http.openapi import problems
from shared.http.routing import Deps, Now, Router, Session

router = Router(tags=["clocks"])


class UnknownClock(NotFound):
    """There is no such clock, or the caller is not responsible for it."""

    code = "clock-not-found"
    title = "There is no such clock here"


class ClockNotLate(Conflict):
    """The clock was never breached. `state`: what it is."""

    code = "clock-not-late"
    title = "This deadline was not missed: only one that was can have a reason for it"


class LateExplanation(RequestModel):
    """Why a deadline was missed."""

    reason: LateReason = Field(description="Why, as a code: never about a person.")


@router.put(
    "/v1/clocks/{clock_id}/late-reason",
    status_code=204,
    response_class=Response,
    responses=problems(404, 409, 410),
)
async def explain_lateness(
    *, clock_id: UUID, body: LateExplanation, principal: ClockOwner, session: Session, now: Now, deps: Deps
) -> None:
    """Record why a deadline was missed, while it is late or after it was met late; the last reason counts.

    For whoever owns the clock, the coordinator of its case, and the regional managers of the organisation.
    """
    clocks = Clocks(deps.service)
    clock = await clocks.by_id(session, clock_id)
    if clock is None or clock.tenant != principal.tenant or not await _answers_for(session, principal, clock):
        raise UnknownClock(clock_id=str(clock_id))
    if clock.breached_at is None:
        raise ClockNotLate(clock_id=str(clock_id), state=clock.state)
    await clocks.explain(session, clock, reason=body.reason, now=now)


async def _answers_for(session: AsyncSession, principal: Principal, clock: Clock) -> bool:
    """Tell whether a caller is responsible for a clock. Raises: CaseErased."""
    if clock.case_id is not None:
        access = await access_of(session, principal, clock.case_id)
        if access.relations and access.status == "erased":
            raise CaseErased(case_id=str(clock.case_id))
        if Relation.COORDINATOR in access.relations:
            return True
    if manages(principal):
        return True
    if clock.owner_id is not None:
        return clock.owner in principal.roles and clock.owner_id in (principal.id, principal.organisation)
    # A coordinator without this case owns nothing of it.
    return clock.owner != Role.COORDINATOR and principal.is_of_tenant and clock.owner in principal.roles
