"""What workflows and activities hand to each other: ids, codes and dates only."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)


class RegistrationInput(_Frozen):
    """Which registration, and its how many-eth wait; `seen`: events already noticed before continuing as new."""

    tenant: UUID
    registration_id: UUID
    round: int = 1
    seen: tuple[str, ...] = ()


class Standing(_Frozen):
    """How a registration stands, and when something is next due."""

    state: str
    next_at: datetime | None = None
    over: bool


class Moment(_Frozen):
    """A moment of a registration's clock that has come."""

    registration: RegistrationInput
    at: datetime


class Outcome(_Frozen):
    """What was done at a moment."""

    did: str


def workflow_id(registration_id: UUID, number: int = 1) -> str:
    """Return the id of the workflow of a registration's first wait, or of a later one."""
    return f"registration/{registration_id}" if number == 1 else f"registration/{registration_id}/{number}"
