"""The steps of a preparation, each a clock: contact, the talk, baseline, circle, date, reminder, and the outcome."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import queries
from services.scheduling.domain import ConferenceState
from services.scheduling.models import Conference, Preparation
from services.scheduling.operations.base import (
    BASELINE_CLOCK,
    CIRCLE_CLOCK,
    CONTACT_CLOCK,
    DATE_CLOCK,
    MISSING_CLOCK,
    NEWS_CLOCK,
    OUTCOME_CLOCK,
    REMINDER_CLOCK,
    TALK_CLOCK,
    clocks,
    start_clock,
    target_of,
)
from services.scheduling.settings import policies
from shared.errors import NotYet

# The policy fields of each step's warning and deadline, from the beginning of the preparation.
_LENGTHS = {
    CONTACT_CLOCK: ("first_contact_warn", "first_contact"),
    TALK_CLOCK: ("baseline_talk_warn", "baseline_talk"),
    BASELINE_CLOCK: ("baseline_warn", "baseline_told"),
    CIRCLE_CLOCK: ("circle_warn", "circle_ready"),
    DATE_CLOCK: ("date_warn", "date_set"),
}
_OF_THE_DAY = (REMINDER_CLOCK, OUTCOME_CLOCK)
_IN_BETWEEN = (NEWS_CLOCK, MISSING_CLOCK)


async def begin(
    session: AsyncSession, preparation: Preparation, kinds: Iterable[str], *, now: datetime
) -> None:
    """Start the clocks of some steps; none is due after the conference's target date. The caller holds the lock."""
    policy = await policies.for_case(session, case_id=preparation.case_id)
    target = await target_of(session, preparation)
    target_at = target.if_resumed(now, calendar=policy.calendar).due_at
    for kind in kinds:
        warn, length = (getattr(policy.settings, name) for name in _LENGTHS[kind])
        limit = policy.limit(now, length, warn=warn)
        if now < target_at:
            limit = limit.ending_by(target_at)
        await start_clock(session, preparation, kind=kind, now=now, limit=limit)


async def begin_all(session: AsyncSession, preparation: Preparation, *, now: datetime) -> None:
    """Start the clocks of a new preparation; in a later round people, questions and circle are already known.

    Whoever referred themselves has nobody with whom their questions are talked through before.
    """
    kinds = [BASELINE_CLOCK, DATE_CLOCK]
    if preparation.preparation_no == 1:
        kinds.append(CONTACT_CLOCK)
        case = await queries.case_info(session, tenant=preparation.tenant, case_id=preparation.case_id)
        if case is None or case.referring_organisation or case.mandated_organisation:
            kinds.append(TALK_CLOCK)
        if not await queries.circle_stands(session, case_id=preparation.case_id):
            kinds.append(CIRCLE_CLOCK)
    await begin(session, preparation, kinds, now=now)


async def reach(session: AsyncSession, preparation: Preparation, kind: str, *, now: datetime) -> None:
    """Record that a step was taken: its clock stops, even when it was late. The caller holds the lock."""
    if kind == MISSING_CLOCK:
        preparation.missing = []
        await session.flush()
    await clocks.stop(session, kind=kind, subject=preparation.id, now=now)


async def note_step(session: AsyncSession, kind: str, *, case_id: UUID, tenant: UUID, now: datetime) -> None:
    """Record a step of which another service tells: the first contact, or the questions that were talked through.

    Raises: NotYet if the preparation of the case has not begun, though its event was published before.
    """
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    if preparation is not None:
        await reach(session, preparation, kind, now=now)
    elif await queries.last_conference(session, tenant=tenant, case_id=case_id) is None:
        raise NotYet("the first preparation of the case")


async def await_day(
    session: AsyncSession, preparation: Preparation, conference: Conference, *, now: datetime
) -> None:
    """Start the clocks of a set or moved day: the reminder of the circle, and the recording afterwards."""
    if conference.starts_at is None or conference.ends_at is None:
        raise ValueError("a conference that is waited for has a date")
    await stop_waiting_for_day(session, preparation, now=now)
    policy = await policies.for_case(session, case_id=conference.case_id)
    remind_at = policy.before(conference.starts_at, policy.settings.day_remind)
    record_by = policy.after(conference.ends_at, policy.settings.outcome_record)
    outcome = policy.until(max(now, record_by), warn_at=conference.ends_at)
    await start_clock(session, preparation, kind=OUTCOME_CLOCK, now=now, limit=outcome)
    if remind_at > now:
        reminder = policy.until(remind_at)
        await start_clock(session, preparation, kind=REMINDER_CLOCK, now=now, limit=reminder)


async def follow_required(
    session: AsyncSession,
    preparation: Preparation,
    conference: Conference,
    *,
    gone: set[UUID],
    here: set[UUID],
    now: datetime,
) -> None:
    """Have it decided whether a set day stands, or moves, as long as somebody who has to be there does not come.

    It is known on the day at the latest. The caller holds the lock.
    """
    missing = {*preparation.missing, *gone} - here
    if conference.starts_at is None or conference.starts_at <= now or missing == {*preparation.missing}:
        return
    if not missing:
        await reach(session, preparation, MISSING_CLOCK, now=now)
        return
    preparation.missing = sorted(missing)
    await session.flush()
    policy = await policies.for_case(session, case_id=conference.case_id)
    limit = policy.limit(now, policy.settings.key_person).ending_by(conference.starts_at)
    await start_clock(session, preparation, kind=MISSING_CLOCK, now=now, limit=limit)


async def keep_before_day(
    session: AsyncSession, preparation: Preparation, conference: Conference, *, now: datetime
) -> None:
    """Let what has to be done before a set day be due by then, also after a pause. The caller holds the lock."""
    starts_at = conference.starts_at
    if conference.state != ConferenceState.SCHEDULED or starts_at is None or starts_at <= now:
        return
    for kind in _IN_BETWEEN:
        clock = await clocks.find(session, kind=kind, subject=preparation.id)
        if clock is None or clock.state != "running" or clock.due_at <= starts_at:
            continue
        limit = replace(clock.limit, due_at=starts_at, warn_at=None)
        await clocks.move(session, kind=kind, subject=preparation.id, limit=limit, now=now)


async def stop_waiting_for_day(session: AsyncSession, preparation: Preparation, *, now: datetime) -> None:
    """Stop the clocks of a day that was postponed, cancelled or recorded. The caller holds the lock."""
    for kind in _OF_THE_DAY:
        await reach(session, preparation, kind, now=now)


async def end(session: AsyncSession, preparation: Preparation, *, now: datetime) -> None:
    """Stop the clocks of all steps. The caller holds the lock."""
    for kind in (*_LENGTHS, *_OF_THE_DAY, *_IN_BETWEEN):
        await reach(session, preparation, kind, now=now)
