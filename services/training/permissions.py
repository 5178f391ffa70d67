"""Who may do what in training. Registering and looking at what is on offer is open to anyone."""

from shared.auth import Role
from shared.http import allow

# Announce courses and sessions.
may_announce = allow(Role.TRAINER, Role.ADMINISTRATOR)
# See who registered and cancel a registration.
may_see_registrations = allow(Role.TRAINER, Role.FINANCE, Role.ADMINISTRATOR)
# See registrations with what they have to pay.
may_see_payment_requests = allow(Role.TRAINER, Role.FINANCE)
# Import statements and decide whose payments are.
may_handle_money = allow(Role.FINANCE)
# Erase a registration that is over, and see how far that is.
may_erase = allow(Role.DPO)
may_see_erasures = allow(Role.DPO, Role.REGIONAL_MANAGER, Role.OPS)
# Set lengths and choices.
may_set_policy = allow(Role.ADMINISTRATOR, Role.REGIONAL_MANAGER, Role.FINANCE)
