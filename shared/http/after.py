"""Reading what one wrote: no service answers from before a change that its caller knows to be made.

An answer to a change names in `Kring-After` the events that it published of which every service keeps something: which
cases there are, and who may come near them. Sent along with a request to another service, that one says 409 `not-yet`
until it has handled them. Ids of events are random, and all that is asked is whether they were handled: what a
stranger sends tells them nothing of any case.
"""

import time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_access, inbox
from shared.errors import NotYet
from shared.outbox import FOLLOWED

HEADER = "kring-after"
# What has not come by then is stuck, and is not waited for any longer.
_SECONDS = 600
# More than a change publishes; of more the newest.
_MOST = 20
_BETWEEN = "+"


def written(session: AsyncSession) -> str | None:
    """Return what the answer to this transaction says: the events that others have to handle, if any."""
    return _BETWEEN.join(session.info.get(FOLLOWED, [])[-_MOST:]) or None


async def require_handled(session: AsyncSession, given: str, *, service: str) -> None:
    """Let pass who waits for nothing: what they name was handled here. What is no such name is passed over.

    Raises: NotYet.
    """
    followed = {data.TYPE for data in case_access.followed_by(service)}
    named = [each for each in map(_read, given.split(_BETWEEN)[-_MOST:]) if each is not None]
    wanted = [(event_type, event_id) for event_type, event_id in named if event_type in followed]
    if wanted and not await inbox.are_known(session, wanted):
        raise NotYet("an event that the caller knows of")


def _read(name: str) -> tuple[str, UUID] | None:
    event_type, _, text = name.partition(":")
    try:
        event_id = UUID(text)
    except ValueError:
        return None
    # The time that a UUIDv7 begins with, in milliseconds: of the machine that published it.
    return (event_type, event_id) if abs(time.time() - (event_id.int >> 80) / 1000) < _SECONDS else None
