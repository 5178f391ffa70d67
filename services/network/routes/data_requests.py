"""Requests about personal data: made through a link or recorded by a colleague, answered by the DPO."""

from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import Body, Header, Query, Response

from services.network import copies, copy_page, permissions, queries
from services.network.copy_schemas import Copy
from services.network.data_requests import RequestKind, RequestState, check_copy_readable
from services.network.domain import UnknownPerson
from services.network.models import DataRequest, DataRequestFields
from services.network.models import Person as PersonRow
from services.network.operations import data_requests
from services.network.permissions import RequestHandler, RequestNoter
from services.network.request_schemas import (
    Approval,
    DataRequestSummary,
    DataRequestView,
    NewDataRequest,
    NotedDataRequest,
    OwnDataRequest,
)
from services.network.schemas import WithReason
from services.network.wording import WORDINGS
from shared import profiles
from shared.context import Context
from shared.http import Deps, Now, Page, Paging, Person, Router, Session, problems
from shared.http.gates import Officer
from shared.languages import language_of

router = Router(tags=["data requests"])


Accept = Annotated[str, Header(max_length=1000)]
Form = Annotated[Literal["json", "html"] | None, Query(alias="format")]
_AS_PAGE: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {"schema": {"type": "string"}}}},
    **problems(404, 409, 410),
}


@router.post("/v1/me/data-requests", status_code=201, responses=problems(404, 410))
async def ask(
    body: NewDataRequest, principal: Person, session: Session, deps: Deps, now: Now
) -> OwnDataRequest:
    """Ask for a copy of everything about you, for erasure, or for a correction; also after the case has ended."""
    permissions.may_ask(principal)
    asker = await permissions.oneself(session, principal)
    person = await permissions.may_ask_for_person(
        session,
        deps.vault,
        asker=asker,
        person_id=body.for_person_id or asker.id,
        kind=body.kind,
        now=now,
    )
    request = await data_requests.receive(
        session,
        deps.vault,
        person=person,
        kind=body.kind,
        words=body.text,
        asked_by=asker.id,
        noted_by=None,
        received_on=None,
        now=now,
    )
    return (await _own(session, deps, asker, [request]))[0]


@router.get("/v1/me/data-requests", responses=problems(404, 410))
async def list_own(principal: Person, session: Session, deps: Deps, page: Paging) -> Page[OwnDataRequest]:
    """List the requests about your data, by you or for you, and their state; newest first."""
    asker = await permissions.oneself(session, principal)
    rows = await queries.data_requests_seen_by(session, tenant=asker.tenant, person_id=asker.id, page=page)
    return Page(items=await _own(session, deps, asker, list(rows.items)), next=rows.next)


@router.post("/v1/me/data-requests/{request_id}/withdraw")
async def withdraw(
    request_id: UUID, principal: Person, session: Session, deps: Deps, now: Now
) -> OwnDataRequest:
    """Withdraw a request, as long as it has not been carried out."""
    asker = await permissions.oneself(session, principal)
    request = await permissions.may_see_own_request(session, asker, request_id=request_id, lock=True)
    await data_requests.withdraw(session, request=request, now=now)
    return (await _own(session, deps, asker, [request]))[0]


@router.get("/v1/me/data-requests/{request_id}/copy", response_model=Copy, responses=_AS_PAGE)
async def read_copy(
    *,
    request_id: UUID,
    principal: Person,
    session: Session,
    deps: Deps,
    now: Now,
    accept: Accept = "",
    form: Form = None,
) -> Response:
    """Read everything about you, as JSON or (`?format=html`) as a page; the result is not stored.

    If one part of the platform does not answer, there is no copy: try again in a moment.
    """
    permissions.may_ask(principal)
    asker = await permissions.oneself(session, principal)
    request = await permissions.may_see_own_request(session, asker, request_id=request_id)
    # A requester for another must still be allowed to: a young person may have turned twelve, or changed their mind.
    person = await permissions.may_ask_for_person(
        session, deps.vault, asker=asker, person_id=request.person_id, kind=RequestKind.COPY, now=now
    )
    return await _copy(session, deps, request, person, now=now, page=_wants_page(form, accept))


@router.get("/v1/data-requests/{request_id}/copy", response_model=Copy, responses=_AS_PAGE)
async def read_copy_to_hand_over(
    *,
    request_id: UUID,
    principal: Officer,
    session: Session,
    deps: Deps,
    now: Now,
    accept: Accept = "",
    form: Form = None,
) -> Response:
    """Read the copy for a person who asked by phone or letter and has no link, to hand it over to them."""
    request = await permissions.may_hand_copy_over(session, principal, request_id=request_id, now=now)
    person = await queries.person(session, tenant=principal.tenant, person_id=request.person_id)
    return await _copy(session, deps, request, person, now=now, page=_wants_page(form, accept))


@router.post("/v1/persons/{person_id}/data-requests", status_code=201)
async def note(
    *,
    person_id: UUID,
    body: NotedDataRequest,
    principal: RequestNoter,
    session: Session,
    deps: Deps,
    now: Now,
) -> DataRequestSummary:
    """Record a request made by phone or letter; the month runs from the day on which it was received."""
    person = await permissions.may_note_request(session, principal, person_id=person_id)
    request = await data_requests.receive(
        session,
        deps.vault,
        person=person,
        kind=body.kind,
        words=body.text,
        asked_by=None,
        noted_by=principal.id,
        received_on=body.received_on,
        now=now,
    )
    return _summary(request, now)


@router.get("/v1/data-requests")
async def list_requests(
    principal: RequestHandler,
    session: Session,
    page: Paging,
    now: Now,
    which: Annotated[Literal["waiting", "all"], Query()] = "waiting",
) -> Page[DataRequestSummary]:
    """List the requests that await an answer, earliest due first, or all; a regional manager sees the late ones."""
    late_at = permissions.only_late(principal, now=now)
    if which == "waiting" or late_at is not None:
        rows = await queries.data_requests_waiting(
            session, tenant=principal.tenant, late_at=late_at, page=page
        )
    else:
        rows = await queries.data_requests(session, tenant=principal.tenant, page=page)
    return Page(items=[_summary(request, now) for request in rows.items], next=rows.next)


@router.get("/v1/data-requests/{request_id}")
async def read_request(
    request_id: UUID, principal: RequestHandler, session: Session, deps: Deps, now: Now
) -> DataRequestView:
    """Read a request: the requester and their words."""
    request = await permissions.may_handle_request(session, principal, request_id=request_id, now=now)
    return await _view(session, deps, request, now)


@router.post("/v1/data-requests/{request_id}/approve")
async def approve(
    *,
    request_id: UUID,
    principal: RequestHandler,
    session: Session,
    deps: Deps,
    now: Now,
    body: Annotated[Approval | None, Body()] = None,
) -> DataRequestSummary:
    """Approve a request: a copy can be read at once, an erasure follows, a correction is reported as done later.

    Without `erase_at` in the answer the case itself must be erased, in intake: this person is its only central
    person.
    """
    request = await permissions.may_handle_request(
        session, principal, request_id=request_id, now=now, lock=True
    )
    await data_requests.approve(
        session,
        deps.vault,
        request=request,
        by=principal.id,
        show_exit_reason=body is not None and body.show_exit_reason,
        now=now,
    )
    return _summary(request, now)


@router.post("/v1/data-requests/{request_id}/refuse")
async def refuse(
    *, request_id: UUID, body: WithReason, principal: RequestHandler, session: Session, deps: Deps, now: Now
) -> DataRequestSummary:
    """Refuse a request, with the reason that the requester reads; they are told where they can complain."""
    request = await permissions.may_handle_request(
        session, principal, request_id=request_id, now=now, lock=True
    )
    await data_requests.refuse(
        session, deps.vault, request=request, reason=body.reason, by=principal.id, now=now
    )
    return _summary(request, now)


@router.post("/v1/data-requests/{request_id}/extend")
async def extend(
    *, request_id: UUID, body: WithReason, principal: RequestHandler, session: Session, deps: Deps, now: Now
) -> DataRequestSummary:
    """Extend the time for an answer, once, with the reason that the requester reads."""
    request = await permissions.may_handle_request(
        session, principal, request_id=request_id, now=now, lock=True
    )
    await data_requests.extend(session, deps.vault, request=request, reason=body.reason, now=now)
    return _summary(request, now)


@router.post("/v1/data-requests/{request_id}/done")
async def report_done(
    request_id: UUID, principal: RequestHandler, session: Session, now: Now
) -> DataRequestSummary:
    """Report that the correction was made."""
    request = await permissions.may_handle_request(
        session, principal, request_id=request_id, now=now, lock=True
    )
    await data_requests.report_done(session, request=request, now=now)
    return _summary(request, now)


def _wants_page(form: str | None, accept: str) -> bool:
    return form == "html" or (form is None and "text/html" in accept.lower())


async def _copy(
    session: Session, parts: Context, request: DataRequest, person: PersonRow, *, now: Now, page: bool
) -> Response:
    check_copy_readable(kind=request.kind, state=request.state, ready_until=request.ready_until, now=now)
    copy = await copies.gather(session, parts, request=request, person=person, now=now)
    # Names nobody: it shows in download lists that others can see.
    name = f'inline; filename="{"kring-gegevens.html" if page else "kring-gegevens.json"}"'
    headers = {"content-disposition": name, "vary": "accept"}
    if not page:
        return Response(copy.model_dump_json(), headers=headers, media_type="application/json")
    headers["content-security-policy"] = copy_page.content_policy()
    calendar = await profiles.calendar(session, tenant=request.tenant)
    return Response(copy_page.render(copy, calendar), headers=headers, media_type="text/html")


async def _own(
    session: Session, parts: Context, asker: PersonRow, requests: list[DataRequest]
) -> list[OwnDataRequest]:
    fields = await parts.vault.open(session, asker)
    complaint = WORDINGS[language_of(fields.language)].complaint
    opened = await parts.vault.open_readable(session, requests)
    return [
        _own_view(request, words or DataRequestFields(), asker.id, complaint)
        for request, words in zip(requests, opened, strict=True)
    ]


def _own_view(request: DataRequest, words: DataRequestFields, reader: UUID, complaint: str) -> OwnDataRequest:
    # The requester's words and the reasons they were given are theirs alone; the state of the request is for both.
    mine = request.asked_by in (None, reader)
    return OwnDataRequest(
        request_id=request.id,
        person_id=request.person_id,
        kind=request.kind,
        state=request.state,
        asked_by_me=request.asked_by == reader,
        text=words.text if mine else None,
        received_at=request.created_at,
        due_at=request.due_at,
        extension_reason=words.extension if mine else None,
        refusal_reason=words.refusal if mine else None,
        complaint=complaint if request.state == RequestState.REFUSED else None,
        copy_ready_until=request.ready_until,
        erase_at=request.erase_at,
        ended_at=request.ended_at,
    )


def _facts(request: DataRequest, now: Now) -> dict[str, object]:
    return {
        "request_id": request.id,
        "case_id": request.case_id,
        "person_id": request.person_id,
        "kind": request.kind,
        "state": request.state,
        "asked_by": request.asked_by,
        "noted_by": request.noted_by,
        "received_at": request.created_at,
        "due_at": request.due_at,
        "late": request.ended_at is None and request.ready_until is None and request.due_at <= now,
        "extended": request.extended_at is not None,
        "decided_by": request.decided_by,
        "decided_at": request.decided_at,
        "copy_ready_until": request.ready_until,
        "erase_at": request.erase_at,
        "ended_at": request.ended_at,
    }


def _summary(request: DataRequest, now: Now) -> DataRequestSummary:
    return DataRequestSummary.model_validate(_facts(request, now))


async def _view(session: Session, parts: Context, request: DataRequest, now: Now) -> DataRequestView:
    [words] = await parts.vault.open_readable(session, [request])
    words = words or DataRequestFields()
    try:
        person = await queries.person(session, tenant=request.tenant, person_id=request.person_id)
        [who] = await parts.vault.open_readable(session, [person])
    except UnknownPerson:
        person, who = None, None
    return DataRequestView.model_validate(
        {
            **_facts(request, now),
            "role": None if person is None else person.role,
            "first_name": None if who is None else who.first_name,
            "last_name": None if who is None else who.last_name,
            "text": words.text,
            "extension_reason": words.extension,
            "refusal_reason": words.refusal,
        }
    )
