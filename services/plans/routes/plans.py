"""Plans over HTTP: recording, reading, judging, sharing, and requesting a review."""

from typing import Annotated
from uuid import UUID

from fastapi import Path
from sqlalchemy import select

from services.plans import permissions, queries
from services.plans.models import Plan, PlanVersion
from services.plans.operations import (
    accepting,
    invoking,
    own_meetings,
    recording,
    resources,
    reviewing,
    sharing,
    stances,
    wordings,
)
from services.plans.permissions import Involved, Professional
from services.plans.routes.answers import plan_out, resources_out, summary
from services.plans.routes.often import count_change
from services.plans.schemas import (
    AcceptanceOut,
    NewAcceptance,
    NewShare,
    OwnMeetingOut,
    OwnStance,
    PlanOut,
    PlanSummary,
    ResourceAnswer,
    ResourceOut,
    ReviewRequestedOut,
    ShareOut,
    SharingEndedOut,
    StanceOut,
)
from services.plans.schemas.checks import NewOwnMeeting
from services.plans.schemas.recording import (
    AgreementChangedOut,
    ChangedPlan,
    InvokedPlanB,
    LatestReviewOut,
    NewPlan,
    PlanRecordedOut,
    VersionOut,
)
from services.plans.schemas.wordings import NewWording, WordingOut
from services.plans.settings import policies
from shared.auth import Kind
from shared.http import Deps, Now, Page, Paging, Router, Session, paginate, problems
from shared.http.gates import Coordinator
from shared.languages import Language

router = Router(tags=["plans"])

Recipient = Annotated[UUID, Path(description="The person or organisation with whom it was shared.")]


@router.post("/v1/cases/{case_id}/plans", status_code=201)
async def record_plan(
    *,
    case_id: UUID,
    body: NewPlan,
    principal: Coordinator,
    session: Session,
    now: Now,
    deps: Deps,
) -> PlanRecordedOut:
    """Record the plan that the circle made, from a conference or without a meeting."""
    await permissions.may_record_plan(session, principal, case_id=case_id)
    plan, agreements = await recording.record_plan(
        session, deps.vault, case_id=case_id, tenant=principal.tenant, by=principal.id, new=body, now=now
    )
    return _recorded(plan, agreements)


@router.get("/v1/cases/{case_id}/latest-review")
async def read_latest_review(
    case_id: UUID, principal: Coordinator, session: Session, now: Now
) -> LatestReviewOut:
    """Read by when the circle must review a plan that is recorded now, because of whose age, and the usual day."""
    await permissions.may_record_plan(session, principal, case_id=case_id)
    policy = await policies.for_case(session, case_id=case_id)
    latest = await reviewing.latest_review(session, case_id=case_id, policy=policy, now=now)
    usual_day, usual_by = reviewing.usual_review(latest.day, policy=policy, now=now)
    return LatestReviewOut(day=latest.day, reason=latest.reason, usual_day=usual_day, usual_by=usual_by)


@router.post("/v1/plans/{plan_id}/versions", status_code=201)
async def record_version(
    *,
    plan_id: UUID,
    body: ChangedPlan,
    principal: Coordinator,
    session: Session,
    now: Now,
    deps: Deps,
) -> PlanRecordedOut:
    """Record what the circle changed; earlier versions stay as they were."""
    known = await permissions.may_record_version(session, principal, plan_id=plan_id)
    plan, agreements = await recording.record_version(
        session,
        deps.vault,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        new=body,
        now=now,
    )
    return _recorded(plan, agreements)


@router.post("/v1/plans/{plan_id}/plan-b", status_code=201, responses=problems(429))
async def invoke_plan_b(
    *,
    plan_id: UUID,
    body: InvokedPlanB,
    principal: Involved,
    session: Session,
    now: Now,
    deps: Deps,
) -> AgreementChangedOut:
    """Invoke a line of plan B: it becomes an agreement, for which another may be suspended; those who act are told."""
    known, invoked_as = await permissions.may_invoke_plan_b(session, principal, plan_id=plan_id)
    await count_change(deps, principal)
    plan, agreement = await invoking.invoke_plan_b(
        session,
        deps.vault,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        invoked_as=invoked_as,
        new=body,
        now=now,
    )
    return AgreementChangedOut(
        agreement_id=agreement.id, plan_id=plan.id, version=plan.version, acceptance=plan.acceptance
    )


def _recorded(plan: Plan, agreements: list[UUID]) -> PlanRecordedOut:
    return PlanRecordedOut(
        plan_id=plan.id, version=plan.version, agreement_ids=agreements, acceptance=plan.acceptance
    )


@router.get("/v1/cases/{case_id}/plans")
async def list_plans(
    case_id: UUID, principal: Involved, session: Session, page: Paging, now: Now
) -> Page[PlanSummary]:
    """List the plan of a case, as far as the caller may read it."""
    await permissions.may_list_plans(session, principal, case_id=case_id)
    query = select(Plan).where(Plan.tenant == principal.tenant, Plan.case_id == case_id)
    rows = await paginate(session, query, page, time=Plan.created_at, id=Plan.id)
    items = []
    # A case has one plan.
    for plan in rows.items:
        reading = await permissions.may_read_plan(session, principal, plan_id=plan.id, now=now)
        row = await queries.version_of(session, plan.id, reading.version)
        items.append(await summary(session, reading, row))
    return Page(items=items, next=rows.next)


@router.get("/v1/plans/{plan_id}")
async def read_plan(plan_id: UUID, principal: Involved, session: Session, deps: Deps, now: Now) -> PlanOut:
    """Read the plan: the circle and the mandated side the current version, others what was shared or is theirs.

    The mandated side's judgements of the bottom lines are never shared.
    """
    reading = await permissions.may_read_plan(session, principal, plan_id=plan_id, now=now)
    return await plan_out(session, deps.vault, reading)


@router.get("/v1/plans/{plan_id}/versions")
async def list_versions(
    *, plan_id: UUID, principal: Involved, session: Session, page: Paging, deps: Deps, now: Now
) -> Page[VersionOut]:
    """List every version of the plan, the newest first: when and by whom it was recorded, and why it was changed."""
    plan = await permissions.may_read_versions(session, principal, plan_id=plan_id, now=now)
    query = select(PlanVersion).where(PlanVersion.plan_id == plan.id)
    rows = await paginate(session, query, page, time=PlanVersion.created_at, id=PlanVersion.id)
    opened = await deps.vault.open_many(session, rows.items)
    items = [
        VersionOut(
            version=row.version,
            conference_id=row.conference_id,
            met_on=row.met_on,
            recorded_at=row.created_at,
            recorded_by=row.recorded_by,
            recorded_as=row.recorded_as,
            asked_by_person_id=row.asked_by_person_id,
            change_reason=words.change_reason,
        )
        for row, words in zip(rows.items, opened, strict=True)
    ]
    return Page(items=items, next=rows.next)


@router.put("/v1/plans/{plan_id}/acceptance")
async def accept_plan(
    *,
    plan_id: UUID,
    body: NewAcceptance,
    principal: Professional,
    session: Session,
    now: Now,
    deps: Deps,
) -> AcceptanceOut:
    """State, for the mandated side, whether the plan meets each bottom line, and if not, why."""
    known = await permissions.may_judge(session, principal, plan_id=plan_id)
    plan, refused = await accepting.accept_plan(
        session,
        deps.vault,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        new=body,
        now=now,
    )
    return AcceptanceOut(plan_id=plan.id, version=plan.version, acceptance=plan.acceptance, refused=refused)


@router.post("/v1/plans/{plan_id}/share", responses=problems(429))
async def share_plan(
    *, plan_id: UUID, body: NewShare, principal: Involved, session: Session, now: Now, deps: Deps
) -> ShareOut:
    """Share parts of the current version with people of the case and with organisations; each person gets a mail.

    An existing share keeps its date; its parts are replaced by those given here.
    """
    known, children = await permissions.may_share(session, principal, plan_id=plan_id)
    await count_change(deps, principal)
    plan, persons, organisations = await sharing.share_plan(
        session,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        in_place_of=children,
        new=body,
        now=now,
    )
    return ShareOut(plan_id=plan.id, version=plan.version, person_ids=persons, organisation_ids=organisations)


@router.delete("/v1/plans/{plan_id}/shares/{recipient_id}")
async def end_sharing(
    *, plan_id: UUID, recipient_id: Recipient, principal: Involved, session: Session, now: Now
) -> SharingEndedOut:
    """End sharing with one person or organisation: from now on that share gives them no access."""
    known, children = await permissions.may_share(session, principal, plan_id=plan_id)
    await sharing.end_sharing(
        session,
        plan_id=plan_id,
        case_id=known.case_id,
        recipient=recipient_id,
        by=principal.id,
        in_place_of=children,
        now=now,
    )
    return SharingEndedOut(plan_id=plan_id, recipient_id=recipient_id)


@router.put("/v1/plans/{plan_id}/stance")
async def take_stance(
    plan_id: UUID, body: OwnStance, principal: Involved, session: Session, now: Now
) -> StanceOut:
    """State whether you support the plan; a later answer replaces the one before."""
    known = await permissions.may_take_stance(session, principal, plan_id=plan_id)
    await stances.take_stance(
        session,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        person_id=principal.id,
        new=body,
        now=now,
    )
    return StanceOut(person_id=principal.id, agrees=body.agrees, said_at=now)


@router.put("/v1/resources/{resource_id}")
async def answer_resource(
    *,
    resource_id: UUID,
    body: ResourceAnswer,
    principal: Involved,
    session: Session,
    now: Now,
    deps: Deps,
) -> ResourceOut:
    """Record the outcome of a request for a resource in the current version of the plan."""
    known, answered_as = await permissions.may_answer_resource(session, principal, resource_id=resource_id)
    resource = await resources.answer_resource(
        session,
        deps.vault,
        resource_id=resource_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        answered_as=answered_as,
        new=body,
        now=now,
    )
    [answered] = await resources_out(session, deps.vault, [resource])
    return answered


@router.put("/v1/plans/{plan_id}/wordings/{language}")
async def write_wording(
    *,
    plan_id: UUID,
    language: Annotated[Language, Path(description="The language in which it is written.")],
    body: NewWording,
    principal: Coordinator,
    session: Session,
    now: Now,
    deps: Deps,
) -> WordingOut:
    """Write the current version in another language, beside the words that the circle agreed on."""
    known = await permissions.may_record_version(session, principal, plan_id=plan_id)
    await wordings.write_wording(
        session,
        deps.vault,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        language=language,
        new=body,
        now=now,
    )
    return WordingOut.model_validate(
        {"language": language, "texts": [each.model_dump() for each in body.texts]}
    )


@router.post("/v1/plans/{plan_id}/own-meetings", status_code=201, responses=problems(429))
async def record_own_meeting(
    *, plan_id: UUID, body: NewOwnMeeting, principal: Involved, session: Session, now: Now, deps: Deps
) -> OwnMeetingOut:
    """Record that the circle met by itself, and whether it changes its plan; of one day the latest word counts."""
    known, said_as = await permissions.may_record_own_meeting(session, principal, plan_id=plan_id)
    await count_change(deps, principal)
    await own_meetings.record_own_meeting(
        session,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by=principal.id,
        said_as=said_as,
        new=body,
        now=now,
    )
    return OwnMeetingOut(met_on=body.met_on, changed=body.changed, said_as=said_as, said_at=now)


@router.post("/v1/plans/{plan_id}/review-requests", status_code=201)
async def request_review(
    plan_id: UUID, principal: Involved, session: Session, now: Now
) -> ReviewRequestedOut:
    """Request an earlier review: the circle is asked now whether it wants to meet again."""
    known = await permissions.may_request_review(session, principal, plan_id=plan_id)
    check_in = await reviewing.request_review(
        session,
        plan_id=plan_id,
        case_id=known.case_id,
        tenant=principal.tenant,
        by_person=principal.id if principal.kind is Kind.PERSON else None,
        now=now,
    )
    return ReviewRequestedOut.model_validate({"check_in_id": check_in.id, "owner": check_in.owner})
