"""What workflows wait for, as loaded from the database: ids, codes and times only."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


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
