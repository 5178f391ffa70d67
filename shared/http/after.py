"""Read-your-writes: no service answers from a state older than a change that its caller has made.

The response to a change lists in `Kring-After` the events it published that every service records: which cases
there are, and who has access to them. If that header is sent along with a request to another service, that
service answers 409 `not-yet` until it has handled them. Ids of events are random, and the header only asks
whether they were handled: a stranger learns nothing about any case from it.
"""

import time
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_access, inbox
from shared.errors import NotYet
from shared.outbox import FOLLOWED

HEADER = "kring-after"
# An event that has not arrived by then is stuck, and is not waited for any longer.
_SECONDS = 600
# More than a change publishes; beyond it the newest.
_MOST = 20
_BETWEEN = "+"


def written(session: AsyncSession) -> str | None:
    """Return the header value for this transaction's response: the events that others must handle, if any."""
    return _BETWEEN.join(session.info.get(FOLLOWED, [])[-_MOST:]) or None


async def require_handled(session: AsyncSession, given: str, *, service: str) -> None:
    """Check that the named events were handled here. Anything that is not a valid name is ignored.

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
    # The time at the start of a UUIDv7, in milliseconds: of the machine that published it.
    return (event_type, event_id) if abs(time.time() - (event_id.int >> 80) / 1000) < _SECONDS else None
