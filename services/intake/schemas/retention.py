"""Bodies about how long files are kept, and about holds."""

from datetime import date, datetime
from uuid import UUID

from pydantic import Field

from services.intake.domain.retention import FileKind, LiftReason
from shared.fields import Text
from shared.http.models import RequestModel, ResponseModel


class NewHold(RequestModel):
    """Why nothing of a file may be erased, and until when; without a last day, until it is lifted."""

    reason: Text
    until: date | None = Field(default=None, description="The last day of the hold.")


class ShownHold(ResponseModel):
    """A hold; `reason` is null where the file was erased since."""

    hold_id: UUID
    case_id: UUID
    reason: str | None
    until: date | None
    set_by: UUID
    set_at: datetime
    lifted_at: datetime | None
    lifted_reason: LiftReason | None


class FileKept(ResponseModel):
    """Until when a file is kept, by which version of the policy, and whether a hold extends it."""

    case_id: UUID
    kind: FileKind
    keep_until: date
    policy_version: int
    computed_at: datetime
    held: bool


class FileEnding(ResponseModel):
    """A file that will be erased: after `erased_after`, unless somebody sets a hold."""

    case_id: UUID
    kind: FileKind
    keep_until: date
    policy_version: int
    erased_after: datetime
