"""The coordinator's own notes of a preparation: what was agreed about safety, and how the children take part."""

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain
from services.scheduling.domain import ChecklistItem
from services.scheduling.models import Conference, Preparation, PreparationNotes
from services.scheduling.operations.base import lock
from services.scheduling.operations.conferences import check_off
from shared.errors import require_version
from shared.vault import Vault


async def write_notes(
    session: AsyncSession,
    vault: Vault,
    *,
    conference: Conference,
    version: int,
    notes: PreparationNotes,
    now: datetime,
) -> None:
    """Replace the notes, and tick the checklist task of each that is new; the same again changes nothing.

    A note that is taken away unticks nothing. `version`: the one that was read. Raises: ConferenceOver, OtherVersion.
    """
    preparation = await lock(session, conference)
    if conference.state not in domain.LIVE:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
    before = await read_notes(session, vault, preparation=preparation)
    if notes == before:
        return
    require_version(version, of=preparation.notes_version)
    await vault.seal(session, preparation, notes)
    preparation.notes_version += 1
    await session.flush()
    for item, was, written in (
        (ChecklistItem.SAFETY_PLAN, before.safety_plan, notes.safety_plan),
        (ChecklistItem.CHILD_PARTICIPATION, before.child_participation, notes.child_participation),
    ):
        if written not in (None, was):
            await check_off(session, conference=conference, item=item, done=True, now=now)


async def read_notes(session: AsyncSession, vault: Vault, *, preparation: Preparation) -> PreparationNotes:
    """Return the notes of a preparation."""
    return PreparationNotes() if preparation.sealed is None else await vault.open(session, preparation)
