"""Importing bank statements, and assigning payments."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from fastapi import Request, Response
from sqlalchemy import select

from services.training import queries, schemas
from services.training.domain import PaymentState
from services.training.models import Participant, PaymentRow, RegistrationRow, StatementRow, Transfer
from services.training.operations import payments, settling
from services.training.operations.statements import digest_of, take_in
from services.training.permissions import Cashier
from services.training.statements.reading import read_limited
from shared.auth import Principal
from shared.http import Deps, Now, Page, Paging, Router, Session, paginate, problems

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
    status_code=202,
    openapi_extra=_BODY,
    max_body_size=MAX_FILE,
    responses={
        200: {"model": schemas.StatementImport, "description": "This file was imported before"},
        **problems(413),
    },
)
async def import_file(
    *,
    request: Request,
    principal: Cashier,
    session: Session,
    deps: Deps,
    now: Now,
    response: Response,
) -> schemas.StatementImport:
    """Import a bank statement: it is stored, and booked afterwards; read the statement to follow the progress.

    Payments with a communication are matched; for others a person decides.
    """
    content = await request.body()
    digest = digest_of(content)
    row = await queries.statement_with(session, tenant=principal.tenant, digest=digest)
    is_new = False
    if row is None:
        read = await read_limited(content)
        row, is_new = await take_in(
            session,
            deps.vault,
            tenant=principal.tenant,
            digest=digest,
            read=read,
            by=principal.id,
            now=now,
        )
    response.status_code = 202 if is_new else 200
    return await _import(session, row)


@router.get("/v1/statements")
async def list_statements(
    principal: Cashier, session: Session, page: Paging
) -> Page[schemas.StatementSummary]:
    """List the statements that were imported, the newest first, with what came of their entries so far."""
    query = select(StatementRow).where(StatementRow.tenant == principal.tenant)
    rows = await paginate(session, query, page, time=StatementRow.created_at, id=StatementRow.id)
    counts = await queries.count_booked(session, statement_ids=[row.id for row in rows.items])
    items = [
        schemas.StatementSummary.model_validate(_summary(row, counts.get(row.id, {}))) for row in rows.items
    ]
    return Page(items=items, next=rows.next)


@router.get("/v1/statements/{statement_id}")
async def read_statement(statement_id: UUID, principal: Cashier, session: Session) -> schemas.StatementImport:
    """Return the progress of a statement's import, and the results so far."""
    row = await queries.statement(session, tenant=principal.tenant, statement_id=statement_id)
    return await _import(session, row)


@router.get("/v1/statements/{statement_id}/payments")
async def list_payments_of_statement(
    statement_id: UUID, principal: Cashier, session: Session, deps: Deps, page: Paging
) -> Page[schemas.ImportedPayment]:
    """List the results of a statement's entries so far, oldest first."""
    row = await queries.statement(session, tenant=principal.tenant, statement_id=statement_id)
    rows = await queries.booked_of(session, statement_id=row.id, page=page)
    transfers = await deps.vault.open_readable(session, [payment for payment, *_ in rows.items])
    items = [
        _imported_payment(payment, known, transfer or Transfer())
        for (payment, known, *_), transfer in zip(rows.items, transfers, strict=True)
    ]
    return Page(items=items, next=rows.next)


async def _import(session: Session, row: StatementRow) -> schemas.StatementImport:
    counts = await queries.count_booked(session, statement_ids=[row.id])
    left_out = [
        {"entry": number, "reason": reason} for number, reason in row.left_out[: schemas.MAX_LEFT_OUT]
    ]
    return schemas.StatementImport.model_validate(
        {**_summary(row, counts.get(row.id, {})), "left_out": left_out}
    )


def _summary(row: StatementRow, payments: Mapping[str, int]) -> dict[str, Any]:
    return {
        "statement_id": row.id,
        "format": row.format,
        "imported_at": row.created_at,
        "imported_by": row.imported_by,
        "first_day": row.first_day,
        "last_day": row.last_day,
        "state": "imported" if row.booked == row.total else "importing",
        "total": row.total,
        "booked": row.booked,
        "payments": payments,
        "left_out_count": len(row.left_out),
        "balances_differ": row.balances_differ,
    }


def _imported_payment(row: PaymentRow, known: bool, transfer: Transfer) -> schemas.ImportedPayment:
    return schemas.ImportedPayment.model_validate(
        {
            "payment_id": row.id,
            "kind": row.kind,
            "amount": row.amount,
            "booked_on": row.booked_on,
            "payer_name": transfer.payer_name,
            "state": "duplicate" if known else row.state,
            "registration_id": row.registration_id,
            "suggestions": row.suggestions,
        }
    )


@router.get("/v1/payments")
async def list_payments(
    principal: Cashier,
    session: Session,
    deps: Deps,
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
    return Page(items=await _payments(session, deps, principal, rows.items), next=rows.next)


@router.get("/v1/payments/{payment_id}")
async def read_payment(payment_id: UUID, principal: Cashier, session: Session, deps: Deps) -> schemas.Payment:
    """Return one payment."""
    row = await queries.payment(session, tenant=principal.tenant, payment_id=payment_id)
    [found] = await _payments(session, deps, principal, [row])
    return found


async def _payments(
    session: Session, deps: Deps, principal: Principal, rows: Sequence[PaymentRow]
) -> list[schemas.Payment]:
    # If the participant was erased, the money stays, without a name.
    transfers = await deps.vault.open_readable(session, rows)
    guessed = {UUID(each["registration_id"]) for row in rows for each in row.suggestions}
    people = await queries.readable(session, deps.vault, tenant=principal.tenant, ids=guessed)
    return [
        _payment(row, transfer or Transfer(), people) for row, transfer in zip(rows, transfers, strict=True)
    ]


def _payment(
    row: PaymentRow, transfer: Transfer, people: Mapping[UUID, tuple[RegistrationRow, Participant]]
) -> schemas.Payment:
    guesses = [(people.get(UUID(each["registration_id"])), each["score"]) for each in row.suggestions]
    return schemas.Payment.model_validate(
        {
            "payment_id": row.id,
            "statement_id": row.statement_id,
            "kind": row.kind,
            "state": row.state,
            "amount": row.amount,
            "taken_back": row.taken_back,
            "booked_on": row.booked_on,
            "payer_name": transfer.payer_name,
            "text": transfer.text,
            "communication": row.communication,
            "registration_id": row.registration_id,
            "reverses": row.reverses,
            "part_of": row.part_of,
            "suggestions": [
                {
                    "registration_id": found[0].id,
                    "score": score,
                    "first_name": found[1].first_name,
                    "last_name": found[1].last_name,
                    "registration_state": found[0].state,
                    "price": found[0].price,
                }
                for found, score in guesses
                if found is not None
            ],
        }
    )


@router.post("/v1/payments/{payment_id}/match")
async def match(
    *,
    payment_id: UUID,
    body: schemas.Matching,
    principal: Cashier,
    session: Session,
    deps: Deps,
    now: Now,
) -> schemas.PaymentDecided:
    """Assign a payment, also from another registration, or state which payment a reversal takes back."""
    decision = await payments.match(
        session,
        deps.vault,
        tenant=principal.tenant,
        payment_id=payment_id,
        registration_id=body.registration_id,
        accept_amount=body.accept_amount,
        moved_from=body.moved_from,
        now=now,
    )
    await settling.follow(session, tenant=principal.tenant, now=now)
    return _decided(decision)


@router.post("/v1/payments/{payment_id}/divide")
async def divide(
    *,
    payment_id: UUID,
    body: schemas.Division,
    principal: Cashier,
    session: Session,
    deps: Deps,
    now: Now,
) -> schemas.PaymentDecided:
    """Divide one transfer for several people into a payment for each of their registrations."""
    payment = await payments.divide(
        session,
        deps.vault,
        tenant=principal.tenant,
        payment_id=payment_id,
        shares=[(share.registration_id, share.amount) for share in body.shares],
        accept_amount=body.accept_amount,
        now=now,
    )
    await settling.follow(session, tenant=principal.tenant, now=now)
    return _decided(payments.Decision(payment, None))


@router.post("/v1/payments/{payment_id}/settle")
async def settle(
    *, payment_id: UUID, body: schemas.Settling, principal: Cashier, session: Session, now: Now
) -> schemas.PaymentDecided:
    """Record that money which counts for nothing, or an excess, was refunded or is kept."""
    decision = await payments.settle(session, tenant=principal.tenant, payment_id=payment_id, by=body.by)
    await settling.follow(session, tenant=principal.tenant, now=now)
    return _decided(decision)


def _decided(decision: payments.Decision) -> schemas.PaymentDecided:
    row = decision.registration
    return schemas.PaymentDecided.model_validate(
        {
            "payment_id": decision.payment.id,
            "state": decision.payment.state,
            "registration_id": row and row.id,
            "registration_state": row and row.state,
        }
    )
