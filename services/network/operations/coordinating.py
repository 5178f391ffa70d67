"""What the coordinator has to do about one person, each a clock: reach them, and decide on who is proposed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import SERVICE, PersonState
from services.network.models import Person
from services.network.settings import Policy, policies
from shared.case_access import coordinator_or_manager
from shared.clocks import Clocks
from shared.policies import PolicyInForce

UNREACHABLE_CLOCK, PROPOSAL_CLOCK = "unreachable-person", "proposal"
KINDS = (UNREACHABLE_CLOCK, PROPOSAL_CLOCK)
clocks = Clocks(SERVICE)


async def reach(session: AsyncSession, *, tenant: UUID, person_id: UUID, now: datetime) -> None:
    """Have a person reached another way: mail to them will not arrive, or they have no address."""
    person = await queries.person(session, tenant=tenant, person_id=person_id, lock=True)
    if person.state == PersonState.ACTIVE:
        policy = await policies.for_case(session, case_id=person.case_id)
        await _begin(session, person, UNREACHABLE_CLOCK, policy, policy.settings.reach, now=now)


async def reached(session: AsyncSession, *, person_id: UUID, now: datetime) -> None:
    """Record that a person was reached, or can be again."""
    await clocks.stop(session, kind=UNREACHABLE_CLOCK, subject=person_id, now=now)


async def decide(session: AsyncSession, person: Person, *, now: datetime) -> None:
    """Have it decided whether a proposed person joins the circle."""
    policy = await policies.for_case(session, case_id=person.case_id)
    await _begin(session, person, PROPOSAL_CLOCK, policy, policy.settings.proposal, now=now)


async def decided(session: AsyncSession, *, person_id: UUID, now: datetime) -> None:
    """Record that it is known whether a person joins the circle."""
    await clocks.stop(session, kind=PROPOSAL_CLOCK, subject=person_id, now=now)


async def end(session: AsyncSession, *, person_id: UUID, now: datetime) -> None:
    """Have nothing done about a person any more: they left."""
    for kind in KINDS:
        await clocks.stop(session, kind=kind, subject=person_id, now=now)


async def _begin(
    session: AsyncSession,
    person: Person,
    kind: str,
    policy: PolicyInForce[Policy],
    length: str,
    *,
    now: datetime,
) -> None:
    await clocks.start(
        session,
        kind=kind,
        subject=person.id,
        tenant=person.tenant,
        case=person.case_id,
        owner=await coordinator_or_manager(session, person.case_id),
        escalate_to="regional-manager",
        now=now,
        limit=policy.limit(now, length),
    )
