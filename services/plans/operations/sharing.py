"""The circle shares its plan: with its own people, with professionals of the case, and with organisations."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import case, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import (
    NobodyToShareWith,
    NotShared,
    PersonNotOfCase,
    SharingTakenBack,
    TooManyOrganisations,
)
from services.plans.models import Plan, Share, SharingConsent
from services.plans.operations.timing import notify, publish
from services.plans.schemas import NewShare
from shared.case_access import CIRCLE_ROLES, Membership
from shared.errors import NotYet, require_version
from shared.events import plans as events
from shared.ids import uuid7
from shared.tables import case_person

# The most organisations that a plan is shared with at the same time.
MAX_ORGANISATIONS = 50


async def share_plan(
    session: AsyncSession,
    *,
    plan_id: UUID,
    case_id: UUID,
    tenant: UUID,
    by: UUID,
    in_place_of: Collection[UUID],
    new: NewShare,
    now: datetime,
) -> tuple[Plan, list[UUID], list[UUID]]:
    """Share parts of the current version; return the plan, and its new readers: people and organisations.

    If nobody is named it is shared with those who take part, without professionals if sharing outside was
    refused. `in_place_of`: the children for whom `by` decides. Those who had this version are not told again.
    Raises: OtherVersion, PersonNotOfCase, NobodyToShareWith, SharingTakenBack, TooManyOrganisations, CaseStopped.
    """
    await queries.lock_case(session, case_id=case_id, tenant=tenant)
    plan = await queries.read_plan(session, plan_id)
    if new.version is not None:
        require_version(new.version, of=plan.version)
    people = await queries.active_people(session, case_id)
    within = {person for person, role in people.items() if role in CIRCLE_ROLES}
    refused = await queries.sharing_refused(session, case_id)
    chosen = new.person_ids
    if chosen is None:
        taking_part = await queries.taking_part(session, case_id)
        chosen = tuple(person for person in taking_part if person in within or not refused)
    strangers = [person for person in chosen if person not in people]
    if strangers:
        raise PersonNotOfCase(person_id=str(strangers[0]))
    if not chosen and not new.organisation_ids:
        raise NobodyToShareWith
    if refused and (not within.issuperset(chosen) or new.organisation_ids):
        raise SharingTakenBack
    known = {
        share.recipient for share in await queries.shares_of(session, plan_id) if share.kind == "organisation"
    }
    if len(known.union(new.organisation_ids)) > MAX_ORGANISATIONS:
        raise TooManyOrganisations(most=MAX_ORGANISATIONS)
    what: dict[str, Any] = {"parts": sorted(new.parts), "shared_by": by, "shared_for": sorted(in_place_of)}
    persons = await _write(session, plan, "person", chosen, what=what, now=now)
    organisations = await _write(session, plan, "organisation", new.organisation_ids, what=what, now=now)
    if persons or organisations:
        fact = events.PlanShared(
            case_id=case_id,
            plan_id=plan.id,
            version=plan.version,
            person_ids=tuple(persons),
            organisations=tuple(organisations),
        )
        await publish(session, plan, fact, now=now)
    had_before = await _had_a_version_before(session, plan)
    to_whom = {
        "plan-changed": [person for person in persons if person in had_before],
        "plan-shared": [person for person in persons if person not in had_before],
    }
    for kind, to in to_whom.items():
        await notify(session, plan, people=to, kind=kind, link_target=f"plans/{plan.id}", now=now)
    return plan, persons, organisations


async def _had_a_version_before(session: AsyncSession, plan: Plan) -> set[UUID]:
    query = select(Share.recipient).where(Share.plan_id == plan.id, Share.version < plan.version)
    return set(await session.scalars(query))


async def _write(
    session: AsyncSession,
    plan: Plan,
    kind: str,
    recipients: Sequence[UUID],
    *,
    what: Mapping[str, Any],
    now: datetime,
) -> list[UUID]:
    """Record with whom these parts are shared; return those who could read nothing of this version before."""
    if not recipients:
        return []
    held = select(Share.recipient).where(
        Share.plan_id == plan.id,
        Share.version == plan.version,
        Share.recipient.in_(recipients),
        Share.ended_at.is_(None),
    )
    had = set(await session.scalars(held))
    rows = [
        {
            "id": uuid7(),
            "tenant": plan.tenant,
            "plan_id": plan.id,
            "version": plan.version,
            "kind": kind,
            "recipient": recipient,
            **what,
            "created_at": now,
        }
        for recipient in recipients
    ]
    added = insert(Share).values(rows)
    # Ended shares are renewed; of current ones only the parts may change.
    anew = {
        **{name: added.excluded[name] for name in what},
        "created_at": case((Share.ended_at.is_(None), Share.created_at), else_=added.excluded.created_at),
        **dict.fromkeys(("ended_at", "ended_by", "ended_for")),
    }
    await session.execute(
        added.on_conflict_do_update(index_elements=[Share.plan_id, Share.version, Share.recipient], set_=anew)
    )
    return [recipient for recipient in recipients if recipient not in had]


async def end_sharing(
    session: AsyncSession,
    *,
    plan_id: UUID,
    case_id: UUID,
    recipient: UUID,
    by: UUID,
    in_place_of: Collection[UUID],
    now: datetime,
) -> None:
    """End one person's or organisation's access to every version. Raises: NotShared, CaseErased."""
    await queries.hold_case(session, case_id=case_id)
    query = update(Share).where(
        Share.plan_id == plan_id, Share.recipient == recipient, Share.ended_at.is_(None)
    )
    taken_back = query.values(ended_at=now, ended_by=by, ended_for=sorted(in_place_of))
    ended = await session.scalars(taken_back.returning(Share.id))
    if not ended.all():
        raise NotShared
    await _publish_ended(session, case_id=case_id, ended={(plan_id, recipient)}, now=now)


async def _publish_ended(
    session: AsyncSession, *, case_id: UUID, ended: Collection[tuple[UUID, UUID]], now: datetime
) -> None:
    for plan_id, recipient in sorted(ended):
        fact = events.PlanSharingEnded(case_id=case_id, plan_id=plan_id, recipient_id=recipient)
        await publish(session, await queries.read_plan(session, plan_id), fact, now=now)


async def note_consent(
    session: AsyncSession,
    *,
    case_id: UUID,
    person_id: UUID,
    concerns: UUID,
    tenant: UUID,
    given: bool,
    version: int,
    at: datetime,
) -> None:
    """Store an answer about sharing; a no from a person who decides ends all sharing outside the circle.

    A later yes restores nothing: the circle must share again. Raises: NotYet.
    """
    await queries.hold_case(session, case_id=case_id)
    said = insert(SharingConsent).values(
        case_id=case_id,
        person_id=person_id,
        concerns=concerns,
        tenant=tenant,
        given=given,
        version=version,
        created_at=at,
    )
    changes = {"given": said.excluded.given, "version": said.excluded.version}
    await session.execute(
        said.on_conflict_do_update(
            index_elements=[SharingConsent.case_id, SharingConsent.person_id, SharingConsent.concerns],
            set_=changes,
            where=SharingConsent.version < said.excluded.version,
        )
    )
    if not given and await _has_say(session, case_id=case_id, person_id=person_id, concerns=concerns):
        refused = await queries.sharing_refused(session, case_id)
        by = {"ended_by": person_id, "ended_for": [] if concerns == person_id else [concerns]}
        await _end(session, case_id=case_id, tenant=tenant, by=by, at=at, since_then_too=refused)


async def _has_say(session: AsyncSession, *, case_id: UUID, person_id: UUID, concerns: UUID) -> bool:
    found = await session.execute(
        select(case_person).where(
            case_person.c.case_id == case_id, case_person.c.person_id.in_([concerns, person_id])
        )
    )
    people = {
        row.person_id: row for row in found if row.role is not None or row.membership == Membership.ERASED
    }
    if not {concerns, person_id} <= people.keys():
        raise NotYet("person of the case")
    about, speaker = people[concerns], people[person_id]
    decides = person_id == concerns or (speaker.membership == Membership.ACTIVE and not about.adult)
    return about.role == "central" and decides


async def _end(
    session: AsyncSession,
    *,
    case_id: UUID,
    tenant: UUID,
    by: Mapping[str, Any],
    at: datetime,
    since_then_too: bool,
) -> None:
    within = select(case_person.c.person_id).where(
        case_person.c.case_id == case_id, case_person.c.role.in_(CIRCLE_ROLES)
    )
    plans = select(Plan.id).where(Plan.tenant == tenant, Plan.case_id == case_id)
    ended = update(Share).where(
        Share.plan_id.in_(plans), Share.ended_at.is_(None), Share.recipient.not_in(within)
    )
    if not since_then_too:
        # Superseded by a yes: what was shared after the no was shared on that yes.
        ended = ended.where(Share.created_at <= at)
    found = await session.execute(
        ended.values(ended_at=at, **by)
        .returning(Share.plan_id, Share.recipient)
        .execution_options(synchronize_session=False)
    )
    await _publish_ended(
        session, case_id=case_id, ended={(row.plan_id, row.recipient) for row in found}, now=at
    )
