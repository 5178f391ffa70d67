"""Outcomes of what the circle asks of services and organisations."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import AnsweredAs, ResourceNotFound, ResourceOfOlderVersion
from services.plans.models import Resource
from services.plans.schemas import ResourceAnswer
from shared.errors import require_version
from shared.vault import Vault


async def answer_resource(
    session: AsyncSession,
    vault: Vault,
    *,
    resource_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    answered_as: AnsweredAs,
    new: ResourceAnswer,
    now: datetime,
) -> Resource:
    """Record whether a request for a resource is granted; a mistake is corrected by another answer.

    Raises: ResourceNotFound, ResourceOfOlderVersion, OtherVersion, FollowUpOver, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    resource = await session.get(Resource, resource_id, populate_existing=True)
    if resource is None:
        raise ResourceNotFound
    plan = await queries.running_plan(session, resource.plan_id)
    if resource.until_version is not None:
        raise ResourceOfOlderVersion(version=plan.version)
    if new.version is not None:
        require_version(new.version, of=resource.version)
    answered = new.state != "asked"
    resource.state, resource.version = new.state, resource.version + 1
    resource.answered_at, resource.answered_by = (now, by) if answered else (None, None)
    resource.answered_as = answered_as if answered else None
    words = await vault.open(session, resource)
    await vault.seal(session, resource, words.model_copy(update={"answer": new.answer}))
    await session.flush()
    return resource
