"""What a contract between two services consists of."""

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

# The purpose for which services return all they hold on one person, and on nobody else.
COPY_FOR_PERSON = "copy-for-person"
COPY_PATH = "/v1/cases/{case_id}/persons/{person_id}/copy"


class Published(BaseModel):
    """A body, or a part of one, that another service reads; unknown fields are ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True, from_attributes=True, hide_input_in_errors=True)


Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class Contract(Generic[Answer]):
    """A GET that `owner` answers for one purpose, which the caller's token must name."""

    owner: str
    path: str
    answer: type[Answer]
    purpose: str

    def path_of(self, **ids: UUID | str) -> str:
        """Return the path with its ids (and codes) filled in."""
        return self.path.format(**ids)


class OwnAuditEntry(Published):
    """A read or change of your data: by what kind of person, not by whom."""

    at: datetime
    action: str
    what: list[str]
    # staff, person, service (another part of Kring), service-itself (a mail, a clock), anonymous
    by: str
    by_yourself: bool
    roles: list[str]
    organisation_id: UUID | None
    purpose: str | None
    # A manager opened the file, with a reason, and the data protection officer was told.
    by_break_glass: bool
