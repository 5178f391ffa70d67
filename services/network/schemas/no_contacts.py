"""Bodies about people who must not be brought in contact."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.network.schemas import WithReason
from shared.http.models import ResponseModel


class NewNoContact(WithReason):
    """Two people of the case who must not be brought in contact, and why."""

    person_ids: Annotated[list[UUID], Field(min_length=2, max_length=2)]


class NoContactNoted(ResponseModel):
    """The id of the record."""

    no_contact_id: UUID


class NoContactView(ResponseModel):
    """Two people who must not be brought in contact; the reason is null once one of them was erased."""

    no_contact_id: UUID
    person_ids: list[UUID]
    reason: str | None
    decided_at: datetime
