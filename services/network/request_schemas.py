"""Bodies of requests about personal data."""

from datetime import date, datetime
from uuid import UUID

from services.network.data_requests import RequestKind
from services.network.schemas import Reason
from shared.http.models import RequestModel, ResponseModel


class NewDataRequest(RequestModel):
    """A request about personal data; `for_person_id`: somebody in their care, themselves if left out."""

    kind: RequestKind
    text: Reason | None = None
    for_person_id: UUID | None = None


class NotedDataRequest(RequestModel):
    """A request by phone or letter, and the day on which it was received: today if left out."""

    kind: RequestKind
    text: Reason | None = None
    received_on: date | None = None


class Approval(RequestModel):
    """Whether a copy also says why a person had to leave the circle: only if that betrays nobody else's confidence."""

    show_exit_reason: bool = False


class OwnDataRequest(ResponseModel):
    """A request as those concerned see it. `complaint`: where to complain about a refusal, in words."""

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
    """A request in the list of those who answer it: ids, codes and dates."""

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
    """A request with the requester and their words; these are null once the person was erased."""

    role: str | None
    first_name: str | None
    last_name: str | None
    text: str | None
    extension_reason: str | None
    refusal_reason: str | None
