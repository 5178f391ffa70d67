"""What routes that are open to anyone share: the tenant comes from the header, for there is no token to tell it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header

from shared.database import Scope, set_scope
from shared.http import Session


async def _public_tenant(session: Session, kring_tenant: Annotated[UUID, Header()]) -> UUID:
    await set_scope(session, Scope(tenant=kring_tenant))
    return kring_tenant


PublicTenant = Annotated[UUID, Depends(_public_tenant, scope="function")]
