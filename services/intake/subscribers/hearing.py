"""Where intake's subscriptions are gathered, and whose an event is."""

from typing import Any
from uuid import UUID

from services.intake.domain.codes import SERVICE
from shared.events.base import Received
from shared.subscriptions import Subscriptions

subscriptions = Subscriptions(SERVICE)


def tenant_of(event: Received[Any]) -> UUID:
    """Return the tenant that an event is of: all that intake hears is somebody's."""
    if event.tenant is None:
        raise LookupError(f"{event.type} without a tenant")
    return event.tenant
