"""What waits for whom: the clocks of all services, from their events, and boards as views of them.

Everything that a person must do is a clock with an owner. Every event of a clock carries its whole state, and
its number in the clock's stream says which one is newer: events that come twice, late or in another order end
in the same row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, delete, func, select, tuple_, union_all, update
from sqlalchemy.dialects.postgresql import distinct_on, insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.portal import permissions
from services.portal.models import Todo
from shared.auth import Principal
from shared.case_access import coordinated_by
from shared.context import Context
from shared.database import Scope, set_scope
from shared.events.base import ClockFact, LateReason, Received
from shared.http import PageRequest, Rows, decode_cursor, paginate

_STATE_AFTER = {
    **dict.fromkeys(("started", "resumed", "warned"), "running"),
    **{what: what for what in ("paused", "breached", "stopped")},
}
# How many ended clocks are deleted with each event: more than arrive.
_GO_WITH_EACH = 5
_MOST_OF_A_CASE = 200
_DAY, _WEEK = timedelta(days=1), timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Late:
    """The number of late clocks of a kind, by how long they are late: less than a day, less than a week, longer."""

    service: str
    kind: str
    day: int
    week: int
    longer: int
    oldest: datetime
    # How many of them have which reason, or none yet, the most frequent first.
    reasons: list[tuple[str | None, int]]


@dataclass(frozen=True, slots=True)
class Tally:
    """How much waits for a person, and how much of it is late; both counted up to the requested maximum."""

    waiting: int
    late: int


async def follow(session: AsyncSession, event: Received[ClockFact], context: Context) -> None:
    """Handle an event of a clock; one older than the newest known event changes nothing."""
    service, _, what = event.type.removesuffix(".v1").split(".")
    fact = event.data
    late = fact.turn != "never"
    # Reasons are also given for what was met since.
    state = _STATE_AFTER.get(what) or ("breached" if fact.stopped_at is None else "stopped")
    if state == "breached" and not late:
        state = "stopped"
    statement = insert(Todo).values(
        id=fact.clock_id,
        tenant=event.tenant,
        service=service,
        kind=fact.kind,
        subject=fact.subject,
        case_id=fact.case_id,
        owner=fact.owner,
        owner_id=fact.owner_id,
        escalate_to=fact.escalate_to,
        state=state,
        waiting=state == "breached" or (state == "running" and _is_turn(fact, event.time)),
        warn_at=fact.warn_at,
        due_at=fact.due_at,
        breached_at=fact.breached_at if late else None,
        late_reason=fact.late_reason,
        changed_at=event.time,
        version=event.sequence,
    )
    changed = {column.name: column for column in statement.excluded if column.name != "id"}
    # A service changes only its own, whatever ids it names.
    older = (Todo.version < statement.excluded.version) & (Todo.service == service)
    await session.execute(
        statement.on_conflict_do_update(index_elements=[Todo.id], set_=changed, where=older)
    )
    kept = timedelta(days=context.settings.clocks_kept_days)
    over = (
        select(Todo.id)
        .where(
            Todo.tenant == event.tenant,
            Todo.state.in_(["breached", "stopped"]),
            Todo.changed_at < event.time - kept,
        )
        .limit(_GO_WITH_EACH)
        .with_for_update(skip_locked=True)
    )
    await session.execute(delete(Todo).where(Todo.id.in_(over)))


def _is_turn(fact: ClockFact, now: datetime) -> bool:
    """Tell whether the owner must act on a running clock."""
    since = {"now": now, "warned": fact.warn_at or fact.due_at, "late": fact.due_at}
    return fact.turn in since and since[fact.turn] <= now


async def todos_of(
    session: AsyncSession, principal: Principal, *, page: PageRequest | None = None, kinds: Sequence[str] = ()
) -> Rows[Todo]:
    """Return the to-dos of a member of staff at a tenant, earliest due (so late ones) first.

    They are: those of their roles at their own organisation, of the cases that they coordinate, of themselves
    or their organisation in particular; and late ones that escalate to one of their roles. `kinds`: only of
    these. Raises: CursorNotReadable.
    """
    page = page or PageRequest()
    await set_scope(session, Scope(tenant=principal.tenant))
    of_kinds = [Todo.kind.in_(kinds)] if kinds else []
    after: list[ColumnElement[bool]] = []
    if page.cursor is not None:
        after = [tuple_(Todo.due_at, Todo.id) > decode_cursor(page.cursor)]
    picked = _picked(principal, [*of_kinds, *after], most=page.limit + 1)
    return await paginate(
        session,
        select(Todo).where(Todo.id.in_(picked)),
        page,
        time=Todo.due_at,
        id=Todo.id,
        newest_first=False,
    )


async def tally_of(session: AsyncSession, principal: Principal, *, most: int = 100) -> Tally:
    """Return how many to-dos a member of staff has at a tenant, and how many of them are late."""
    await set_scope(session, Scope(tenant=principal.tenant))
    mine = select(Todo.state).where(Todo.id.in_(_picked(principal, [], most=most))).subquery()
    query = select(func.count(), func.count().filter(mine.c.state == "breached")).select_from(mine)
    waiting, late = (await session.execute(query)).one()
    return Tally(waiting=min(waiting, most), late=min(late, most))


def tally_in(todos: Sequence[Todo]) -> Tally:
    """Return how many to-dos there are in a selection, and how many of them are late."""
    return Tally(waiting=len(todos), late=sum(each.state == "breached" for each in todos))


async def of_case(
    session: AsyncSession, principal: Principal, *, case_id: UUID, met_late: bool = False
) -> list[Todo]:
    """Return the live clocks of a case that a reader may know, whoever owns them: what is next, and whose turn it is.

    `met_late`: after them also what became late and was met or called off since. The caller has access to the case
    from the service that owns it.
    """
    await set_scope(session, Scope(tenant=principal.tenant))
    live = Todo.state != "stopped"
    query = (
        select(Todo)
        .where(
            Todo.tenant == principal.tenant,
            Todo.case_id == case_id,
            permissions.may_know(principal),
            live | Todo.breached_at.is_not(None) if met_late else live,
        )
        .order_by(~live, Todo.due_at, Todo.id)
        .limit(_MOST_OF_A_CASE)
    )
    return list(await session.scalars(query))


async def missed(session: AsyncSession, principal: Principal, *, clock_id: UUID) -> Todo | None:
    """Return a to-do that became late, and about which a reader may say why; None if there is none."""
    await set_scope(session, Scope(tenant=principal.tenant))
    todo = await session.get(Todo, clock_id)
    if todo is None or todo.tenant != principal.tenant or todo.breached_at is None:
        return None
    cases = await coordinated(session, principal, case_ids=[todo.case_id] if todo.case_id else [])
    return todo if permissions.may_explain(principal, todo, coordinates=cases) else None


async def note_reason(session: AsyncSession, todo: Todo, reason: LateReason) -> None:
    """Show why a to-do became late before its event says so, unless something newer was heard since it was read."""
    await set_scope(session, Scope(tenant=todo.tenant))
    unchanged = update(Todo).where(Todo.id == todo.id, Todo.version == todo.version)
    await session.execute(unchanged.values(late_reason=reason).execution_options(synchronize_session=False))


async def next_of_cases(
    session: AsyncSession, principal: Principal, *, case_ids: Sequence[UUID]
) -> list[Todo]:
    """Return the first to-do of each case that a reader may know, if any; the caller has access to these cases."""
    await set_scope(session, Scope(tenant=principal.tenant))
    query = (
        select(Todo)
        .ext(distinct_on(Todo.case_id))
        .where(
            Todo.tenant == principal.tenant,
            Todo.case_id.in_(case_ids),
            permissions.may_know(principal),
            Todo.state != "stopped",
            Todo.waiting,
        )
        .order_by(Todo.case_id, Todo.due_at, Todo.id)
    )
    return list(await session.scalars(query))


async def coordinated(
    session: AsyncSession, principal: Principal, *, case_ids: Collection[UUID]
) -> set[UUID]:
    """Return which of some cases a member of staff coordinates now."""
    if not case_ids:
        return set()
    await set_scope(session, Scope(tenant=principal.tenant))
    mine = coordinated_by(principal)
    return set(await session.scalars(mine.where(mine.selected_columns[0].in_(case_ids))))


async def late_by_kind(session: AsyncSession, *, now: datetime, tenant: UUID | None = None) -> list[Late]:
    """Return what is late, by kind and age; in one organisation, or for ops in all of them."""
    late = [Todo.state == "breached", *([Todo.tenant == tenant] if tenant else [])]
    counted = (
        select(Todo.service, Todo.kind, Todo.late_reason, func.count())
        .where(*late)
        .group_by(Todo.service, Todo.kind, Todo.late_reason)
        .order_by(func.count().desc(), Todo.late_reason)
    )
    reasons: dict[tuple[str, str], list[tuple[str | None, int]]] = {}
    for service, kind, reason, number in await session.execute(counted):
        reasons.setdefault((service, kind), []).append((reason, number))
    query = (
        select(
            Todo.service,
            Todo.kind,
            func.count().filter(Todo.due_at > now - _DAY),
            func.count().filter(Todo.due_at <= now - _DAY, Todo.due_at > now - _WEEK),
            func.count().filter(Todo.due_at <= now - _WEEK),
            func.min(Todo.due_at),
        )
        .where(*late)
        .group_by(Todo.service, Todo.kind)
        .order_by(func.min(Todo.due_at), Todo.service, Todo.kind)
    )
    return [Late(*row, reasons[row.service, row.kind]) for row in await session.execute(query)]


def _picked(principal: Principal, narrowed: Sequence[ColumnElement[bool]], *, most: int) -> Select[Any]:
    """Return the query of the ids of a reader's first to-dos.

    Each condition is served by an index of its own in the order of the list, so a page costs what it shows.
    """
    first = [
        select(Todo.id)
        .where(Todo.tenant == principal.tenant, reason, *narrowed)
        .order_by(Todo.due_at, Todo.id)
        .limit(most)
        .subquery()
        for reason in permissions.waits_for(principal)
    ]
    return select(union_all(*[select(each.c.id) for each in first]).subquery().c.id)
