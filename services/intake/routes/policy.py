"""The lengths that an organisation sets."""

from typing import Annotated

from fastapi import Depends

from services.intake.operations import register
from services.intake.queries import register as reads
from services.intake.schemas.register import PolicyInForce
from services.intake.settings import Policy
from shared.auth import Principal, Role
from shared.http import Now, Router, Session, allow, problems

router = Router(tags=["policy"])

Keeper = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER))]


@router.get("/v1/policy")
async def read_policy(principal: Keeper, session: Session) -> PolicyInForce:
    """Read the policy that counts now."""
    found = await reads.policy(session, tenant=principal.tenant)
    return PolicyInForce(version=found.version, settings=found.lengths)


@router.put("/v1/policy", responses=problems(404))
async def change_policy(policy: Policy, principal: Keeper, session: Session, now: Now) -> PolicyInForce:
    """Change the policy: clocks that start from now on go by it."""
    version = await register.change_policy(
        session, tenant=principal.tenant, policy=policy, changed_by=principal.id, now=now
    )
    return PolicyInForce(version=version, settings=policy)
