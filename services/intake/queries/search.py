"""Where a search for a coordinator stands, and when something is to be done about it: what its workflow goes by."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from services.intake.domain.codes import (
    ALLOCATION_CLOCK,
    LIVE,
    OFFER_CLOCK,
    SEARCH_CLOCK,
    SERVICE,
    AssignmentState,
    CaseStatus,
)
from services.intake.queries import cases
from shared.clocks import Clock, Clocks

clocks = Clocks(SERVICE)


class Phase(StrEnum):
    """Where a search stands."""

    TO_OFFER = "to-offer"
    OFFERED = "offered"
    NOBODY_LEFT = "nobody-left"
    RESTING = "resting"
    ENDED = "ended"


class Todo(StrEnum):
    """What is to be done at the next moment, if nothing happens before."""

    REMIND = "remind"
    EXPIRE = "expire"
    SEARCH = "search"
    BREACH = "breach"


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where a search stands, and what comes next."""

    phase: Phase
    next_at: datetime | None = None
    todo: Todo | None = None
    offer_id: UUID | None = None


async def standing(session: AsyncSession, *, tenant: UUID, case_id: UUID, number: int) -> Standing:
    """Return where a search stands."""
    case = await cases.case(session, tenant=tenant, case_id=case_id)
    assignment = await cases.assignment(session, tenant=tenant, case_id=case_id, number=number)
    if case is None or assignment is None or case.state not in LIVE:
        return Standing(phase=Phase.ENDED)
    if assignment.state != AssignmentState.SEARCHING:
        return Standing(phase=Phase.ENDED)
    if case.state == CaseStatus.PAUSED:
        return Standing(phase=Phase.RESTING)
    moments = _moments(await clocks.find(session, kind=ALLOCATION_CLOCK, subject=case_id), Todo.BREACH)
    offer = await cases.open_offer(session, tenant=tenant, case_id=case_id)
    if offer is not None:
        clock = await clocks.find(session, kind=OFFER_CLOCK, subject=offer.id)
        warned = clock is None or clock.warn_at is None or clock.warned_at is not None
        moments += _moments(clock, Todo.EXPIRE if warned else Todo.REMIND)
        return _standing(Phase.OFFERED, moments, offer.id)
    search = _moments(await clocks.find(session, kind=SEARCH_CLOCK, subject=case_id), Todo.SEARCH)
    if not search:
        return Standing(phase=Phase.TO_OFFER)
    return _standing(Phase.NOBODY_LEFT, moments + search, None)


def _moments(clock: Clock | None, todo: Todo) -> list[tuple[datetime, Todo]]:
    return [] if clock is None or clock.next_at is None else [(clock.next_at, todo)]


def _standing(phase: Phase, moments: list[tuple[datetime, Todo]], offer_id: UUID | None) -> Standing:
    if not moments:
        return Standing(phase=phase, offer_id=offer_id)
    next_at, todo = min(moments, key=lambda moment: moment[0])
    return Standing(phase=phase, next_at=next_at, todo=todo, offer_id=offer_id)
