"""What an organisation sets for its follow-ups, over HTTP."""

from typing import Annotated

from fastapi import Depends

from services.plans import queries
from services.plans.operations.policies import set_policy
from services.plans.schemas import PolicyOut
from services.plans.settings import Policy
from shared.auth import Principal, Role
from shared.http import Now, Router, Session, allow

router = Router(tags=["policy"])

Setter = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER))]


@router.get("/v1/policy")
async def read_policy(principal: Setter, session: Session) -> PolicyOut:
    """Read the lengths of the follow-up's clocks."""
    policy, version = await queries.policy_of(session, principal.tenant)
    return PolicyOut(**policy.model_dump(), version=version)


@router.put("/v1/policy")
async def write_policy(body: Policy, principal: Setter, session: Session, now: Now) -> PolicyOut:
    """Set the lengths of clocks that start from now on; what is not given gets its default."""
    version = await set_policy(session, tenant=principal.tenant, new=body, now=now)
    return PolicyOut(**body.model_dump(), version=version)
