"""The coordinator's own notes of a preparation over HTTP: nobody else reads them."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import permissions
from services.scheduling.models import Conference, PreparationNotes
from services.scheduling.operations.notes import read_notes, write_notes
from services.scheduling.queries.givers import preparation_of
from services.scheduling.schemas.notes import NotesIn, NotesOut
from shared.http import Deps, Now, Router, Session
from shared.http.gates import Coordinator
from shared.vault import Vault

router = Router(tags=["conferences"])


@router.get("/v1/conferences/{conference_id}/notes")
async def read(conference_id: UUID, principal: Coordinator, session: Session, deps: Deps) -> NotesOut:
    """Read what was agreed about safety, and how the children take part."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    return await _notes_out(session, deps.vault, conference)


@router.put("/v1/conferences/{conference_id}/notes")
async def write(
    *,
    conference_id: UUID,
    body: NotesIn,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
) -> NotesOut:
    """Write what was agreed about safety, and how the children take part: each ticks its step of the checklist."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    notes = PreparationNotes(safety_plan=body.safety_plan, child_participation=body.child_participation)
    await write_notes(session, deps.vault, conference=conference, version=body.version, notes=notes, now=now)
    return await _notes_out(session, deps.vault, conference)


async def _notes_out(session: AsyncSession, vault: Vault, conference: Conference) -> NotesOut:
    preparation = await preparation_of(session, preparation_id=conference.preparation_id)
    notes = await read_notes(session, vault, preparation=preparation)
    return NotesOut(version=preparation.notes_version, **notes.model_dump())
