"""Whose board a to-do is on. Everything else that people may see or do is decided by the services."""

from collections.abc import Container
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import ColumnElement, and_, or_, true

from services.portal.models import Todo
from shared.auth import Principal, Role
from shared.case_access import coordinated_by
from shared.contracts.portal import TALLY
from shared.http import serving

# Intake, which mails members of staff.
Mailer = Annotated[Principal, Depends(serving(TALLY.purpose, asked_by="intake"))]

# The steps of a case that its parties follow: not how its people or their promises do.
OF_ROAD = frozenset(
    {
        *("allocation", "coordinator-search", "first-contact", "baseline-talk", "circle-ready"),
        *("conference-date", "conference-target", "conference-outcome", "next-step"),
        *("written-plan", "plan-acceptance", "plan-amendment", "follow-up"),
    }
)


def is_turn_of(principal: Principal, todo: Todo, *, coordinates: Container[UUID]) -> bool:
    """Tell whether a to-do is a reader's; `coordinates`: the cases that they coordinate."""
    if todo.owner_id is not None:
        return todo.owner_id in (principal.id, principal.organisation)
    if todo.owner == Role.COORDINATOR:
        return todo.case_id in coordinates
    return may_manage(principal, todo.owner)


def may_manage(principal: Principal, owner: str) -> bool:
    """Tell whether a reader has a role's to-dos at a tenant."""
    return principal.is_of_tenant and owner in principal.roles


def may_explain(principal: Principal, todo: Todo, *, coordinates: Container[UUID]) -> bool:
    """Tell whether a reader may say why a to-do became late; `coordinates`: the cases that they coordinate."""
    return (
        todo.case_id in coordinates
        or may_manage(principal, Role.REGIONAL_MANAGER)
        or is_turn_of(principal, todo, coordinates=coordinates)
    )


def may_know(principal: Principal) -> ColumnElement[bool]:
    """Return the condition under which a reader of a case may know of a clock of it.

    Who leads a case knows all of them; the others, such as its referrer, know the steps of its road and what is theirs.
    """
    if may_manage(principal, Role.REGIONAL_MANAGER):
        return true()
    known = [Todo.kind.in_(sorted(OF_ROAD)), Todo.owner_id.in_(_own(principal))]
    if principal.has(Role.COORDINATOR):
        known.append(Todo.case_id.in_(coordinated_by(principal)))
    return or_(*known)


def _own(principal: Principal) -> list[UUID]:
    """Return the ids by which a to-do is a reader's in particular."""
    return [own for own in (principal.id, principal.organisation) if own]


def waits_for(principal: Principal) -> list[ColumnElement[bool]]:
    """Return the conditions under which a tenant's to-do is a reader's; an index serves each of them."""
    conditions = [and_(Todo.owner_id == own, Todo.waiting) for own in _own(principal)]
    of_role = Todo.owner_id.is_(None)
    if principal.has(Role.COORDINATOR):
        cases = Todo.case_id.in_(coordinated_by(principal))
        # The index on cases contains everything that has not ended.
        running = Todo.state != "stopped"
        conditions.append(and_(cases, running, Todo.owner == Role.COORDINATOR, of_role, Todo.waiting))
    if principal.is_of_tenant:
        roles = sorted(principal.roles)
        conditions += [
            and_(Todo.owner == role, of_role, Todo.waiting) for role in roles if role != Role.COORDINATOR
        ]
        conditions += [and_(Todo.escalate_to == role, Todo.state == "breached") for role in roles]
    return conditions
