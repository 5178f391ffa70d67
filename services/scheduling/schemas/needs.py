"""Bodies about what people need to take part."""

from uuid import UUID

from services.scheduling.domain import NeedKind
from shared.http.models import ResponseModel


class NeedSeenTo(ResponseModel):
    """Something that was seen to for somebody."""

    person_id: UUID
    need: NeedKind


class NeedsOut(ResponseModel):
    """Everything that was seen to of what people need."""

    needs_seen_to: list[NeedSeenTo]
