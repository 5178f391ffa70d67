"""The circle shares its plan: with its own people, with professionals of the case, with organisations."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import NobodyToShareWith, PersonNotOfCase
from services.plans.models import Plan, Share
from services.plans.operations.timing import publish, tell
from services.plans.schemas import NewShare
from shared.events import plans as events
from shared.ids import uuid7


async def share_plan(
    session: AsyncSession,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    new: NewShare,
    now: datetime,
) -> tuple[Plan, list[UUID], list[UUID]]:
    """Share the current version; return the plan, and the people and organisations who did not have it yet.

    Who had this version is not told again. Raises: PersonNotOfCase, NobodyToShareWith, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.read_plan(session, plan_id)
    people = await queries.active_people(session, case_id)
    chosen = new.person_ids
    if chosen is None:
        chosen = tuple(people)
    strangers = [person for person in chosen if person not in people]
    if strangers:
        raise PersonNotOfCase(person_id=str(strangers[0]))
    if not chosen and not new.organisation_ids:
        raise NobodyToShareWith
    persons = await _write(session, plan, "person", chosen, by=by, now=now)
    organisations = await _write(session, plan, "organisation", new.organisation_ids, by=by, now=now)
    if persons or organisations:
        fact = events.PlanShared(
            case_id=case_id,
            plan_id=plan.id,
            version=plan.version,
            person_ids=tuple(persons),
            organisations=tuple(organisations),
        )
        await publish(session, plan, fact, now=now)
    for person in persons:
        await tell(session, plan, person=person, kind="plan-shared", link_target=f"plans/{plan.id}", now=now)
    return plan, persons, organisations


async def _write(
    session: AsyncSession, plan: Plan, kind: str, recipients: Sequence[UUID], *, by: UUID, now: datetime
) -> list[UUID]:
    if not recipients:
        return []
    rows = [
        {
            "id": uuid7(),
            "tenant": plan.tenant,
            "plan_id": plan.id,
            "version": plan.version,
            "kind": kind,
            "recipient": recipient,
            "shared_by": by,
            "created_at": now,
        }
        for recipient in recipients
    ]
    statement = insert(Share).values(rows).on_conflict_do_nothing().returning(Share.recipient)
    fresh = set(await session.scalars(statement))
    return [recipient for recipient in recipients if recipient in fresh]
