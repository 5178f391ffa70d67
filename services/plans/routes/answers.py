"""Builds response bodies from rows: opens what is sealed, all of a kind at once."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.plans import queries
from services.plans.models import Agreement, CheckIn, Plan, PlanVersion, Resource, ReviewAnswer, Share
from services.plans.permissions import Reading
from services.plans.schemas import (
    AcceptanceLineOut,
    AgreementOut,
    CheckInOut,
    Invoked,
    OwnMeetingOut,
    PlanBOut,
    PlanOut,
    PlanSummary,
    ResourceOut,
    ReviewAnswersOut,
    SharedWith,
    StanceOut,
    WaitingCheckIn,
)
from services.plans.schemas.wordings import WordingOut, texts_among
from shared.vault import Vault

# How many of the latest meetings that a circle held by itself are shown with its plan.
OWN_MEETINGS_SHOWN = 10


async def plan_out(session: AsyncSession, vault: Vault, reading: Reading) -> PlanOut:
    """Return a plan in words, as far as the caller reads it; with the bottom lines' judgements for those who may."""
    plan, version, parts = reading.plan, reading.version, reading.parts
    row = await queries.version_of(session, plan.id, version)
    words = await vault.open(session, row)
    agreements = [
        each
        for each in await queries.agreements_of_version(session, plan.id, version)
        if "agreements" in parts or reading.own in each.who_person_ids
    ]
    if version < plan.version:
        # A person may read their own agreements as they are now, even if an older version was shared.
        shown = {each.id for each in agreements}
        agreements += [
            each
            for each in await queries.agreements_of_version(session, plan.id, plan.version)
            if reading.own in each.who_person_ids and each.id not in shown
        ]
    resources = await queries.resources_of_version(session, plan.id, version) if "resources" in parts else []
    stances = await queries.stances_of_version(session, plan.id, version) if "stances" in parts else []
    shares = await queries.shares_of(session, plan.id) if reading.with_shares else []
    found = PlanOut(
        **(await summary(session, reading, row)).model_dump(),
        parts=sorted(parts),
        language=row.language,
        change_reason=words.change_reason if reading.with_shares or reading.with_reasons else None,
        asked_by_person_id=row.asked_by_person_id if parts else None,
        goals=list(words.goals) if "goals" in parts else [],
        decisions_of_circle=list(words.decisions_of_circle) if "decisions" in parts else [],
        plan_b=[PlanBOut(**line.model_dump()) for line in words.plan_b] if "plan-b" in parts else [],
        for_children=words.for_children if "for-children" in parts else None,
        resources=await resources_out(session, vault, resources),
        stances=[StanceOut.model_validate(each, from_attributes=True) for each in stances],
        agreements=await agreements_out(
            session, vault, agreements, with_reasons=reading.with_shares or reading.with_reasons
        ),
        acceptance_lines=await _acceptance_out(session, vault, plan, version) if reading.with_reasons else [],
        shared_with=[_share(share) for share in shares],
        own_meetings=[
            OwnMeetingOut.model_validate(each, from_attributes=True)
            for each in (
                (await queries.own_meetings_of(session, plan.id))[-OWN_MEETINGS_SHOWN:]
                if reading.with_reasons
                else []
            )
        ],
        referring_organisation_id=await queries.referrer_of(session, plan.case_id)
        if reading.with_shares
        else None,
    )
    return found.model_copy(update={"wordings": await _wordings_out(session, vault, found)})


async def _wordings_out(session: AsyncSession, vault: Vault, plan: PlanOut) -> list[WordingOut]:
    """Return the other languages of what a reader reads of a plan."""
    shown = {*plan.goals, *plan.decisions_of_circle, plan.for_children or ""}
    shown |= {text for line in plan.plan_b for text in (line.when, line.then)}
    shown |= {text for each in plan.agreements for text in (each.what, each.known_done_how or "")}
    shown |= {each.what for each in plan.resources}
    rows = await queries.wordings_of(session, plan.plan_id)
    opened = await vault.open_many(session, rows)
    return [
        WordingOut(language=row.language, texts=texts_among(words, shown))
        for row, words in zip(rows, opened, strict=True)
    ]


async def summary(session: AsyncSession, reading: Reading, row: PlanVersion) -> PlanSummary:
    """Return the state of a plan, and who looks after it for those who read any of it."""
    plan, parts = reading.plan, reading.parts
    convener = await queries.convener(session, plan_id=plan.id, version=row.version) if parts else None
    return PlanSummary(
        plan_id=plan.id,
        case_id=plan.case_id,
        version=row.version,
        conference_id=row.conference_id,
        # A judgement of the current version says nothing about an older one.
        acceptance=plan.acceptance if row.version == plan.version else "superseded",
        follow_up=plan.follow_up,
        outcome=plan.outcome,
        monitor_person_id=row.monitor_person_id if parts else None,
        review_on=plan.review_on,
        convener_person_id=convener,
        recorded_at=row.created_at,
        ended_at=plan.ended_at,
    )


def _share(share: Share) -> SharedWith:
    who = {"person_id" if share.kind == "person" else "organisation_id": share.recipient}
    return SharedWith(
        version=share.version,
        parts=share.parts,
        shared_at=share.created_at,
        shared_by=share.shared_by,
        shared_for=share.shared_for,
        **who,
    )


async def resources_out(
    session: AsyncSession, vault: Vault, resources: Sequence[Resource]
) -> list[ResourceOut]:
    """Return the requested resources, in words."""
    opened = await vault.open_many(session, resources)
    return [
        ResourceOut.model_validate(
            {
                "resource_id": row.id,
                "state": row.state,
                "answered_at": row.answered_at,
                "answered_as": row.answered_as,
                "version": row.version,
                **words.model_dump(),
            }
        )
        for row, words in zip(resources, opened, strict=True)
    ]


async def agreements_out(
    session: AsyncSession, vault: Vault, agreements: Sequence[Agreement], *, with_reasons: bool = True
) -> list[AgreementOut]:
    """Return agreements, in words; the reason for plan B only `with_reasons`."""
    opened = await vault.open_many(session, agreements)
    erased = await queries.erased_people(session, {agreement.case_id for agreement in agreements})
    return [
        AgreementOut(
            agreement_id=agreement.id,
            plan_id=agreement.plan_id,
            plan_version=agreement.plan_version,
            what=words.what,
            who_person_ids=agreement.who_person_ids,
            erased_person_ids=[person for person in agreement.who_person_ids if person in erased],
            who_text=words.who_text,
            by=agreement.by,
            due_on=agreement.due_on,
            known_done_how=words.known_done_how,
            state=agreement.state,
            progress=agreement.progress,
            progress_at=agreement.progress_at,
            settled_at=agreement.settled_at,
            invoked=None
            if agreement.plan_b is None
            else Invoked.model_validate(
                {
                    "line": agreement.plan_b,
                    "instead_of": agreement.instead_of,
                    "invoked_by": agreement.invoked_by,
                    "invoked_as": agreement.invoked_as,
                    "invoked_at": agreement.created_at,
                    "invoked_reason": words.invoked_reason if with_reasons else None,
                }
            ),
        )
        for agreement, words in zip(agreements, opened, strict=True)
    ]


async def _acceptance_out(
    session: AsyncSession, vault: Vault, plan: Plan, version: int
) -> list[AcceptanceLineOut]:
    lines = await queries.acceptance_lines(session, plan.id, version)
    opened = await vault.open_many(session, lines)
    return [
        AcceptanceLineOut(
            bottom_line_id=line.bottom_line_id,
            bottom_line_version=line.bottom_line_version,
            met=line.met,
            reason=words.reason,
        )
        for line, words in zip(lines, opened, strict=True)
    ]


async def check_ins_out(
    session: AsyncSession,
    vault: Vault,
    check_ins: Sequence[CheckIn],
    *,
    with_notes: bool,
    monitors: bool,
    reader: UUID,
) -> list[CheckInOut]:
    """Return checks with their times; notes only for those who may read them. `monitors`: whether the reader does."""
    said = await queries.review_answers(
        session, [check_in.id for check_in in check_ins if check_in.kind == "review"]
    )
    moments = await queries.check_in_moments(session, [check_in.id for check_in in check_ins])
    noted = [check_in for check_in in check_ins if with_notes and check_in.sealed is not None]
    opened = dict(zip(noted, await vault.open_many(session, noted), strict=True))
    return [
        CheckInOut(
            **_waiting(check_in, moments),
            **{name: getattr(check_in, name) for name in ("plan_id", "decision", "recorded_at")},
            **({name: getattr(check_in, name) for name in ("new_needs", "incident")} if with_notes else {}),
            yours=monitors and check_in.owner == "monitor",
            note=words.note if (words := opened.get(check_in)) is not None else None,
            moved_reason=words.moved_reason if words is not None else None,
            review_answers=_said(said.get(check_in.id, []), reader) if check_in.kind == "review" else None,
        )
        for check_in in check_ins
    ]


def _said(answers: Sequence[ReviewAnswer], reader: UUID) -> ReviewAnswersOut:
    own = next((answer for answer in answers if answer.person_id == reader), None)
    return ReviewAnswersOut(
        meet_again=sum(answer.meet_again for answer in answers),
        stay_apart=sum(not answer.meet_again for answer in answers),
        another_coordinator=sum(answer.another_coordinator for answer in answers),
        without_coordinator=sum(answer.without_coordinator for answer in answers),
        own=own.meet_again if own else None,
        own_another_coordinator=own is not None and own.another_coordinator,
        own_without_coordinator=own is not None and own.without_coordinator,
    )


async def waiting_out(session: AsyncSession, check_ins: Sequence[CheckIn]) -> list[WaitingCheckIn]:
    """Return pending checks, with their times."""
    moments = await queries.check_in_moments(session, [check_in.id for check_in in check_ins])
    return [WaitingCheckIn(**_waiting(check_in, moments)) for check_in in check_ins]


def _waiting(check_in: CheckIn, moments: dict[Any, Any]) -> dict[str, Any]:
    due_at, escalates_at = moments.get(check_in.id, (None, None))
    return {
        "check_in_id": check_in.id,
        "case_id": check_in.case_id,
        "kind": check_in.kind,
        "owner": check_in.owner,
        "state": check_in.state,
        "due_at": due_at,
        "escalates_at": escalates_at,
    }
