"""Who may do what: the doors by role, and named functions of what the caller is to the case."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.plans.domain import CheckInOwner, GoalsOfCircle, NotYours, Standing
from services.plans.models import CasePerson
from shared.auth import Principal, Role
from shared.break_glass import is_open_to
from shared.http import allow
from shared.http.principals import require_twelve

Standings = frozenset[Standing]

# The doors: who can have anything to do with a plan. What they are to the case is asked by the rules below.
Involved = Annotated[
    Principal,
    Depends(allow(Role.COORDINATOR, Role.REFERRER, Role.REGIONAL_MANAGER, from_elsewhere=True, people=True)),
]
Coordinator = Annotated[Principal, Depends(allow(Role.COORDINATOR, from_elsewhere=True))]
Professional = Annotated[Principal, Depends(allow(Role.REFERRER, from_elsewhere=True))]

_CIRCLE = {Standing.CENTRAL, Standing.CIRCLE}


def _need(standing: Standings, *wanted: Standing) -> None:
    if standing.isdisjoint(wanted):
        raise NotYours


def may_record_plan(standing: Standings) -> None:
    """The coordinator writes down what the circle decided. Raises: NotYours."""
    _need(standing, Standing.COORDINATOR)


def may_change_goals(*, met_again: bool) -> None:
    """The goals are the circle's: others are only written down if it met again. Raises: GoalsOfCircle."""
    if not met_again:
        raise GoalsOfCircle


async def with_break_glass(
    session: AsyncSession, principal: Principal, standing: Standings, *, case_id: UUID, now: datetime
) -> Standings:
    """Return what somebody who reads is to a case, with the file that they opened by break-glass, if they did."""
    if await is_open_to(session, principal, case_id=case_id, now=now):
        return standing | {Standing.OPENED}
    return standing


def may_read_plan(standing: Standings, *, shared: bool) -> None:
    """The coordinator, the circle, the mandated side, those with whom it was shared, and who opened the file.

    Raises: NotYours.
    """
    if not shared:
        _need(standing, Standing.COORDINATOR, *_CIRCLE, Standing.MANDATED, Standing.OPENED)


def may_read_agreements(standing: Standings) -> None:
    """The coordinator, the circle, and who opened the file. Raises: NotYours."""
    _need(standing, Standing.COORDINATOR, *_CIRCLE, Standing.OPENED)


def may_judge(standing: Standings) -> None:
    """Only the mandated side says whether its bottom lines are met. Raises: NotYours."""
    _need(standing, Standing.MANDATED)


def may_share(standing: Standings, principal: Principal) -> None:
    """The central person decides, from twelve on; the coordinator does it on behalf of the circle.

    Raises: NotYours, FromTwelveOn.
    """
    _need(standing, Standing.COORDINATOR, Standing.CENTRAL)
    require_twelve(principal)


def may_settle_agreement(standing: Standings, *, does_it: bool, monitors: bool) -> None:
    """Who does it, the monitor, a central person, the coordinator. Raises: NotYours."""
    if not (does_it or monitors):
        _need(standing, Standing.CENTRAL, Standing.COORDINATOR)


def may_read_check_ins(standing: Standings) -> None:
    """That there are checks is known to the circle, the coordinator and the manager. Raises: NotYours."""
    _need(standing, Standing.COORDINATOR, *_CIRCLE, Standing.MANAGER)


def may_read_notes(standing: Standings, *, monitors: bool) -> bool:
    """Say whether the caller reads what was noted at checks: who makes them, and the central persons."""
    return monitors or not standing.isdisjoint({Standing.COORDINATOR, Standing.CENTRAL, Standing.MANAGER})


def may_record_check_in(standing: Standings, *, owner: CheckInOwner, monitors: bool) -> None:
    """Who is to ask records it, and the regional manager if they cannot. Raises: NotYours."""
    if owner == "monitor" and monitors:
        return
    _need(standing, Standing.MANAGER, *([Standing.COORDINATOR] if owner == "coordinator" else []))


def may_request_review(standing: Standings) -> None:
    """Anyone of the circle, the coordinator, the referring or mandated side. Raises: NotYours."""
    _need(standing, *_CIRCLE, Standing.COORDINATOR, Standing.REFERRING, Standing.MANDATED)


async def has_left(session: AsyncSession, principal: Principal) -> bool:
    """Say whether a person of a case left its circle: their token is from before."""
    query = select(CasePerson.person_id).where(
        CasePerson.case_id == principal.case,
        CasePerson.person_id == principal.id,
        CasePerson.active.is_(False),
    )
    return await session.scalar(query) is not None
