"""Who of the circle supports the plan, and who does not."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.models import Stance
from services.plans.schemas import OwnStance
from shared.errors import require_version


async def take_stance(
    session: AsyncSession,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    person_id: UUID,
    new: OwnStance,
    now: datetime,
) -> None:
    """Record whether a person supports the current version, replacing their earlier answer.

    Raises: OtherVersion, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.running_plan(session, plan_id)
    require_version(new.version, of=plan.version)
    stance = insert(Stance).values(
        plan_id=plan_id,
        version=plan.version,
        person_id=person_id,
        tenant=tenant,
        case_id=case_id,
        agrees=new.agrees,
        said_at=now,
    )
    await session.execute(
        stance.on_conflict_do_update(
            index_elements=[Stance.plan_id, Stance.version, Stance.person_id],
            set_={"agrees": stance.excluded.agrees, "said_at": stance.excluded.said_at},
        )
    )
