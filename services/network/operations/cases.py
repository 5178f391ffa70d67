"""Changes to a case as a whole: it continues, pauses or stops, and its coordinator changes."""

from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.network import queries
from services.network.models import Person
from services.network.operations import invitations, notifying, surveys
from shared import case_state
from shared.case_state import CaseState

# The mails that announce the end of a case: before its time, or after its plan was followed up.
STOPPED, FINISHED = "case-stopped", "case-finished"


async def require_live(session: AsyncSession, *, case_id: UUID, tenant: UUID) -> CaseState:
    """Return a live case, and keep it from stopping until this transaction ends.

    Raises: UnknownCase, CaseStopped, CaseErased.
    """
    return await case_state.require_live(session, case_id=case_id, tenant=tenant, hold=True)


async def open_to(session: AsyncSession, *, person: Person, given: bool) -> None:
    """Lock the case of a person who answers a purpose: a no is accepted at any time, also after the case stopped.

    Raises: UnknownCase, CaseStopped, CaseErased.
    """
    if given:
        await require_live(session, case_id=person.case_id, tenant=person.tenant)
    else:
        await case_state.require_not_erased(session, case_id=person.case_id, hold=True)


async def stop(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime, tell: str | None
) -> None:
    """Cancel everything open in a case that is over; its clocks stop with it.

    `tell`: the mail to those who take part, if there is one.
    """
    await invitations.cancel_open(session, tenant=tenant, case_id=case_id, now=now)
    await surveys.end(session, tenant=tenant, case_id=case_id, now=now)
    if tell is None:
        return
    for person, invitation in await queries.active_people(session, tenant=tenant, case_id=case_id):
        said_yes = invitation is not None and invitation.answer == "yes"
        if said_yes or person.role in ("central", "representative"):
            await notifying.notify(session, person=person, kind=tell, now=now, even_if_stopped=True)
