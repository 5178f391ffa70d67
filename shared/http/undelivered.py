"""Emails that did not arrive, for ops: ids, kinds and times, without names or addresses."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import Depends
from sqlalchemy import select

from shared.auth import Principal, Role
from shared.http.models import ResponseModel
from shared.http.paging import Page, Paging, paginate
from shared.http.principals import allow
from shared.http.routing import Router, Session
from shared.tables import message

router = Router(tags=["operations"])


class UndeliveredEmail(ResponseModel):
    """An email that was not delivered: the mail server refused the recipient, or there is no address."""

    message_id: UUID
    kind: str
    reason: Literal["refused", "no-address"]
    recipient_id: UUID
    case_id: UUID | None
    queued_at: datetime
    settled_at: datetime


@router.get("/v1/undelivered-emails")
async def list_undelivered_emails(
    principal: Annotated[Principal, Depends(allow(Role.OPS))], session: Session, page: Paging
) -> Page[UndeliveredEmail]:
    """List the emails of an organisation that did not arrive, newest first."""
    query = select(
        message.c.id.label("message_id"),
        message.c.kind,
        message.c.state.label("reason"),
        message.c.recipient.label("recipient_id"),
        message.c.case_id,
        message.c.queued_at,
        message.c.settled_at,
    ).where(
        message.c.tenant == principal.tenant,
        message.c.state.in_(("refused", "no-address")),
        message.c.settled_at.is_not(None),
    )
    rows = await paginate(session, query, page, time=message.c.settled_at, id=message.c.id)
    return Page(items=[UndeliveredEmail.model_validate(row) for row in rows.items], next=rows.next)
