"""Who may do what in training: role gates alone, as no case is involved.

Registering and looking at what is on offer is open to anyone.
"""

from typing import Annotated

from fastapi import Depends

from shared.auth import Principal, Role
from shared.http import allow

# Those who announce courses and sessions.
Announcer = Annotated[Principal, Depends(allow(Role.TRAINER, Role.ADMINISTRATOR))]
# Those who see participants, and cancel a registration.
Organiser = Annotated[Principal, Depends(allow(Role.TRAINER, Role.FINANCE, Role.ADMINISTRATOR))]
# Those who see registrations with what they have to pay.
Collector = Annotated[Principal, Depends(allow(Role.TRAINER, Role.FINANCE))]
# Those who import statements and assign payments.
Cashier = Annotated[Principal, Depends(allow(Role.FINANCE))]
# Prices are set too: finance, besides the regional manager and the administrator.
TermsKeeper = Annotated[Principal, Depends(allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER, Role.FINANCE))]
