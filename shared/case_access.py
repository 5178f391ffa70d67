"""Who has access to a case: its coordinators, its people and break-glass access, and a caller's relation to it.

Every service has these tables besides `case_state` and they are fed the same way: `Subscriptions` records the
events of other services in the transaction of the handler, before it runs, and `outbox.publish` records what
the service publishes itself, so the owner of a fact is never behind its own decision.

One rule merges events: every column moves one way only. A membership goes from active to removed, excluded or
erased and never back (a person who returns to a case becomes another person of it), who is of age stays so unless
a correction of a higher number says otherwise, an assignment is released for good, a break-glass access is closed
for good, a missing role is filled in, and an erased person has none. So the order and the number of deliveries do
not matter.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID, uuid5

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from shared import case_state
from shared.ages import ADULT_FROM
from shared.audit import note_break_glass
from shared.auth.principal import Kind, Principal, Role
from shared.database import fetch
from shared.errors import DomainError, Gone
from shared.events import intake, network
from shared.events.base import REGISTRY, EventData, Received
from shared.tables import case_coordinator, case_person
from shared.vault import Vault


class Membership(StrEnum):
    """Whether a person belongs to a case. Ordered: it only ever moves forward."""

    ACTIVE = "active"
    REMOVED = "removed"
    EXCLUDED = "excluded"
    ERASED = "erased"


class Relation(StrEnum):
    """A caller's relation to a case. A service adds those that it alone knows: parties."""

    COORDINATOR = "coordinator"
    # A regional manager of the organisation that owns the case.
    MANAGER = "manager"
    CENTRAL = "central"
    CIRCLE = "circle"
    # Part of the case but not of the circle itself: a professional or an interpreter.
    OTHER_PERSON = "other-person"
    REFERRING = "referring"
    MANDATED = "mandated"
    # A regional manager who opened the file: they may read what its coordinator may, and write nothing.
    BREAK_GLASS = "break-glass"


# Among the people of a case, those of its circle, and its central persons.
CIRCLE_ROLES = frozenset({"central", "circle", "representative", "advocate"})

_COORDINATOR = """
    INSERT INTO case_coordinator AS known (case_id, assignment_no, tenant, coordinator_id, released)
    VALUES ($1, $2, $3, $4, $5)
    ON CONFLICT (case_id, assignment_no) DO UPDATE SET released = known.released OR excluded.released
"""
_PERSON = """
    INSERT INTO case_person AS known
        (case_id, person_id, tenant, role, membership, adult, age_corrections, first_link)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $9)
    ON CONFLICT (case_id, person_id) DO UPDATE SET
        membership = CASE
            WHEN array_position($8::text[], excluded.membership) > array_position($8::text[], known.membership)
            THEN excluded.membership ELSE known.membership END,
        role = CASE WHEN 'erased' NOT IN (known.membership, excluded.membership)
            THEN coalesce(known.role, excluded.role) END,
        adult = CASE WHEN excluded.age_corrections > known.age_corrections THEN excluded.adult
            ELSE known.adult OR (excluded.adult AND excluded.age_corrections = known.age_corrections) END,
        age_corrections = greatest(known.age_corrections, excluded.age_corrections),
        first_link = greatest(known.first_link, excluded.first_link)
"""
_BREAK_GLASS = """
    INSERT INTO case_break_glass AS known (id, tenant, case_id, opened_by, until, closed_at)
    VALUES ($1, $2, $3, $4, $5, $6)
    ON CONFLICT (id) DO UPDATE SET closed_at = coalesce(known.closed_at, excluded.closed_at)
"""
_FORGET_PEOPLE = "DELETE FROM case_person WHERE case_id = $1 AND tenant = $2"
# The parameters of each statement, in the order of its placeholders.
_TAKES = {
    _COORDINATOR: ("case_id", "assignment_no", "tenant", "coordinator_id", "released"),
    _PERSON: (
        *("case_id", "person_id", "tenant", "role", "membership"),
        *("adult", "age_corrections", "ranks", "first_link"),
    ),
    _BREAK_GLASS: ("break_glass_id", "tenant", "case_id", "opened_by", "until", "closed_at"),
    _FORGET_PEOPLE: ("case_id", "tenant"),
}
_RANKS = list(Membership)


def _person(
    membership: Membership,
    role: str | None = None,
    *,
    adult: bool = False,
    age_corrections: int = 0,
    first_link: int = 0,
) -> dict[str, Any]:
    return {
        "role": role,
        "membership": membership,
        "adult": adult,
        "age_corrections": age_corrections,
        "ranks": _RANKS,
        "first_link": first_link,
    }


# What is added to each event's own data, and the statement that records it.
_NOTED: dict[type[EventData], tuple[str, Callable[[Any], dict[str, Any]]]] = {
    intake.CoordinatorAssigned: (_COORDINATOR, lambda _: {"released": False}),
    intake.CoordinatorReleased: (_COORDINATOR, lambda _: {"released": True}),
    intake.BreakGlassOpened: (_BREAK_GLASS, lambda _: {"closed_at": None}),
    intake.BreakGlassClosed: (_BREAK_GLASS, lambda _: {}),
    intake.CaseErased: (_FORGET_PEOPLE, lambda _: {}),
    network.PersonAdded: (_PERSON, lambda fact: _person(Membership.ACTIVE, fact.role)),
    network.PersonRemoved: (_PERSON, lambda _: _person(Membership.REMOVED)),
    network.PersonExcluded: (_PERSON, lambda _: _person(Membership.EXCLUDED)),
    network.PersonErased: (_PERSON, lambda _: _person(Membership.ERASED)),
    # A person without a role gets no access: this alone does not say that they still belong to the case.
    network.PersonCameOfAge: (
        _PERSON,
        lambda fact: _person(
            Membership.ACTIVE, adult=fact.age >= ADULT_FROM, age_corrections=fact.corrections
        ),
    ),
    network.PersonNotOfAge: (
        _PERSON,
        lambda fact: _person(Membership.ACTIVE, age_corrections=fact.corrections),
    ),
    network.LinkRevoked: (_PERSON, lambda fact: _person(Membership.ACTIVE, first_link=fact.first_link)),
}


# The events that grant access by a decision of another service than the one that lets the caller in.
OPENS = (intake.CoordinatorAssigned, intake.BreakGlassOpened)
_DECISIONS = UUID("f0830c96-f278-4454-b2d0-320f1fcc08c1")

# Events that only remove access are recorded for an erased case too.
_ALSO_ERASED = (intake.CaseErased, intake.BreakGlassClosed)


class CaseNotHeld(Exception):
    """The publisher of this kind of event must hold its case first (`case_state.read` with `hold`)."""


# What every service follows: which cases there are, and who has access to them.
FOLLOWED: dict[str, type[EventData]] = {
    data.TYPE: data for data in (*(REGISTRY[kind] for kind in case_state.STATUS_AFTER), *_NOTED)
}


def followed_by(service: str) -> list[type[EventData]]:
    """Return the events of other services that a service follows; its own are recorded when published."""
    return [data for data in FOLLOWED.values() if not data.TYPE.startswith(f"{service}.")]


async def note(session: AsyncSession, fact: EventData, *, tenant: UUID) -> None:
    """Record what an event says about access to a case; other events are ignored.

    Raises: CaseNotHeld, a bug: the case could be erased before the commit, and this record would outlive it.
    """
    if type(fact) not in _NOTED:
        return
    statement, values = _values(fact, tenant)
    if not isinstance(fact, _ALSO_ERASED) and not case_state.is_held(session, values["case_id"]):
        raise CaseNotHeld(fact.TYPE)
    await fetch(session, statement, *values.values())


def _values(fact: EventData, tenant: UUID) -> tuple[str, dict[str, Any]]:
    """Return the statement that records an event, and its parameters by name, in order."""
    statement, added = _NOTED[type(fact)]
    values = {"tenant": tenant, **fact.model_dump(), **added(fact)}
    return statement, {name: values[name] for name in _TAKES[statement]}


def decision_of(fact: EventData, *, tenant: UUID) -> UUID | None:
    """Return the id of the decision behind an event that grants access to a case; None for other events.

    It is derived from everything that will be recorded: an event with other content is another decision.
    """
    if not isinstance(fact, OPENS):
        return None
    _, values = _values(fact, tenant)
    return uuid5(_DECISIONS, "|".join([fact.TYPE, *map(_written, values.values())]))


async def decide(vault: Vault, fact: EventData, *, tenant: UUID) -> None:
    """Record the decision behind an event that grants access to a case, or check that it was made.

    Raises: NotYet if another service makes this decision and has not made it.
    """
    decided = decision_of(fact, tenant=tenant)
    if decided is not None:
        await vault.confirm_decision(decided, kind="access")


def _written(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)


def is_noted(event: Received[Any]) -> bool:
    """Tell whether an event is about access to a case."""
    return type(event.data) in _NOTED


async def follow(session: AsyncSession, event: Received[Any], state: case_state.CaseState | None) -> None:
    """Record a delivered event, unless its case was erased: nothing more is written about an erased case.

    `state` is the state of its case, held: it is not erased between this and the commit.
    """
    erased = state is not None and state.status == "erased"
    if not erased or isinstance(event.data, _ALSO_ERASED):
        await note(session, event.data, tenant=event.tenant)


_ACCESS = """
    SELECT
        (SELECT status FROM case_state WHERE case_id = $1 AND tenant = $2) AS status,
        (SELECT coordinator_id = $3 AND NOT released FROM case_coordinator
         WHERE case_id = $1 AND tenant = $2 ORDER BY assignment_no DESC LIMIT 1) AS coordinates,
        known.role, known.membership, known.first_link,
        (SELECT id FROM case_break_glass WHERE tenant = $2 AND case_id = $1 AND opened_by = $3
         AND closed_at IS NULL AND until > $4::timestamptz ORDER BY until DESC LIMIT 1) AS break_glass
    FROM (SELECT) AS always
    LEFT JOIN case_person AS known ON known.case_id = $1 AND known.person_id = $3 AND known.tenant = $2
"""


class NoLongerInCircle(Gone):
    """The caller's link was valid, and they have since left the circle; their token lasts some minutes longer."""

    code = "no-longer-in-circle"
    title = "You are no longer part of this circle"


class LinkOver(Gone):
    """The link with which the caller came was revoked or replaced; their token lasts some minutes longer."""

    code = "link-over"
    title = "The link with which you came was withdrawn or replaced: a newer one came by email, or ask the coordinator"


@dataclass(frozen=True)
class Access:
    """A caller's relations to a case, and the case's state: None if it is unknown here, or of another tenant."""

    relations: frozenset[Relation]
    status: case_state.Status | None


def manages(principal: Principal) -> bool:
    """Tell whether a caller is a regional manager of the tenant itself."""
    return principal.kind is Kind.STAFF and principal.is_of_tenant and principal.has(Role.REGIONAL_MANAGER)


async def access_of(
    session: AsyncSession, principal: Principal, case_id: UUID, *, now: datetime | None = None
) -> Access:
    """Return a caller's relations to a case, in one query.

    Operations that break-glass access opens pass `now`: only then it counts, and is recorded in the audit log.

    Raises: NoLongerInCircle, LinkOver, CaseErased to people of the case itself: their token outlives all three by
    some minutes.
    """
    (row,) = await fetch(session, _ACCESS, case_id, principal.tenant, principal.id, now)
    found: set[Relation] = set()
    if principal.kind is Kind.PERSON and principal.case == case_id:
        found |= _of_person(principal, case_id, row)
    if principal.kind is Kind.STAFF and row["coordinates"] and principal.has(Role.COORDINATOR):
        found.add(Relation.COORDINATOR)
    if manages(principal):
        found.add(Relation.MANAGER)
        if row["break_glass"] is not None and row["status"] != "erased":
            found.add(Relation.BREAK_GLASS)
            note_break_glass(session, case=case_id, access=row["break_glass"])
    return Access(frozenset(found), row["status"])


def _of_person(principal: Principal, case_id: UUID, row: Mapping[str, Any]) -> set[Relation]:
    if row["status"] == "erased":
        raise case_state.CaseErased(case_id=str(case_id))
    if row["membership"] not in (None, Membership.ACTIVE):
        raise NoLongerInCircle
    if principal.link < (row["first_link"] or 0):
        raise LinkOver
    if row["role"] is None:
        return set()
    if row["role"] == "central":
        return {Relation.CENTRAL}
    return {Relation.CIRCLE if row["role"] in CIRCLE_ROLES else Relation.OTHER_PERSON}


async def relations(
    session: AsyncSession, principal: Principal, case_id: UUID, *, now: datetime | None = None
) -> frozenset[Relation]:
    """Return a caller's relations to a case; empty for a stranger, or if there is no such case.

    Raises: CaseErased, NoLongerInCircle, LinkOver.
    """
    access = await access_of(session, principal, case_id, now=now)
    # Callers unrelated to a case do not learn that it was erased.
    if access.status == "erased" and access.relations:
        raise case_state.CaseErased(case_id=str(case_id))
    return access.relations if access.status is not None else frozenset()


async def require(
    session: AsyncSession,
    principal: Principal,
    case_id: UUID,
    *wanted: Relation,
    otherwise: DomainError,
    now: datetime | None = None,
) -> None:
    """Let callers with one of these relations to a case through.

    Raises: `otherwise`, CaseErased, NoLongerInCircle, LinkOver.
    """
    access = await access_of(session, principal, case_id, now=now)
    if access.relations.isdisjoint(wanted):
        raise otherwise
    if access.status == "erased":
        raise case_state.CaseErased(case_id=str(case_id))


async def require_link(session: AsyncSession, principal: Principal) -> None:
    """Check that the link with which a person came was not revoked or replaced since. Raises: LinkOver."""
    known = case_person.c
    query = select(known.first_link).where(
        known.case_id == principal.case, known.person_id == principal.id, known.tenant == principal.tenant
    )
    if principal.link < (await session.scalar(query) or 0):
        raise LinkOver


async def has_left(session: AsyncSession, *, case_id: UUID | None, person_id: UUID) -> bool:
    """Tell whether a person left a case; their token stays valid for some minutes longer."""
    query = people_who_left(case_id).where(case_person.c.person_id == person_id)
    return await session.scalar(query) is not None


def people_who_left(case_id: UUID | None) -> Select[UUID]:
    """Return the query of the ids of everybody who left a case."""
    person = case_person.c
    return select(person.person_id).where(person.case_id == case_id, person.membership != Membership.ACTIVE)


async def coordinator_of(session: AsyncSession, *, case_id: UUID) -> UUID | None:
    """Return the current coordinator of a case, None if there is none."""
    known = case_coordinator.c
    query = select(known.coordinator_id, known.released).where(known.case_id == case_id)
    last = (await session.execute(query.order_by(known.assignment_no.desc()).limit(1))).one_or_none()
    return None if last is None or last.released else last.coordinator_id


async def has_coordinator(session: AsyncSession, *, case_id: UUID) -> bool:
    """Tell whether a case has a coordinator now."""
    return await coordinator_of(session, case_id=case_id) is not None


async def coordinator_or_manager(
    session: AsyncSession, case_id: UUID
) -> Literal["coordinator", "regional-manager"]:
    """Return who acts for a case outside its circle: its coordinator, or else the regional manager."""
    return "coordinator" if await has_coordinator(session, case_id=case_id) else "regional-manager"


def coordinated_by(principal: Principal) -> Select[UUID]:
    """Return the query of the ids of a tenant's cases that a person coordinates now."""
    mine, newer = case_coordinator.c, case_coordinator.alias().c
    replaced = select(newer.case_id).where(
        newer.case_id == mine.case_id, newer.assignment_no > mine.assignment_no
    )
    return select(mine.case_id).where(
        mine.tenant == principal.tenant,
        mine.coordinator_id == principal.id,
        mine.released.is_(False),
        ~replaced.exists(),
    )
