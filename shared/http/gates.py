"""The role gates that mean the same in every service: who can have anything to do with an operation.

What the caller is to the case is asked after the gate, by the service's `permissions`, where its own gates are too.
"""

from typing import Annotated

from fastapi import Depends

from shared.auth import Principal, Role
from shared.contracts import COPY_FOR_PERSON
from shared.http.principals import allow, serving

Coordinator = Annotated[Principal, Depends(allow(Role.COORDINATOR, from_elsewhere=True))]
Manager = Annotated[Principal, Depends(allow(Role.REGIONAL_MANAGER))]
CoordinatorOrManager = Annotated[
    Principal, Depends(allow(Role.COORDINATOR, Role.REGIONAL_MANAGER, from_elsewhere=True))
]
# The data protection officer.
Officer = Annotated[Principal, Depends(allow(Role.DPO))]
# Who keeps Kring running, for all organisations.
Operator = Annotated[Principal, Depends(allow(Role.OPS, of_no_tenant=True))]
# Who sees how far an erasure is.
ErasureReader = Annotated[Principal, Depends(allow(Role.DPO, Role.REGIONAL_MANAGER, Role.OPS))]
# Who sets what an organisation decides for itself.
PolicyKeeper = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER))]
# Who reads it where the data protection officer sets a part.
PolicyReader = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER, Role.DPO))]
# The service that makes somebody's own copy of everything.
Copier = Annotated[Principal, Depends(serving(COPY_FOR_PERSON))]
