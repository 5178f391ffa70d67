"""Bodies about what people need to take part."""

from uuid import UUID

from services.scheduling.domain import NeedKind
from shared.http.models import ResponseModel


class NeedSeenTo(ResponseModel):
    """A person's need that was arranged for."""

    person_id: UUID
    need: NeedKind


class NeedsOut(ResponseModel):
    """All needs that were arranged for."""

    needs_seen_to: list[NeedSeenTo]
