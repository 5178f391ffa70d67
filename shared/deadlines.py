"""What workflows wait for, as loaded from the database: ids, codes and times only."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict

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
