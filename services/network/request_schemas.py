"""Bodies about what people ask of their data."""

from datetime import date, datetime
from uuid import UUID

from services.network.data_requests import RequestKind
from services.network.schemas import Reason
from shared.http.models import RequestModel, ResponseModel


class NewDataRequest(RequestModel):
    """What somebody asks of their data; `for_person_id`: somebody in their care, themselves if left out."""

    kind: RequestKind
    text: Reason | None = None
    for_person_id: UUID | None = None


class NotedDataRequest(RequestModel):
    """What somebody asked by phone or letter, and the day on which it came: today if left out."""

    kind: RequestKind
    text: Reason | None = None
    received_on: date | None = None


class Approval(RequestModel):
    """Whether a copy also tells why somebody had to leave the circle: only if that betrays nobody else's confidence."""

    show_exit_reason: bool = False


class OwnDataRequest(ResponseModel):
    """A request as those concerned see it. `complaint`: where to go with a no, in words."""

    request_id: UUID
    person_id: UUID
    kind: str
    state: str
    asked_by_me: bool
    text: str | None
    received_at: datetime
    due_at: datetime
    extension_reason: str | None
    refusal_reason: str | None
    complaint: str | None
    copy_ready_until: datetime | None
    erase_at: datetime | None
    ended_at: datetime | None


class DataRequestSummary(ResponseModel):
    """A request in the list of whoever answers it: ids, codes and dates."""

    request_id: UUID
    case_id: UUID
    person_id: UUID
    kind: str
    state: str
    asked_by: UUID | None
    noted_by: UUID | None
    received_at: datetime
    due_at: datetime
    late: bool
    extended: bool
    decided_by: UUID | None
    decided_at: datetime | None
    copy_ready_until: datetime | None
    erase_at: datetime | None
    ended_at: datetime | None


class DataRequestView(DataRequestSummary):
    """A request with who asks it and in which words; these are null once the person was erased."""

    role: str | None
    first_name: str | None
    last_name: str | None
    text: str | None
    extension_reason: str | None
    refusal_reason: str | None
