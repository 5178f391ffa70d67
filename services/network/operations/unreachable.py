"""People whom no mail reaches: a clock for the coordinator, until they were contacted or the address is corrected."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import PersonState
from services.network.settings import policies
from shared import case_state
from shared.case_access import coordinator_or_manager
from shared.clocks import Clocks

UNREACHABLE_CLOCK = "unreachable-person"
clocks = Clocks("network")


async def begin(session: AsyncSession, *, tenant: UUID, person_id: UUID, now: datetime) -> None:
    """Start the clock for reaching a person another way: mail to them will not arrive, or they have no address."""
    person = await queries.person(session, tenant=tenant, person_id=person_id, lock=True)
    if person.state != PersonState.ACTIVE:
        return
    policy = await policies.for_case(session, case_id=person.case_id)
    await clocks.start(
        session,
        kind=UNREACHABLE_CLOCK,
        subject=person.id,
        tenant=person.tenant,
        case=person.case_id,
        owner=await coordinator_or_manager(session, person.case_id),
        escalate_to="regional-manager",
        now=now,
        due_at=policy.after(now, policy.settings.reach),
        policy_version=policy.version,
        paused=await case_state.why_paused(session, person.case_id),
    )


async def end(session: AsyncSession, *, person_id: UUID, now: datetime) -> None:
    """Record that a person was reached, can be again, or no longer needs to be."""
    await clocks.stop(session, kind=UNREACHABLE_CLOCK, subject=person_id, now=now)
