"""Bodies about opening a file by break-glass."""

from datetime import datetime
from uuid import UUID

from pydantic import Field, field_validator

from shared.fields import Text
from shared.http.models import RequestModel, ResponseModel


class NewBreakGlass(RequestModel):
    """Why a manager must read a file that they normally may not."""

    reason: Text

    @field_validator("reason")
    @classmethod
    def _says_something(cls, reason: str) -> str:
        if not any(char.isalpha() for char in reason):
            raise ValueError("say in words why the file must be opened")
        return reason


class BreakGlassEntry(ResponseModel):
    """The opening of a file; the reason is for the data protection officer, and gone when the case was erased."""

    break_glass_id: UUID
    case_id: UUID
    opened_by: UUID
    opened_at: datetime
    until: datetime
    closed_at: datetime | None
    told: list[UUID] = Field(description="The data protection officers who were mailed about it.")
    reason: str | None
