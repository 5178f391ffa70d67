"""Importing bank statements, and deciding whose payments are."""

import asyncio
from typing import Any
from uuid import UUID

from fastapi import Request, Response

from services.training import queries, schemas, statements
from services.training.domain import PaymentState
from services.training.models import PaymentRow, Transfer
from services.training.operations import payments
from services.training.operations.statements import Import, import_statement
from services.training.permissions import Cashier
from services.training.settings import training_settings
from shared.http import Now, Page, Paging, Parts, Router, Session, paginate, problems

router = Router(tags=["payments"])

MAX_FILE = 20 * 1024 * 1024
_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "A CAMT.053 file (XML) or a CODA file (text), as the bank gives it",
        "content": {
            "application/xml": {"schema": {"type": "string", "format": "binary"}},
            "text/plain": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@router.post(
    "/v1/statements",
    status_code=201,
    openapi_extra=_BODY,
    max_body_size=MAX_FILE,
    responses={
        200: {"model": schemas.StatementImported, "description": "This file was imported before"},
        **problems(413),
    },
)
async def import_file(
    *,
    request: Request,
    principal: Cashier,
    session: Session,
    parts: Parts,
    now: Now,
    response: Response,
) -> schemas.StatementImported:
    """Import a bank statement. Payments with a communication are matched; for others a person decides."""
    content = await request.body()
    # A large file takes a second or more to read: other requests go on meanwhile.
    read = await asyncio.to_thread(statements.read, content)
    imported = await import_statement(
        session,
        parts.vault,
        tenant=principal.tenant,
        content=content,
        statement=read,
        threshold=training_settings().suggestion_score,
        now=now,
    )
    response.status_code = 201 if imported.fresh else 200
    return await _imported(session, imported)


async def _imported(session: Session, imported: Import) -> schemas.StatementImported:
    statement = imported.statement
    rows = await queries.payments_on(session, statement=statement)
    return schemas.StatementImported.model_validate(
        {
            "statement_id": statement.id,
            "format": statement.format,
            "payments": [
                _imported_payment(rows[UUID(payment_id)], known) for payment_id, known in statement.entries
            ],
            "ignored": statement.ignored,
        }
    )


def _imported_payment(row: PaymentRow, known: bool) -> dict[str, Any]:
    return {
        "payment_id": row.id,
        "kind": row.kind,
        "amount": row.amount,
        "state": "duplicate" if known else row.state,
        "registration_id": row.registration_id,
        "suggestions": row.suggestions,
    }


@router.get("/v1/payments")
async def list_payments(
    principal: Cashier,
    session: Session,
    parts: Parts,
    page: Paging,
    state: PaymentState | None = None,
) -> Page[schemas.Payment]:
    """List payments, the newest first: all, or those in one state."""
    rows = await paginate(
        session,
        queries.payments(tenant=principal.tenant, state=state),
        page,
        time=PaymentRow.created_at,
        id=PaymentRow.id,
    )
    # Of whom was erased, the money stays, without a name.
    transfers = await parts.vault.open_readable(session, rows.items)
    items = [
        _payment(row, transfer or Transfer()) for row, transfer in zip(rows.items, transfers, strict=True)
    ]
    return Page(items=items, next=rows.next)


def _payment(row: PaymentRow, transfer: Transfer) -> schemas.Payment:
    return schemas.Payment.model_validate(
        {
            "payment_id": row.id,
            "statement_id": row.statement_id,
            "kind": row.kind,
            "state": row.state,
            "amount": row.amount,
            "booked_on": row.booked_on,
            "payer_name": transfer.payer_name,
            "text": transfer.text,
            "communication": row.communication,
            "registration_id": row.registration_id,
            "reverses": row.reverses,
            "suggestions": row.suggestions,
        }
    )


@router.post("/v1/payments/{payment_id}/match")
async def match(
    *,
    payment_id: UUID,
    body: schemas.Matching,
    principal: Cashier,
    session: Session,
    parts: Parts,
    now: Now,
) -> schemas.PaymentDecided:
    """Say whose payment it is, or which registration's payment a reversal takes back."""
    decision = await payments.match(
        session,
        parts.vault,
        tenant=principal.tenant,
        payment_id=payment_id,
        registration_id=body.registration_id,
        accept_amount=body.accept_amount,
        now=now,
    )
    return schemas.PaymentDecided.model_validate(
        {
            "payment_id": decision.payment.id,
            "state": decision.payment.state,
            "registration_id": decision.registration.id,
            "registration_state": decision.registration.state,
        }
    )
