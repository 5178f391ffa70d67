"""The rounds of a case: each has a preparation of its own, with conference numbers that continue.

The first begins with the first coordinator. The coordinator begins the next ones, after a conference that
brought no plan or was cancelled, or because the family wants to meet again. A round that the circle decided on
at a check begins at once or, if the case has no coordinator, with the next one.
"""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import ConferenceState, ExtensionReason, PreparationReason, PreparationState
from services.scheduling.models import Conference, Preparation, PreparationExtension, WantedRound
from services.scheduling.operations import milestones, next_step
from services.scheduling.operations.base import TARGET_CLOCK, clocks, lock, publish, start_clock, target_of
from services.scheduling.settings import policies
from shared import case_state
from shared.case_access import has_coordinator
from shared.errors import NotYet
from shared.events.scheduling import PreparationExtended, PreparationStarted
from shared.ids import uuid7


async def begin_with_coordinator(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime
) -> None:
    """Begin what waits for a coordinator: the first preparation, or a wanted round.

    A coordinator who takes over continues what there is. The caller holds the live case.
    """
    if await queries.last_conference(session, tenant=tenant, case_id=case_id) is None:
        await _begin(session, tenant=tenant, case_id=case_id, reason=PreparationReason.REFERRAL, now=now)
        return
    wanted = delete(WantedRound).where(WantedRound.case_id == case_id).returning(WantedRound.reason)
    reason = (await session.scalars(wanted)).one_or_none()
    if reason is not None:
        await _begin(session, tenant=tenant, case_id=case_id, reason=PreparationReason(reason), now=now)


async def begin_for_review(session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime) -> None:
    """Begin the round that a circle decided on at a review; without a coordinator it waits for one.

    The caller holds the live case.
    """
    if await has_coordinator(session, case_id=case_id):
        await _begin(session, tenant=tenant, case_id=case_id, reason=PreparationReason.REVIEW, now=now)
        return
    values = {"case_id": case_id, "tenant": tenant, "reason": PreparationReason.REVIEW, "created_at": now}
    await session.execute(insert(WantedRound).values(values).on_conflict_do_nothing())


async def begin_by_coordinator(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, now: datetime
) -> tuple[Preparation, Conference]:
    """Begin the next round of a case; its reason follows from how the last conference ended.

    Raises: PreparationRuns, NotYet if the case has had no preparation yet, UnknownCase, CaseStopped,
    CaseErased.
    """
    await case_state.require_live(session, case_id=case_id, tenant=tenant, hold=True)
    last = await queries.last_conference(session, tenant=tenant, case_id=case_id)
    if last is None:
        raise NotYet("the first preparation of the case")
    begun = await _begin(session, tenant=tenant, case_id=case_id, reason=_reason_after(last), now=now)
    if begun is None:
        raise domain.PreparationRuns(conference_id=str(last.id))
    return begun


async def extend(
    session: AsyncSession,
    *,
    conference: Conference,
    extended_by: UUID,
    until: date,
    reason: ExtensionReason,
    now: datetime,
) -> Preparation:
    """Extend a preparation to the end of a day; its warning moves as far.

    Raises: ConferenceOver, TargetNotLater, TooMuchMoreTime.
    """
    preparation = await lock(session, conference)
    if conference.state not in domain.LIVE:
        raise domain.ConferenceOver(conference_id=str(conference.id), state=conference.state)
    policy = await policies.for_case(session, case_id=conference.case_id)
    due_at = policy.calendar.end_of_day(until)
    clock = await target_of(session, preparation)
    before_at = clock.if_resumed(now, calendar=policy.calendar).due_at
    if due_at <= max(now, before_at) or due_at - now > domain.FURTHEST_AHEAD:
        raise domain.TargetNotLater
    given = (await queries.extensions(session, [preparation.id])).get(preparation.id, [])
    if len(given) >= domain.MAX_EXTENSIONS:
        raise domain.TooMuchMoreTime(conference_id=str(conference.id))
    warn_at = None if clock.warn_at is None else clock.warn_at + (due_at - clock.due_at)
    preparation.target_at = due_at
    session.add(
        PreparationExtension(
            preparation_id=preparation.id,
            extension_no=len(given) + 1,
            tenant=preparation.tenant,
            extended_by=extended_by,
            before_at=before_at,
            target_at=due_at,
            reason=reason,
            created_at=now,
        )
    )
    await session.flush()
    limit = policy.until(
        due_at, warn_at=warn_at if warn_at is not None and warn_at > now else None, unit=clock.unit
    )
    await clocks.move(session, kind=TARGET_CLOCK, subject=preparation.id, limit=limit, now=now)
    fact = PreparationExtended(
        case_id=preparation.case_id,
        preparation_no=preparation.preparation_no,
        reason=reason.value,
        target_at=due_at,
    )
    await publish(session, fact, of=preparation, now=now)
    return preparation


def _reason_after(last: Conference) -> PreparationReason:
    if last.state == ConferenceState.CANCELLED:
        return PreparationReason.CALLED_OFF
    return PreparationReason.FAMILY_WISH if last.outcome == "plan" else PreparationReason.NO_PLAN


async def _begin(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, reason: PreparationReason, now: datetime
) -> tuple[Preparation, Conference] | None:
    """Begin a preparation, its conference and its clock; None if one runs."""
    last = await queries.last_conference(session, tenant=tenant, case_id=case_id)
    policy = await policies.for_case(session, case_id=case_id)
    urgent = await queries.track(session, tenant=tenant, case_id=case_id) == "urgent"
    lengths = policy.settings
    target = lengths.urgent_target if urgent else lengths.conference_target
    limit = policy.limit(now, target, warn=lengths.urgent_warn if urgent else lengths.conference_warn)
    statement = insert(Preparation).values(
        id=uuid7(),
        tenant=tenant,
        case_id=case_id,
        preparation_no=1 if last is None else last.preparation_no + 1,
        reason=reason,
        state=PreparationState.RUNNING,
        target_at=limit.due_at,
        givers_version=1,
        notes_version=1,
        created_at=now,
    )
    # Of two that begin at once one creates the round, and the other finds it.
    made = await session.scalars(statement.on_conflict_do_nothing().returning(Preparation))
    preparation = made.one_or_none()
    if preparation is None:
        return None
    conference = Conference(
        id=uuid7(),
        tenant=tenant,
        case_id=case_id,
        preparation_id=preparation.id,
        preparation_no=preparation.preparation_no,
        conference_no=1 if last is None else last.conference_no + 1,
        state=ConferenceState.PREPARING,
        version=1,
        revision=0,
        created_at=now,
    )
    session.add(conference)
    await session.flush()
    await next_step.end(session, case_id=case_id, now=now)
    fact = PreparationStarted(
        case_id=case_id,
        preparation_no=preparation.preparation_no,
        reason=reason.value,
        conference_id=conference.id,
        target_at=limit.due_at,
    )
    await publish(session, fact, of=preparation, now=now)
    await start_clock(session, preparation, kind=TARGET_CLOCK, now=now, limit=limit)
    await milestones.begin_all(session, preparation, now=now)
    return preparation, conference
