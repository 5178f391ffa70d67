"""What a transaction touched, collected while it runs, and who is acting in it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

Action = Literal["read", "changed"]

_NOTES = "audit.notes"
_ACTOR = "audit.actor"
_BREAK_GLASS = "audit.break-glass"
# The actor kind when the service acts by itself: an event or a workflow did it, nobody asked.
ITSELF = "service-itself"


@dataclass(frozen=True, slots=True)
class Row:
    """A row with a sealed value: what its seal is bound to, and whom it concerns.

    `name` is `table:id`. A row belongs to a case, to one person outside all cases (a colleague, a participant),
    or to a person in a case: reads and changes are audited there, so a row must say which.
    """

    name: str
    case: UUID | None = field(kw_only=True)
    person: UUID | None = field(kw_only=True)

    def __post_init__(self) -> None:
        """Refuse a row that concerns nobody: nobody could ever see who read it."""
        if self.case is None and self.person is None:
            raise ValueError(f"the row {self.name} is of no case and of no person")

    def __str__(self) -> str:
        return self.name

    @property
    def table(self) -> str:
        """Return the kind of row."""
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Who acts in a transaction, in which role, and by which operation: a route, an event, a workflow step."""

    kind: str
    operation: str
    id: UUID | None = None
    roles: tuple[str, ...] = ()
    organisation: UUID | None = None
    request: str | None = None
    purpose: str | None = None


@dataclass
class Note:
    """What was done with one case: the kinds of rows (or the codes of changes), and the persons they concern."""

    what: set[str] = field(default_factory=set)
    persons: set[UUID] = field(default_factory=set)
    # Personal data was opened or sealed, rather than only a plain fact read or changed.
    personal: bool = False


Notes = dict[tuple[UUID | None, Action], Note]
_acting: ContextVar[Actor | None] = ContextVar("kring_acting", default=None)


@contextmanager
def acting(actor: Actor) -> Iterator[None]:
    """Set the actor of every transaction inside that names none itself."""
    token = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(token)


def act_as(session: AsyncSession, actor: Actor) -> None:
    """Set the actor of this transaction."""
    session.info[_ACTOR] = actor


def actor_of(session: AsyncSession) -> Actor | None:
    """Return the actor of this transaction, None if none was set."""
    named: Actor | None = session.info.get(_ACTOR)
    return named if named is not None else _acting.get()


def _note(session: AsyncSession, case: UUID | None, action: Action) -> Note:
    notes: Notes = session.info.setdefault(_NOTES, {})
    return notes.setdefault((case, action), Note())


def note_rows(session: AsyncSession, action: Action, rows: Iterable[Row]) -> None:
    """Note that sealed rows were opened (read) or sealed (changed)."""
    for row in rows:
        note = _note(session, row.case, action)
        note.personal = True
        note.what.add(row.table)
        if row.person is not None:
            note.persons.add(row.person)


def note_facts(session: AsyncSession, action: Action, *, case: UUID, what: str) -> None:
    """Note that plain facts of a case were read or changed."""
    _note(session, case, action).what.add(what)


def note_break_glass(session: AsyncSession, *, case: UUID, access: UUID) -> None:
    """Note that a case is read in this transaction because its file was opened by break-glass."""
    session.info.setdefault(_BREAK_GLASS, {})[case] = access


def take_notes(session: AsyncSession) -> Notes:
    """Return what was noted so far, and start over."""
    notes: Notes = session.info.pop(_NOTES, {})
    return notes


def break_glass_of(session: AsyncSession) -> dict[UUID, UUID]:
    """Return, by case, the break-glass access used in this transaction."""
    found: dict[UUID, UUID] = session.info.get(_BREAK_GLASS, {})
    return found
