"""Data requests, for those who answer: each with its legal deadline."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import HTMLResponse, Response

from services.portal.client import Answer, Items, NamedAnswer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.data import CSP_OF_COPY
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import Text

pages = Pages()
LIST = "/privacy/requests"
_officer = staff(Role.DPO)
_handlers = staff(Role.DPO, Role.REGIONAL_MANAGER)
section(LIST, _("Vragen over gegevens"), Role.DPO)


class Summary(Answer):
    """A request, without a name."""

    request_id: UUID
    case_id: UUID
    person_id: UUID
    kind: str
    state: str
    noted_by: UUID | None
    received_at: datetime
    due_at: datetime
    late: bool
    extended: bool
    copy_ready_until: datetime | None
    erase_at: datetime | None
    ended_at: datetime | None


class Whole(NamedAnswer, Summary):
    """A request with the requester and their words."""

    text: str | None
    extension_reason: str | None
    refusal_reason: str | None


REQUESTS = Operation("network", "GET", "/v1/data-requests", Items[Summary])
REQUEST = Operation("network", "GET", "/v1/data-requests/{request_id}", Whole)
APPROVE = Operation("network", "POST", "/v1/data-requests/{request_id}/approve", Answer)
REFUSE = Operation("network", "POST", "/v1/data-requests/{request_id}/refuse", Answer)
EXTEND = Operation("network", "POST", "/v1/data-requests/{request_id}/extend", Answer)
DONE = Operation("network", "POST", "/v1/data-requests/{request_id}/done", Answer)
COPY = Operation("network", "GET", "/v1/data-requests/{request_id}/copy", str)

KINDS = {
    "copy": _("Een kopie van alles"),
    "correction": _("Iets verbeteren"),
    "erasure": _("Alles wissen"),
}
STATES = {
    "received": _("wacht op jouw antwoord"),
    "approved": _("goedgekeurd"),
    "refused": _("geweigerd"),
    "done": _("klaar"),
    "withdrawn": _("teruggenomen"),
}


class RequestRow(PageModel):
    """A request in a table."""

    id: UUID
    kind: str
    state: str
    since: str
    due: str
    late: bool


class RequestsPage(PageModel):
    """The requests; `everything`: including answered ones."""

    rows: list[RequestRow]
    everything: bool
    more: str | None


class RequestPage(PageModel):
    """One request, and what can be done about it."""

    row: RequestRow
    what: str
    case_id: UUID
    person_id: UUID
    is_officer: bool
    name: str
    text: str | None
    extension: str | None
    refusal: str | None
    extended: bool
    waits: bool
    approved: bool
    by_hand: bool
    copy_until: str | None
    erased: str | None
    ended: str | None


async def _row(visit: StaffVisit, each: Summary) -> RequestRow:
    dates = await visit.dates()
    return RequestRow(
        id=each.request_id,
        kind=visit.word(KINDS, each.kind),
        state=visit.word(STATES, each.state),
        since=dates.day(each.received_at),
        due=dates.until(each.due_at),
        late=each.late,
    )


@pages.show(LIST, _handlers)
async def show_all(visit: StaffVisit) -> Response:
    """List the requests that await an answer, earliest due first."""
    which = "all" if visit.request.query_params.get("which") == "all" else "waiting"
    listed = await visit.ask(REQUESTS, query={"which": which, "limit": "30", **visit.turned_to()})
    model = RequestsPage(
        rows=[await _row(visit, each) for each in listed.items],
        everything=which == "all",
        more=visit.next_page(listed.next, which=which),
    )
    return visit.page("data_requests.html", model)


@pages.show(f"{LIST}/{{request_id}}", _handlers)
async def show(visit: StaffVisit) -> Response:
    """Show a request."""
    found, dates, now = (
        await visit.ask(REQUEST, request_id=_id(visit)),
        await visit.dates(),
        await visit.parts.clock.now(),
    )
    ready = found.copy_ready_until
    model = RequestPage(
        row=await _row(visit, found),
        what=found.kind,
        case_id=found.case_id,
        person_id=found.person_id,
        is_officer=visit.has(Role.DPO),
        name=found.name,
        text=found.text,
        extension=found.extension_reason,
        refusal=found.refusal_reason,
        extended=found.extended,
        waits=found.state == "received",
        approved=found.state == "approved",
        by_hand=found.noted_by is not None,
        copy_until=dates.day(ready) if ready is not None and ready > now else None,
        erased=None if found.erase_at is None else dates.time(found.erase_at),
        ended=None if found.ended_at is None else dates.day(found.ended_at),
    )
    return visit.page("data_request.html", model)


class RefusalForm(Form):
    """Why the answer is no."""

    WANTED: ClassVar = {"refusal": _("Schrijf waarom niet. Wie het vroeg, leest dit.")}

    refusal: Annotated[Text, StringConstraints(min_length=3, max_length=2000)]


class ExtensionForm(Form):
    """Why the answer takes longer."""

    WANTED: ClassVar = {"extension": _("Schrijf waarom het langer duurt. Wie het vroeg, leest dit.")}

    extension: Annotated[Text, StringConstraints(min_length=3, max_length=2000)]


@pages.send(f"{LIST}/{{request_id}}", _handlers)
async def answer(visit: StaffVisit) -> Response:
    """Approve, refuse or extend; or report that a correction was made."""
    request_id = _id(visit)
    match visit.form.get("do"):
        case "refuse":
            await visit.ask(REFUSE, body={"reason": visit.read(RefusalForm).refusal}, request_id=request_id)
        case "extend":
            await visit.ask(
                EXTEND, body={"reason": visit.read(ExtensionForm).extension}, request_id=request_id
            )
        case "done":
            await visit.ask(DONE, request_id=request_id)
        case _:
            await visit.ask(
                APPROVE, body={"show_exit_reason": "exit-reason" in visit.form}, request_id=request_id
            )
    return visit.go(f"{LIST}/{request_id}")


@pages.show(f"{LIST}/{{request_id}}/copy", _officer)
async def copy(visit: StaffVisit) -> Response:
    """Show the copy for a person who asked by phone or letter, to print and hand over."""
    html = await visit.ask(COPY, query={"format": "html"}, request_id=_id(visit))
    return HTMLResponse(html, headers={"content-security-policy": CSP_OF_COPY})


def _id(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["request_id"])
