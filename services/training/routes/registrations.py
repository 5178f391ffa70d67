"""Registering, and managing registrations."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from fastapi import Response

from services.training import emails, queries, schemas
from services.training.domain import (
    LIVE,
    RECEIVED,
    NothingToPay,
    RegistrationErased,
    SessionOver,
    written_communication,
)
from services.training.models import Participant, RegistrationRow
from services.training.operations import registrations, requests
from services.training.permissions import Collector, Organiser
from services.training.settings import policies
from shared.auth import Principal
from shared.fields import mailbox
from shared.http import Deps, Now, Page, Paging, Router, Session, anonymous, limits, paginate, problems
from shared.http.principals import PublicTenant

router = Router(tags=["registrations"])

# Limits for anyone: mails to an address in a day, and registrations for a session in an hour.
_MOST_OF_AN_ADDRESS, _DAY = 5, 86_400
_MOST_OF_A_SESSION, _HOUR = 500, 3_600
_PNG: dict[int | str, dict[str, Any]] = {
    200: {"content": {"image/png": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.post("/v1/sessions/{session_id}/registrations", status_code=202, dependencies=[anonymous])
async def register(
    *,
    session_id: UUID,
    body: schemas.NewRegistration,
    tenant: PublicTenant,
    session: Session,
    deps: Deps,
    now: Now,
) -> schemas.RegistrationChanged:
    """Request a place in a session: a mail with a confirmation link goes to the address.

    The answer is always the same. Whoever is registered already gets the mail with their registration's link again.
    """
    # Before anything is sealed: a key made for a refused request would stay for good.
    asked_for = deps.vault.count_as(str(session_id), field="registrations of a session")
    await limits.count(deps.database, asked_for, most=_MOST_OF_A_SESSION, seconds=_HOUR)
    row = await requests.ask(
        session,
        deps.vault,
        tenant=tenant,
        session_id=session_id,
        applicant=requests.Applicant(_participant(body), body.language),
        now=now,
    )
    # Anyone can enter any address.
    mailed = deps.vault.count_as(mailbox(body.email), field="registrations from an address")
    if await limits.is_within(deps.database, mailed, most=_MOST_OF_AN_ADDRESS, seconds=_DAY):
        known = await requests.registered_as(session, deps.vault, row)
        if known is None:
            await registrations.mail(session, row, "registration-requested", now)
        else:
            await registrations.mail_again(session, known, now)
    return schemas.RegistrationChanged.model_validate({"registration_id": row.id, "state": row.state})


@router.post("/v1/registrations/confirm", dependencies=[anonymous], responses=problems(404, 409, 410))
async def confirm(
    body: schemas.RegistrationToken, session: Session, deps: Deps, now: Now
) -> schemas.Registered:
    """Confirm a registration with the token that was mailed; a full session has a waiting list.

    A session with a price asks for payment.
    """
    row = await requests.confirm(session, deps.vault, token=body.token, now=now)
    held, _ = await queries.session_and_course(session, tenant=row.tenant, session_id=row.session_id)
    asked = await queries.payment_requests(session, of=[(row, held)])
    return schemas.Registered.model_validate(
        {"registration_id": row.id, "state": row.state, "payment": _asked(asked.get(row.id))}
    )


@router.post("/v1/own-registration", dependencies=[anonymous], responses=problems(404, 410))
async def read_own(
    body: schemas.RegistrationToken, session: Session, deps: Deps, now: Now
) -> schemas.OwnRegistration:
    """Return a registration to the holder of the token from its emails; nothing changes."""
    row = await requests.proved(session, deps.vault, token=body.token)
    if row.erased_at is not None:
        raise RegistrationErased
    held, course = await queries.session_and_course(session, tenant=row.tenant, session_id=row.session_id)
    asked = (await queries.payment_requests(session, of=[(row, held)])).get(row.id)
    paid = await queries.paid(session, registration_ids=[row.id], states=RECEIVED)
    return schemas.OwnRegistration.model_validate(
        {
            "registration_id": row.id,
            "organisation_id": row.tenant,
            "state": row.state,
            "title": course.title,
            "place": held.place,
            "starts_at": held.starts_at,
            "ends_at": held.ends_at,
            "price": row.price,
            "paid": paid.get(row.id, registrations.ZERO),
            "payment": _asked(asked),
            "qr_code": asked and await _qr_code(session, row, asked),
            "can_cancel": row.state in LIVE and now < held.starts_at,
        }
    )


@router.post("/v1/own-registration/cancel", dependencies=[anonymous], responses=problems(404, 409, 410))
async def cancel_own(
    body: schemas.RegistrationToken, session: Session, deps: Deps, now: Now
) -> schemas.RegistrationChanged:
    """Cancel a registration with the token from its emails, until the session begins: its place becomes free."""
    row = await requests.proved(session, deps.vault, token=body.token)
    row = await registrations.cancel_own(session, row, now=now)
    return schemas.RegistrationChanged.model_validate({"registration_id": row.id, "state": row.state})


def _participant(body: schemas.NewRegistration) -> Participant:
    invoice = body.invoice_to
    return Participant(
        first_name=body.first_name,
        last_name=body.last_name,
        email=body.email,
        phone=body.phone,
        organisation=body.organisation,
        invoice_name=invoice.name if invoice else None,
        invoice_kbo_number=invoice.kbo_number if invoice else None,
        invoice_email=invoice.email if invoice else None,
    )


def _asked(asked: queries.PaymentRequest | None) -> schemas.PaymentAsked | None:
    if asked is None:
        return None
    return schemas.PaymentAsked(
        account_name=asked.account_name,
        iban=asked.account_iban,
        amount=asked.amount,
        communication=written_communication(asked.communication),
        due_on=asked.last_day,
    )


@router.get("/v1/sessions/{session_id}/registrations")
async def list_registrations(
    session_id: UUID, principal: Organiser, session: Session, deps: Deps, page: Paging
) -> Page[schemas.Registration]:
    """List the participants of a session, the newest first; erased ones are left out."""
    await queries.session_and_course(session, tenant=principal.tenant, session_id=session_id)
    query = queries.registrations_of(tenant=principal.tenant, session_id=session_id)
    rows = await paginate(session, query, page, time=RegistrationRow.created_at, id=RegistrationRow.id)
    items = await _views(session, deps, principal, rows.items, session_id)
    return Page(items=items, next=rows.next)


@router.get("/v1/registrations/{registration_id}")
async def read_registration(
    registration_id: UUID, principal: Organiser, session: Session, deps: Deps
) -> schemas.Registration:
    """Return one registration."""
    row = await queries.registration(session, tenant=principal.tenant, registration_id=registration_id)
    views = [] if row.erased_at else await _views(session, deps, principal, [row], row.session_id)
    if not views:
        raise RegistrationErased
    return views[0]


async def _views(
    session: Session, deps: Deps, principal: Principal, rows: Sequence[RegistrationRow], session_id: UUID
) -> list[schemas.Registration]:
    held, _ = await queries.session_and_course(session, tenant=principal.tenant, session_id=session_id)
    people = await deps.vault.open_readable(session, rows)
    asked = await queries.payment_requests(session, of=[(row, held) for row in rows])
    # Also payments that came for one that is over.
    paid = await queries.paid(session, registration_ids=[row.id for row in rows], states=RECEIVED)
    return [
        schemas.Registration.model_validate(
            {
                "registration_id": row.id,
                "session_id": row.session_id,
                "state": row.state,
                **person.model_dump(include={"first_name", "last_name", "email", "phone", "organisation"}),
                "language": row.language,
                "invoice_to": _invoice_party(person),
                "price": row.price,
                "paid": paid.get(row.id, registrations.ZERO),
                "communication": row.communication and written_communication(row.communication),
                "payment": _asked(asked.get(row.id)),
                "registered_at": row.created_at,
            }
        )
        for row, person in zip(rows, people, strict=True)
        if person is not None
    ]


def _invoice_party(person: Participant) -> schemas.InvoiceParty | None:
    if person.invoice_name is None:
        return None
    return schemas.InvoiceParty(
        name=person.invoice_name, kbo_number=person.invoice_kbo_number, email=person.invoice_email
    )


@router.get("/v1/registrations/{registration_id}/epc-qr", response_class=Response, responses=_PNG)
async def read_qr_code(registration_id: UUID, principal: Collector, session: Session) -> Response:
    """Return the QR code with which a banking app fills in the transfer."""
    row = await queries.registration(session, tenant=principal.tenant, registration_id=registration_id)
    held, _ = await queries.session_and_course(session, tenant=principal.tenant, session_id=row.session_id)
    asked = (await queries.payment_requests(session, of=[(row, held)])).get(row.id)
    if asked is None:
        raise NothingToPay(state=row.state)
    return Response(await _qr_code(session, row, asked), media_type="image/png")


async def _qr_code(session: Session, row: RegistrationRow, asked: queries.PaymentRequest) -> bytes:
    policy = await policies.in_force(session, tenant=row.tenant, at=row.created_at)
    return emails.qr_code(asked, policy.settings.qr_communication)


@router.post("/v1/registrations/{registration_id}/mail")
async def mail_again(
    registration_id: UUID, principal: Organiser, session: Session, now: Now
) -> schemas.RegistrationChanged:
    """Mail the participant once more how their registration stands, with its link, until the session begins."""
    row = await queries.registration(session, tenant=principal.tenant, registration_id=registration_id)
    held, _ = await queries.session_and_course(session, tenant=principal.tenant, session_id=row.session_id)
    if held.starts_at <= now:
        raise SessionOver(session_id=str(held.id))
    await registrations.mail_again(session, row, now)
    return schemas.RegistrationChanged.model_validate({"registration_id": row.id, "state": row.state})


@router.post("/v1/registrations/{registration_id}/cancel")
async def cancel(
    registration_id: UUID,
    principal: Organiser,
    session: Session,
    now: Now,
    body: schemas.Cancellation | None = None,
) -> schemas.RegistrationChanged:
    """Cancel a registration; its place goes to whoever has waited longest."""
    row = await registrations.cancel(
        session,
        tenant=principal.tenant,
        registration_id=registration_id,
        by=(body or schemas.Cancellation()).by,
        now=now,
    )
    return schemas.RegistrationChanged.model_validate({"registration_id": row.id, "state": row.state})
