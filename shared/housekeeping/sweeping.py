"""A service's own treatment of old items in a round of housekeeping: item by item, each a short transaction."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import structlog

from shared.context import Context
from shared.database import Scope

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Sweep:
    """Finds some of a tenant's expired items, by id, and processes each.

    `find(session, tenant=, now=, most=)`; `attend(session, tenant=, item=, now=)`, after which it is not found
    again.
    """

    find: Callable[..., Awaitable[Sequence[UUID]]]
    attend: Callable[..., Awaitable[None]]


async def sweep(context: Context, what: Sweep, *, tenant: UUID, now: datetime, most: int) -> tuple[int, int]:
    """Process some of a tenant's items; return how many there were, and how many succeeded.

    A failure holds up no other item: it is logged loudly, and the item is found again in the next round.
    """
    async with context.database.transaction(Scope(tenant=tenant)) as session:
        found = await what.find(session, tenant=tenant, now=now, most=most)
    done = 0
    for item in found:
        try:
            async with context.database.transaction(Scope(tenant=tenant)) as session:
                await what.attend(session, tenant=tenant, item=item, now=now)
            done += 1
        except Exception:
            log.exception("housekeeping.item-failed", item=str(item))
    return len(found), done
