"""The role gates that mean the same in every service: who can be involved in an operation at all.

The caller's relation to the case is checked after the gate, by the service's `permissions`, which also holds
its own gates.
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
# Those whose role has deadlines, and those who answer for a case.
ClockOwner = Annotated[
    Principal,
    Depends(
        allow(
            *(Role.COORDINATOR, Role.REGIONAL_MANAGER, Role.REFERRER, Role.FINANCE, Role.DPO),
            from_elsewhere=True,
        )
    ),
]
# The data protection officer.
Officer = Annotated[Principal, Depends(allow(Role.DPO))]
# Operators of Kring, for all organisations.
Operator = Annotated[Principal, Depends(allow(Role.OPS, of_no_tenant=True))]
# Those who see the progress of an erasure.
ErasureReader = Annotated[Principal, Depends(allow(Role.DPO, Role.REGIONAL_MANAGER, Role.OPS))]
# Those who set an organisation's own choices.
PolicyKeeper = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER))]
# Those who read them, including the data protection officer, who sets a part.
PolicyReader = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER, Role.DPO))]
# The service that makes a person's copy of everything.
Copier = Annotated[Principal, Depends(serving(COPY_FOR_PERSON, asked_by="network"))]
