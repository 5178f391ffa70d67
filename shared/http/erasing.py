"""Bodies about erasing, the same in every service that one asks for it."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.erasure import Erasure
from shared.events.base import ErasureBecause
from shared.http.models import RequestModel, ResponseModel


class NewErasure(RequestModel):
    """Why something is erased."""

    because: ErasureBecause


class ServiceConfirmation(ResponseModel):
    """Whether a service has confirmed that nothing readable is left there, and when."""

    service: str
    confirmed_at: datetime | None


class ErasureProgress(ResponseModel):
    """How far an erasure is. `late_since`: when it should have been confirmed everywhere, if that has passed."""

    subject_id: UUID
    kind: str
    because: ErasureBecause
    state: Literal["running", "late", "done"]
    asked_at: datetime
    due_at: datetime | None
    late_since: datetime | None
    done_at: datetime | None
    services: list[ServiceConfirmation]

    @classmethod
    def of(cls, erasure: Erasure, *, now: datetime) -> "ErasureProgress":
        """Return how far an erasure is."""
        late = erasure.done_at is None and erasure.due_at is not None and erasure.due_at <= now
        return cls.model_validate(
            {
                "subject_id": erasure.subject,
                "kind": erasure.kind,
                "because": erasure.because,
                "state": "done" if erasure.done_at is not None else "late" if late else "running",
                "asked_at": erasure.began_at,
                "due_at": erasure.due_at,
                "late_since": erasure.due_at if late else None,
                "done_at": erasure.done_at,
                "services": [
                    {"service": service, "confirmed_at": erasure.confirmed.get(service)}
                    for service in erasure.waits_for
                ],
            }
        )
