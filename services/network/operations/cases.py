"""What happens to a case as a whole: it goes on, rests or stops, and somebody coordinates it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.domain import SERVICE
from services.network.domain.consents import COMING_OF_AGE
from services.network.models import Person
from services.network.operations import invitations, notifying, surveys
from services.network.operations.unreachable import UNREACHABLE_CLOCK
from shared import case_state
from shared.case_access import coordinator_or_manager
from shared.case_state import CaseState
from shared.clocks import Clocks

# What the mails are called that tell of the end of a case: before its time, or after it was followed up.
STOPPED, FINISHED = "case-stopped", "case-finished"
_OF_WHO_COORDINATES = (*COMING_OF_AGE, UNREACHABLE_CLOCK)
clocks = Clocks(SERVICE)


async def require_live(session: AsyncSession, *, case_id: UUID, tenant: UUID) -> CaseState:
    """Return a case that goes on, and keep it from stopping before this transaction ends.

    Raises: UnknownCase, CaseStopped, CaseErased.
    """
    return await case_state.require_live(session, case_id=case_id, tenant=tenant, hold=True)


async def open_to(session: AsyncSession, *, person: Person, given: bool) -> None:
    """Hold the case of somebody who says yes or no to a purpose: a no is heard at any time, also when it has stopped.

    Raises: UnknownCase, CaseStopped, CaseErased.
    """
    if given:
        await require_live(session, case_id=person.case_id, tenant=person.tenant)
    else:
        await case_state.require_not_erased(session, case_id=person.case_id, hold=True)


async def let_clocks_follow(session: AsyncSession, *, case_id: UUID, now: datetime) -> None:
    """Pause the case's clocks or run as the case itself does, in whatever order its events came."""
    state = await case_state.read(session, case_id)
    if state is None:
        return
    if state.status == "paused":
        # A birthday comes, whatever rests.
        await clocks.pause_all(
            session, case=case_id, now=now, reason=case_state.CasePaused.code, but=tuple(COMING_OF_AGE)
        )
    elif state.status == "open":
        await clocks.resume_all(session, case=case_id, now=now)


async def hand_clocks_over(session: AsyncSession, *, case_id: UUID, now: datetime) -> None:
    """Give the clocks of a case that are somebody's to see to, to who is that now."""
    owner = await coordinator_or_manager(session, case_id)
    await clocks.hand_over(session, case=case_id, kinds=_OF_WHO_COORDINATES, owner=owner, now=now)


async def stop(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime, tell: str | None
) -> None:
    """Call off what is open in a case that is over; `tell`: the mail to those who take part, if there is one."""
    await invitations.cancel_open(session, tenant=tenant, case_id=case_id, now=now)
    await surveys.end(session, tenant=tenant, case_id=case_id, now=now)
    await clocks.stop_all(session, case=case_id, now=now)
    if tell is None:
        return
    for person, invitation in await queries.active_people(session, tenant=tenant, case_id=case_id):
        said_yes = invitation is not None and invitation.answer == "yes"
        if said_yes or person.role in ("central", "representative"):
            await notifying.notify(session, person=person, kind=tell, now=now, even_if_stopped=True)
