"""Bodies about erasing and the list of erasures, the same in every service that starts erasures."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from shared.erasure import Erasure, Erasures
from shared.events.base import ErasureReason
from shared.http.gates import Officer
from shared.http.models import RequestModel, ResponseModel
from shared.http.paging import Page, Paging
from shared.http.routing import Now, Router, Session


class NewErasure(RequestModel):
    """Why something is erased."""

    reason: ErasureReason


class ServiceConfirmation(ResponseModel):
    """Whether, and when, a service has confirmed that nothing readable is left there."""

    service: str
    confirmed_at: datetime | None


class ErasureProgress(ResponseModel):
    """The progress of an erasure. `late_since`: when all confirmations were due, if that has passed."""

    subject_id: UUID
    kind: str
    reason: ErasureReason
    state: Literal["running", "late", "done"]
    asked_at: datetime
    due_at: datetime | None
    late_since: datetime | None
    done_at: datetime | None
    services: list[ServiceConfirmation]

    @classmethod
    def of(cls, erasure: Erasure, *, now: datetime) -> "ErasureProgress":
        """Return the progress of an erasure."""
        late = erasure.done_at is None and erasure.due_at is not None and erasure.due_at <= now
        return cls.model_validate(
            {
                "subject_id": erasure.subject,
                "kind": erasure.kind,
                "reason": erasure.reason,
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


def erasures_router(erasures: Erasures) -> Router:
    """Return the route by which the data protection officer sees every erasure that starts in a service."""
    router = Router(tags=["erasing"])

    @router.get("/v1/erasures")
    async def list_erasures(
        principal: Officer, session: Session, page: Paging, now: Now
    ) -> Page[ErasureProgress]:
        """List what was erased or is being erased, the newest first, with its progress."""
        rows = await erasures.page(session, tenant=principal.tenant, page=page)
        return Page(items=[ErasureProgress.of(each, now=now) for each in rows.items], next=rows.next)

    return router
