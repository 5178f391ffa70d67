"""The reader's own data: the audit log, a copy, correction, erasure, and a new link."""

import asyncio
from datetime import datetime
from typing import Annotated, ClassVar, Literal
from urllib.parse import urlencode
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import HTMLResponse, Response

from services.portal.client import Answer, Items, Operation
from services.portal.codes import AUDITED
from services.portal.failures import REFUSALS
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.people import ME, PersonVisit, person
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.fields import Text

pages = Pages()

CSP_OF_COPY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"
)


class Request(Answer):
    """A request and its state."""

    request_id: UUID
    person_id: UUID
    kind: str
    state: str
    asked_by_me: bool
    received_at: datetime
    due_at: datetime
    refusal_reason: str | None
    complaint: str | None
    copy_ready_until: datetime | None
    erase_at: datetime | None


class Entry(Answer):
    """A read or change."""

    at: datetime
    action: str
    what: list[str]
    by: str
    by_yourself: bool
    roles: list[str]
    by_break_glass: bool


REQUESTS = Operation("network", "GET", "/v1/me/data-requests", Items[Request])
ASK = Operation("network", "POST", "/v1/me/data-requests", Answer)
TAKE_BACK = Operation("network", "POST", "/v1/me/data-requests/{request_id}/withdraw", Answer)
COPY = Operation("network", "GET", "/v1/me/data-requests/{request_id}/copy", str)
RENEW = Operation("network", "POST", "/v1/me/link/renew", type(None))
LOOKED = tuple(
    Operation(service, "GET", "/v1/me/audit-log", Items[Entry])
    for service in ("intake", "network", "scheduling", "plans")
)

_KINDS = {
    "copy": _("Een kopie van alles over jou"),
    "correction": _("Iets verbeteren"),
    "erasure": _("Alles over jou wissen"),
}
_ONLY_A_COPY = _("Alleen een kopie: vanaf twaalf jaar vraagt een kind de rest zelf.")
_STATES = {
    "received": _("aangekomen"),
    "approved": _("goedgekeurd"),
    "refused": _("geweigerd"),
    "done": _("klaar"),
    "withdrawn": _("teruggenomen"),
}


class Shown(PageModel):
    """A request on the page."""

    id: UUID
    about: str | None
    kind: str
    state: str
    since: str
    until: str
    reason: str | None
    complaint: str | None
    copy_ready: bool
    open: bool
    done: bool


class DataPage(PageModel):
    """What can be requested, and what was; `children`: about whom too."""

    requests: list[Shown]
    children: list[tuple[str, str, str | None]]


@pages.show("/me/data", person)
async def show(visit: PersonVisit) -> Response:
    """Show earlier requests, and what can be requested."""
    dates = await visit.dates()
    requested, me = await asyncio.gather(visit.ask(REQUESTS), visit.ask(ME))
    names = {each.person_id: each.first_name for each in me.asks_for}
    now = await visit.parts.clock.now()
    model = DataPage(
        requests=[
            Shown(
                id=each.request_id,
                about=names.get(each.person_id, visit.say(_("een kind")))
                if each.person_id != visit.person.person_id
                else None,
                kind=visit.word(_KINDS, each.kind),
                state=visit.word(_STATES, each.state),
                since=dates.day(each.received_at),
                until=dates.day(each.due_at),
                reason=each.refusal_reason,
                complaint=each.complaint,
                copy_ready=each.copy_ready_until is not None and each.copy_ready_until > now,
                open=each.state in ("received", "approved"),
                done=each.state == "done",
            )
            for each in requested.items
        ],
        children=[
            (str(each.person_id), each.first_name, visit.say(_ONLY_A_COPY) if each.only_to_read else None)
            for each in me.asks_for
        ],
    )
    return visit.page("data.html", model)


class DataForm(Form):
    """A request about the reader's data, or a child's: then it is `confirmed` on a page of its own."""

    WANTED: ClassVar = {"kind": _("Kies wat je wil.")}

    kind: Literal["copy", "correction", "erasure"]
    text: Annotated[Text, StringConstraints(max_length=2000)] | None = None
    child: UUID | None = None
    confirmed: bool = False


class CheckPage(PageModel):
    """A request about a child, before it is sent."""

    name: str
    kind: str
    text: str
    child: UUID


@pages.send("/me/data", person)
async def ask(visit: PersonVisit) -> Response:
    """Send a request, or withdraw one."""
    if taken_back := visit.form.get("take-back"):
        await visit.ask(TAKE_BACK, request_id=read_id(taken_back))
        return visit.go("/me/data")
    form = visit.read(DataForm)
    about = {} if form.child is None else {"for_person_id": str(form.child)}
    if form.child is not None and not form.confirmed:
        return await _check(visit, form, form.child)
    await visit.ask(ASK, body={**form.model_dump(include={"kind", "text"}, exclude_none=True), **about})
    return visit.go("/me/data")


async def _check(visit: PersonVisit, form: DataForm, child: UUID) -> Response:
    """Ask whether a request about a child is meant. Raises: Unacceptable if it is not theirs to make."""
    known = next((each for each in (await visit.ask(ME)).asks_for if each.person_id == child), None)
    if known is None:
        raise Unacceptable({"child": _("Kies over wie het gaat.")})
    if known.only_to_read and form.kind != "copy":
        raise Unacceptable({"kind": REFUSALS["data-request-not-for-them"]})
    model = CheckPage(name=known.first_name, kind=form.kind, text=form.text or "", child=child)
    return visit.page("data_check.html", model)


@pages.show("/me/data/{request_id}/copy", person)
async def copy(visit: PersonVisit) -> Response:
    """Show the copy as network renders it: a page of its own, made to be kept."""
    html = await visit.ask(
        COPY, query={"format": "html"}, request_id=read_id(visit.request.path_params["request_id"])
    )
    return HTMLResponse(html, headers={"content-security-policy": CSP_OF_COPY})


class Looked(PageModel):
    """A reader of the data."""

    when: str
    who: str
    read: bool
    what: str
    emergency: bool


class LookedPage(PageModel):
    """The audit log. `more`: where older entries start; `city`: whose time it is."""

    city: str

    entries: list[Looked]
    more: str | None


_WHO = {
    "coordinator": _("De coördinator"),
    "regional-manager": _("De regiomanager"),
    "referrer": _("De verwijzer die je aanmeldde"),
    "dpo": _("Wie over je gegevens waakt"),
    "administrator": _("De beheerder"),
}


@pages.show("/me/looked", person)
async def looked(visit: PersonVisit) -> Response:
    """Show who read or changed the reader's own data, in all services together, newest first."""
    await visit.require_there()
    nothing = Items[Entry](items=[])
    # Each service continues where it was; those without more entries are not asked.
    goes_on = {each: query for each in LOOKED if (query := visit.turned_to(each.service))}
    asked = goes_on or dict.fromkeys(LOOKED)
    found = await asyncio.gather(*(visit.ask_or(log, nothing, query=query) for log, query in asked.items()))
    entries = sorted(
        (entry for each in found for entry in each.items), key=lambda entry: entry.at, reverse=True
    )
    dates = await visit.dates()
    shown: list[Looked] = []
    for entry in entries:
        one = Looked(
            when=dates.time(entry.at),
            who=visit.say(_who(entry)),
            read=entry.action == "read",
            what=visit.listed(visit.word(AUDITED, each) for each in entry.what),
            emergency=entry.by_break_glass,
        )
        # One visit reads in several services within a minute.
        if not shown or one != shown[-1]:
            shown.append(one)
    older = {log.service: each.next for log, each in zip(asked, found, strict=True) if each.next}
    model = LookedPage(
        city=dates.city, entries=shown, more=f"/me/looked?{urlencode(older)}" if older else None
    )
    return visit.page("looked.html", model)


def _who(entry: Entry) -> str:
    if entry.by_yourself:
        return _("Jij")
    known = next((_WHO[role] for role in entry.roles if role in _WHO), None)
    return known or (_("Kring zelf, automatisch") if entry.by != "staff" else _("Een medewerker"))


class LinkPage(PageModel):
    """What a new link means."""


@pages.show("/me/link", person)
async def show_link(visit: PersonVisit) -> Response:
    """Explain what a new link means."""
    await visit.require_there()
    return visit.page("new_link.html", LinkPage())


@pages.send("/me/link", person)
async def renew(visit: PersonVisit) -> Response:
    """Revoke the link, and this session with it, and mail a new one."""
    await visit.ask(RENEW)
    return visit.go("/me/thanks/link")
