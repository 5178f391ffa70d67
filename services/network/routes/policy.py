"""The lengths that an organisation works with."""

from typing import Annotated

from fastapi import Depends

from services.network import queries
from services.network.operations import policies
from services.network.queries import PolicyInForce
from services.network.schemas.policy import Lengths, PolicyView
from shared.auth import Principal, Role
from shared.http import Now, Router, Session, allow

router = Router(tags=["policy"])

Manager = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER))]


@router.get("/v1/policy")
async def read_policy(principal: Manager, session: Session) -> PolicyView:
    """Read the lengths that count now."""
    return _view(await queries.policy(session, tenant=principal.tenant))


@router.put("/v1/policy")
async def change_policy(body: Lengths, principal: Manager, session: Session, now: Now) -> PolicyView:
    """Set the lengths from now on; what is left out gets its default, and clocks that run keep theirs."""
    changed = await policies.change(
        session, tenant=principal.tenant, lengths=body, changed_by=principal.id, now=now
    )
    return _view(changed)


def _view(policy: PolicyInForce) -> PolicyView:
    return PolicyView(version=policy.version, **policy.lengths.model_dump())
