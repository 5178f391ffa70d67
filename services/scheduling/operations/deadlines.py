"""What the workflow of a preparation looks at, and what it attempts when a moment has come.

An attempt is guarded: it does nothing if the facts have changed since the workflow looked, and says so.
"""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from services.scheduling import domain, queries
from services.scheduling.domain import ClosedBecause, PollState, PreparationState
from services.scheduling.models import Conference, Poll, PollAsked, Preparation
from services.scheduling.operations import polls
from services.scheduling.operations.asking import tell_of_poll
from services.scheduling.operations.base import POLL_CLOCK, TARGET_CLOCK, clocks
from shared.clocks import Clock

What = Literal["warn-of-target", "breach-target", "chase-silent", "close-poll"]


class Next(BaseModel):
    """The next moment at which something is to be done, and what."""

    model_config = ConfigDict(frozen=True)

    what: What
    at: datetime


class Facts(BaseModel):
    """Where a preparation stands."""

    model_config = ConfigDict(frozen=True)

    phase: str
    ended: bool
    next: Next | None = None


class Outcome(BaseModel):
    """What came of an attempt: done, or not due any more."""

    model_config = ConfigDict(frozen=True)

    done: bool
    people: int = 0


NOT_DUE = Outcome(done=False)


async def look(session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int) -> Facts:
    """Return where a preparation stands."""
    preparation = await queries.preparation(
        session, tenant=tenant, case_id=case_id, preparation_no=preparation_no
    )
    if preparation is None or preparation.state == PreparationState.ENDED:
        return Facts(phase="ended", ended=True)
    conference = await queries.current_conference(session, preparation)
    target = await clocks.find(session, kind=TARGET_CLOCK, subject=preparation.id)
    moments = [_next(target, "warn-of-target", "breach-target")]
    poll = await queries.poll_of(session, conference)
    if poll is not None and poll.state == PollState.OPEN:
        clock = await clocks.find(session, kind=POLL_CLOCK, subject=poll.id)
        moments.append(_next(clock, "chase-silent", "close-poll"))
    to_come = sorted((moment for moment in moments if moment is not None), key=lambda moment: moment.at)
    return Facts(phase=conference.state, ended=False, next=to_come[0] if to_come else None)


def _next(clock: Clock | None, warning: What, due: What) -> Next | None:
    if clock is None or clock.next_at is None:
        return None
    return Next(what=due if clock.next_at == clock.due_at else warning, at=clock.next_at)


def _is_due(clock: Clock | None, moment: Literal["warn", "due"], now: datetime) -> bool:
    if clock is None or clock.state != "running":
        return False
    if moment == "due":
        return clock.due_at <= now
    return clock.warn_at is not None and clock.warned_at is None and clock.warn_at <= now


async def warn_of_target(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int, now: datetime
) -> Outcome:
    """Warn the coordinator that the conference should be held soon."""
    found = await _locked(session, tenant=tenant, case_id=case_id, preparation_no=preparation_no)
    if found is None:
        return NOT_DUE
    subject = found[0].id
    if not _is_due(await clocks.find(session, kind=TARGET_CLOCK, subject=subject), "warn", now):
        return NOT_DUE
    return Outcome(done=await clocks.warn(session, kind=TARGET_CLOCK, subject=subject, now=now) is not None)


async def breach_target(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int, now: datetime
) -> Outcome:
    """Tell that the conference was not held in time: that is for the regional manager to see."""
    found = await _locked(session, tenant=tenant, case_id=case_id, preparation_no=preparation_no)
    if found is None:
        return NOT_DUE
    subject = found[0].id
    if not _is_due(await clocks.find(session, kind=TARGET_CLOCK, subject=subject), "due", now):
        return NOT_DUE
    return Outcome(done=await clocks.breach(session, kind=TARGET_CLOCK, subject=subject, now=now) is not None)


async def chase_silent(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int, now: datetime
) -> Outcome:
    """Remind those who have not answered every date, once; those who have hear nothing."""
    found = await _locked_poll(session, tenant=tenant, case_id=case_id, preparation_no=preparation_no)
    if found is None:
        return NOT_DUE
    conference, poll = found
    if not _is_due(await clocks.find(session, kind=POLL_CLOCK, subject=poll.id), "warn", now):
        return NOT_DUE
    await clocks.warn(session, kind=POLL_CLOCK, subject=poll.id, now=now)
    options = queries.ahead(await queries.options(session, poll), now=now)
    members = await queries.members(session, case_id=poll.case_id)
    silent = domain.silent(options, [member.person_id for member in members if member.attends])
    chased = (
        update(PollAsked)
        .where(PollAsked.poll_id == poll.id, PollAsked.person_id.in_(silent), PollAsked.chased_at.is_(None))
        .values(chased_at=now)
    )
    people = sorted((await session.scalars(chased.returning(PollAsked.person_id))).all())
    for person_id in people:
        await tell_of_poll(session, conference, poll, person_id=person_id, kind="poll-reminder", now=now)
    return Outcome(done=True, people=len(people))


async def close_when_due(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int, now: datetime
) -> Outcome:
    """Close a poll whose time is over, with the answers there are."""
    found = await _locked_poll(session, tenant=tenant, case_id=case_id, preparation_no=preparation_no)
    if found is None:
        return NOT_DUE
    conference, poll = found
    if not _is_due(await clocks.find(session, kind=POLL_CLOCK, subject=poll.id), "due", now):
        return NOT_DUE
    await clocks.breach(session, kind=POLL_CLOCK, subject=poll.id, now=now)
    await polls.close(session, conference, poll, because=ClosedBecause.DUE, now=now)
    return Outcome(done=True)


async def _locked(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int
) -> tuple[Preparation, Conference] | None:
    # A preparation of a case that stopped has ended with it: then there is nothing to attempt.
    preparation = await queries.running_preparation(session, case_id=case_id, lock=True)
    if preparation is None or (preparation.tenant, preparation.preparation_no) != (tenant, preparation_no):
        return None
    return preparation, await queries.current_conference(session, preparation)


async def _locked_poll(
    session: AsyncSession, *, tenant: UUID, case_id: UUID, preparation_no: int
) -> tuple[Conference, Poll] | None:
    found = await _locked(session, tenant=tenant, case_id=case_id, preparation_no=preparation_no)
    if found is None:
        return None
    poll = await queries.poll_of(session, found[1])
    if poll is None or poll.state != PollState.OPEN:
        return None
    return found[1], poll
