"""What routes that are open to anyone share: the tenant comes from the header, for there is no token to tell it."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header, Request

from shared.http.principals import ASKED_TENANT


async def _public_tenant(request: Request, kring_tenant: Annotated[UUID, Header()]) -> UUID:
    request.scope[ASKED_TENANT] = kring_tenant
    return kring_tenant


PublicTenant = Annotated[UUID, Depends(_public_tenant)]
