"""What workflows wait for, as loaded from the database: ids, codes and times only."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.calendar import Unit

Turn = Literal["now", "warned", "late", "never"]
"""From when on a clock is its owner's to-do: its start; its warning, before which nobody needs to act; its deadline,
until which others act; or never: at its time the platform or people outside do what it times, and nobody is late."""
_TURNS: dict[str, Turn] = {}


def clock_kind(name: str, *, turn: Turn) -> str:
    """Name a kind of clock that is not its owner's to-do from its start."""
    _TURNS[name] = turn
    return name


def turn_of(kind: str) -> Turn:
    """Return when clocks of a kind become a to-do."""
    return _TURNS.get(kind, "now")


@dataclass(frozen=True)
class TimeLimit:
    """The time that a clock gives: when it is due, and when it warns (None: it does not), which is before.

    `unit`: what it is counted in, so that a pause leaves as much of it. `policy_version`: which version of the
    organisation's settings it follows. `PolicyInForce` makes them.
    """

    due_at: datetime
    warn_at: datetime | None = None
    unit: Unit = "set-day"
    policy_version: int = 1

    def __post_init__(self) -> None:
        """Leave out a warning that would come when it is due, or later."""
        if self.warn_at is not None and self.warn_at >= self.due_at:
            object.__setattr__(self, "warn_at", None)

    def ending_by(self, end: datetime) -> Self:
        """Return it due at this time at the latest."""
        return replace(self, due_at=min(self.due_at, end))


class WorkflowInput(BaseModel):
    """The input of a workflow that waits for clocks: those that name the workflow's id."""

    model_config = ConfigDict(frozen=True)

    tenant: UUID


class Deadline(BaseModel):
    """The next deadline of a clock: when to warn (`warn`), or when its time is over (`due`).

    It is also the input of the step taken then. A clock that was paused, moved or restarted has another
    deadline (another `at` or `clock_id`), so a step for an outdated deadline does nothing.
    """

    model_config = ConfigDict(frozen=True)

    tenant: UUID
    case_id: UUID | None
    clock_id: UUID
    kind: str
    subject: UUID
    what: Literal["warn", "due"]
    at: datetime

    def __str__(self) -> str:
        """Return what operations staff read in Temporal: ids and codes."""
        return f"{self.kind} {self.subject}: {self.what}"


class Agenda(BaseModel):
    """What a workflow waits for. `over`: no clock names it any more; not over and nothing next: all are paused."""

    model_config = ConfigDict(frozen=True)

    next: Deadline | None = None
    over: bool = False


class Done(BaseModel):
    """Whether a step changed anything."""

    model_config = ConfigDict(frozen=True)

    done: bool
