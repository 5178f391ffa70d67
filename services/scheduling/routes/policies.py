"""What an organisation sets for its preparations, over HTTP."""

from typing import Annotated

from fastapi import Depends

from services.scheduling import operations, queries
from services.scheduling.schemas import PolicyOut
from services.scheduling.settings import Policy
from shared.auth import Principal, Role
from shared.http import Now, Router, Session, allow

router = Router(tags=["policy"])

Setter = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER))]


@router.get("/v1/policy")
async def read_policy(principal: Setter, session: Session) -> PolicyOut:
    """Read the lengths of the preparation's clocks."""
    return _policy_out(await queries.policy(session, tenant=principal.tenant))


@router.put("/v1/policy")
async def write_policy(body: Policy, principal: Setter, session: Session, now: Now) -> PolicyOut:
    """Set the lengths of clocks that start from now on; what is not given gets its default."""
    return _policy_out(await operations.set_policy(session, tenant=principal.tenant, settings=body, now=now))


def _policy_out(current: queries.CurrentPolicy) -> PolicyOut:
    return PolicyOut(**current.settings.model_dump(), version=current.version)
