"""Returns the data held on one person to the service that makes their copy of everything."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.domain import PLAN_PARTS, PlanPart
from services.plans.models import Agreement, Base, Plan, PlanVersion
from services.plans.schemas.sealed import PlanWords
from services.plans.schemas.wordings import texts_among
from shared import case_state
from shared.case_access import CIRCLE_ROLES
from shared.case_state import UnknownCase
from shared.contracts.plans import (
    COPY,
    CopiedAgreement,
    CopiedCheckIn,
    CopiedPlan,
    CopiedPlanB,
    CopiedResource,
    CopiedSharing,
    CopiedWording,
    PlansCopy,
)
from shared.http import Deps, Router, Session, audit_log_of_person
from shared.http.gates import Copier
from shared.vault import Vault

router = Router(tags=["copies"])


@router.get(COPY.path)
async def copy_for_person(
    case_id: UUID, person_id: UUID, principal: Copier, session: Session, deps: Deps
) -> PlansCopy:
    """Return the plan as one person may read it, and the agreements that are theirs."""
    state = await case_state.read(session, case_id)
    if state is None or state.tenant != principal.tenant:
        raise UnknownCase(case_id=str(case_id))
    seen = await audit_log_of_person(
        session, Base, tenant=principal.tenant, case_id=case_id, person_id=person_id
    )
    plan = await queries.plan_of_case(session, case_id=case_id, tenant=principal.tenant)
    if plan is None:
        return PlansCopy(erased=False, plan=None, own_agreements=[], check_ins=[], seen=seen)
    version, parts_read, within = await _readable(session, plan, person_id)
    whole = (
        await queries.agreements_of_version(session, plan.id, version)
        if version is not None and "agreements" in parts_read
        else []
    )
    shown = {agreement.id for agreement in whole}
    others = [
        agreement
        for agreement in await queries.agreements_of_person(session, plan.id, person_id=person_id)
        if agreement.id not in shown
    ]
    own, lost_own = await _agreements(session, deps.vault, others, person_id, within=within)
    if version is None:
        return PlansCopy(erased=lost_own, plan=None, own_agreements=own, check_ins=[], seen=seen)
    row = await queries.version_of(session, plan.id, version)
    agreements, lost = await _agreements(session, deps.vault, whole, person_id, within=within)
    [words] = await deps.vault.open_readable(session, [row])
    copied = await _plan(
        session,
        deps.vault,
        plan,
        row,
        words=words,
        parts=parts_read,
        within=within,
        agreements=agreements,
        person_id=person_id,
    )
    return PlansCopy(
        erased=lost or lost_own or words is None,
        plan=copied,
        own_agreements=own,
        check_ins=await _check_ins(session, deps.vault, plan, person_id),
        shared_for_you=[
            CopiedSharing(shared_at=each.created_at, taken_back_at=each.ended_at)
            for each in await queries.shared_in_place_of(session, plan.id, person_id=person_id)
        ],
        seen=seen,
    )


async def _readable(
    session: AsyncSession, plan: Plan, person_id: UUID
) -> tuple[int | None, frozenset[PlanPart], bool]:
    """Return the version and parts that a person may read, by the rules of reading a plan, and if they are within it.

    Within: part of the circle. With others the plan was shared by parts, without why it was changed.
    """
    role = (await queries.active_people(session, plan.case_id)).get(person_id)
    if role == "central" or role in CIRCLE_ROLES:
        return plan.version, PLAN_PARTS, True
    shares = [share for share in await queries.shares_of(session, plan.id) if share.recipient == person_id]
    if not shares or await queries.sharing_refused(session, plan.case_id):
        return None, frozenset(), False
    [newest] = shares
    return newest.version, frozenset(newest.parts), False


async def _check_ins(session: AsyncSession, vault: Vault, plan: Plan, person_id: UUID) -> list[CopiedCheckIn]:
    # Notes of checks may be read by the central persons.
    if (await queries.active_people(session, plan.case_id)).get(person_id) != "central":
        return []
    rows = await queries.check_ins_held(session, plan.id)
    noted = [row for row in rows if row.sealed is not None]
    opened = await vault.open_readable(session, noted)
    notes = {row: words for row, words in zip(noted, opened, strict=True) if words is not None}
    calls = await queries.referrer_calls_of(session, plan.id)
    said = await vault.open_readable(session, calls)
    return [
        CopiedCheckIn(
            kind=row.kind,
            recorded_at=row.recorded_at,
            decision=row.decision,
            note=None if (words := notes.get(row)) is None else words.note,
            moved_reason=None if words is None else words.moved_reason,
            new_needs=row.new_needs,
            incident=row.incident,
        )
        for row in rows
    ] + [
        CopiedCheckIn(
            kind="referrer-call",
            recorded_at=call.called_at,
            decision=call.going,
            note=None if words is None else words.note,
            new_needs=call.new_needs,
        )
        for call, words in zip(calls, said, strict=True)
    ]


async def _agreements(
    session: AsyncSession, vault: Vault, rows: Sequence[Agreement], person_id: UUID, *, within: bool
) -> tuple[list[CopiedAgreement], bool]:
    opened = await vault.open_readable(session, rows)
    found = [
        CopiedAgreement(
            what=words.what,
            yours=person_id in row.who_person_ids,
            due_on=row.due_on,
            known_done_how=words.known_done_how,
            state=row.state,
            settled_at=row.settled_at,
            invoked_reason=words.invoked_reason if within else None,
        )
        for row, words in zip(rows, opened, strict=True)
        if words is not None
    ]
    return found, len(found) < len(rows)


async def _plan(
    session: AsyncSession,
    vault: Vault,
    plan: Plan,
    row: PlanVersion,
    *,
    words: PlanWords | None,
    parts: frozenset[PlanPart],
    within: bool,
    agreements: list[CopiedAgreement],
    person_id: UUID,
) -> CopiedPlan:
    shares = [share for share in await queries.shares_of(session, plan.id) if share.recipient == person_id]
    stances = await queries.stances_of_version(session, plan.id, row.version)
    copied = CopiedPlan(
        plan_id=plan.id,
        version=row.version,
        recorded_at=row.created_at,
        review_on=plan.review_on,
        own_meetings=[each.met_on for each in await queries.own_meetings_of(session, plan.id)]
        if within
        else [],
        acceptance=plan.acceptance if row.version == plan.version else "superseded",
        follow_up=plan.follow_up,
        you_monitor_it=row.monitor_person_id == person_id,
        you_convene=row.convener_person_id == person_id,
        shared_with_you_at=max((share.created_at for share in shares), default=None),
        goals=list(words.goals) if words and "goals" in parts else None,
        decisions_of_circle=list(words.decisions_of_circle) if words and "decisions" in parts else None,
        plan_b=[
            CopiedPlanB(when=line.when, then=line.then, yours=line.who_person_id == person_id)
            for line in words.plan_b
        ]
        if words and "plan-b" in parts
        else None,
        for_children=words.for_children if words and "for-children" in parts else None,
        change_reason=words.change_reason if words and within else None,
        resources=await _resources(session, vault, plan, row) if "resources" in parts else [],
        you_agree=next((each.agrees for each in stances if each.person_id == person_id), None),
        agreements=agreements,
    )
    return copied.model_copy(update={"wordings": await _wordings(session, vault, copied)})


async def _wordings(session: AsyncSession, vault: Vault, plan: CopiedPlan) -> list[CopiedWording]:
    shown = {*(plan.goals or []), *(plan.decisions_of_circle or []), plan.for_children or ""}
    shown |= {text for line in plan.plan_b or [] for text in (line.when, line.then)}
    shown |= {text for each in plan.agreements for text in (each.what, each.known_done_how or "")}
    shown |= {each.what for each in plan.resources}
    rows = await queries.wordings_of(session, plan.plan_id)
    opened = await vault.open_readable(session, rows)
    return [
        CopiedWording(language=row.language, texts=texts)
        for row, words in zip(rows, opened, strict=True)
        if words is not None and (texts := texts_among(words, shown))
    ]


async def _resources(
    session: AsyncSession, vault: Vault, plan: Plan, row: PlanVersion
) -> list[CopiedResource]:
    rows = await queries.resources_of_version(session, plan.id, row.version)
    opened = await vault.open_readable(session, rows)
    return [
        CopiedResource(what=words.what, asked_of=words.asked_of, state=each.state, answer=words.answer)
        for each, words in zip(rows, opened, strict=True)
        if words is not None
    ]
