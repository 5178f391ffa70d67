"""Information givers at the conference over HTTP: written by its coordinator, read by the circle before the day."""

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import permissions, queries
from services.scheduling.models import Conference, GiverFields
from services.scheduling.operations.givers import Giver, read_givers, write_givers
from services.scheduling.queries import givers as reads
from services.scheduling.schemas.givers import GiverOut, GiversIn, GiversOut, OwnGivers
from shared.http import Deps, Now, Person, Router, Session, problems
from shared.http.gates import Coordinator
from shared.vault import Vault

router = Router(tags=["conferences"])


@router.get("/v1/conferences/{conference_id}/information-givers")
async def list_givers(conference_id: UUID, principal: Coordinator, session: Session, deps: Deps) -> GiversOut:
    """Read who gives information, and what each will tell."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    return await _givers_out(session, deps.vault, conference)


@router.put("/v1/conferences/{conference_id}/information-givers")
async def write(
    *,
    conference_id: UUID,
    body: GiversIn,
    principal: Coordinator,
    session: Session,
    deps: Deps,
    now: Now,
) -> GiversOut:
    """Write who gives information, in which order, and what each will tell; the circle can read it."""
    conference = await permissions.may_prepare_conference(session, principal, conference_id=conference_id)
    givers = [
        Giver(
            person_id=giver.person_id,
            how=giver.how,
            words=GiverFields(name=giver.name, function=giver.function, tells=giver.tells),
        )
        for giver in body.givers
    ]
    await write_givers(
        session, deps.vault, conference=conference, version=body.version, givers=givers, now=now
    )
    return await _givers_out(session, deps.vault, conference)


@router.get("/v1/me/information-givers", responses=problems(410))
async def list_own_givers(principal: Person, session: Session, deps: Deps) -> OwnGivers:
    """Read who gives which information, at the conference that is being prepared in your case."""
    case_id = await permissions.may_list_own_polls(session, principal)
    preparation = None if case_id is None else await queries.running_preparation(session, case_id=case_id)
    if preparation is None:
        return OwnGivers(items=[])
    found = await read_givers(session, deps.vault, preparation_id=preparation.id)
    # Without people who left, or who must be kept from the reader.
    there = await queries.people_of_case(session, case_id=preparation.case_id)
    for member in await queries.members(session, case_id=preparation.case_id):
        there -= member.not_with if member.person_id == principal.id else set()
    return OwnGivers(items=[_out(each) for each in found if each.person_id in (there | {None})])


async def _givers_out(session: AsyncSession, vault: Vault, conference: Conference) -> GiversOut:
    preparation = await reads.preparation_of(session, preparation_id=conference.preparation_id)
    found = await read_givers(session, vault, preparation_id=preparation.id)
    return GiversOut(version=preparation.givers_version, givers=[_out(giver) for giver in found])


def _out(giver: Giver) -> GiverOut:
    return GiverOut(person_id=giver.person_id, how=giver.how, **giver.words.model_dump())
