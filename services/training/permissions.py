"""Who may do what in training: role gates alone, for it has to do with no case.

Registering and looking at what is on offer is open to anyone.
"""

from typing import Annotated

from fastapi import Depends

from shared.auth import Principal, Role
from shared.http import allow

# Who announces courses and sessions.
Announcer = Annotated[Principal, Depends(allow(Role.TRAINER, Role.ADMINISTRATOR))]
# Who sees who registered, and cancels a registration.
Organiser = Annotated[Principal, Depends(allow(Role.TRAINER, Role.FINANCE, Role.ADMINISTRATOR))]
# Who sees registrations with what they have to pay.
Collector = Annotated[Principal, Depends(allow(Role.TRAINER, Role.FINANCE))]
# Who imports statements and decides whose payments are.
Cashier = Annotated[Principal, Depends(allow(Role.FINANCE))]
# Prices are set too: with the regional manager and the administrator also finance.
TermsKeeper = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER, Role.FINANCE))]
