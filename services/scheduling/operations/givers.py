"""The information givers at the conference, and what each will tell: written as a whole, in order."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import ChecklistItem, GivenHow
from services.scheduling.models import Conference, GiverFields, InformationGiver
from services.scheduling.operations import news
from services.scheduling.operations.base import lock
from services.scheduling.queries import givers as reads
from shared.errors import require_version
from shared.ids import uuid7
from shared.vault import Vault


@dataclass(frozen=True)
class Giver:
    """An information giver: a person of the case, or by name; how, and what they will tell."""

    person_id: UUID | None
    how: GivenHow
    words: GiverFields


async def write_givers(
    session: AsyncSession,
    vault: Vault,
    *,
    conference: Conference,
    version: int,
    givers: Sequence[Giver],
    now: datetime,
) -> None:
    """Replace the list of information givers; the same list again changes nothing.

    `version`: the one that was read. Raises: ConferenceOver, OtherVersion, PersonNotOfCase.
    """
    preparation = await lock(session, conference)
    if conference.state not in domain.LIVE:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
    before = await read_givers(session, vault, preparation_id=preparation.id)
    if list(givers) == before:
        return
    require_version(version, of=preparation.givers_version)
    named = {giver.person_id for giver in givers if giver.person_id is not None}
    if not named <= await queries.people_of_case(session, case_id=conference.case_id):
        raise domain.PersonNotOfCase
    await session.execute(delete(InformationGiver).where(InformationGiver.preparation_id == preparation.id))
    for position, giver in enumerate(givers):
        row = InformationGiver(
            id=uuid7(),
            tenant=conference.tenant,
            case_id=conference.case_id,
            preparation_id=preparation.id,
            position=position,
            person_id=giver.person_id,
            how=giver.how,
            created_at=now,
        )
        await vault.seal(session, row, giver.words)
        session.add(row)
    preparation.givers_version += 1
    await session.flush()
    told = {giver.words.tells for giver in before}
    if any(giver.words.tells not in told for giver in givers):
        await news.note(session, preparation, {ChecklistItem.INFORMATION_GIVERS}, at=now, now=now)


async def read_givers(session: AsyncSession, vault: Vault, *, preparation_id: UUID) -> list[Giver]:
    """Return the information givers at the conference of a preparation, in order."""
    rows = await reads.givers(session, preparation_id=preparation_id)
    opened = await vault.open_many(session, rows)
    return [
        Giver(person_id=row.person_id, how=GivenHow(row.how), words=words)
        for row, words in zip(rows, opened, strict=True)
    ]
