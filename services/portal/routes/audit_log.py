"""The audit log: everything that was read or changed of a case or a person, or by somebody, in all services."""

import asyncio
from datetime import datetime
from typing import ClassVar
from urllib.parse import urlencode
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.codes import AUDITED
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.colleagues import GONE, ROLES, names_of_staff
from services.portal.staff import StaffVisit, section, staff
from services.portal.staff_words import SERVICES_ABOUT
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.services import SERVICES

pages = Pages()
_officer = staff(Role.DPO)
section("/audit-log", _("Wie keek"), Role.DPO)
# Services' names of the parameters, by their name in the page's address.
_SUBJECTS = {"case": "case_id", "person": "person_id", "staff": "actor"}


class Entry(Answer):
    """A read or change."""

    entry_id: UUID
    at: datetime
    action: str
    what: list[str]
    actor_kind: str
    actor: UUID | None
    roles: list[str]
    case_id: UUID | None
    person_ids: list[UUID]
    break_glass_id: UUID | None


LOGS = tuple(Operation(service, "GET", "/v1/audit-log", Items[Entry]) for service in SERVICES)


class ShownEntry(PageModel):
    """An entry in the table."""

    when: str
    who: str
    role: str
    read: bool
    what: str
    where: str
    case_id: UUID | None
    break_glass_id: UUID | None


class AuditLogPage(PageModel):
    """The search and its results; `more`: where each service's older entries start."""

    staff: list[tuple[str, str]]
    asked: dict[str, str]
    entries: list[ShownEntry] | None
    more: list[tuple[str, str]]


class AuditLogForm(Form):
    """The search: one of these is enough."""

    WANTED: ClassVar = {
        "case": _("Dat is geen nummer van een zaak."),
        "person": _("Dat is geen nummer van een persoon."),
        "staff": _("Kies iemand uit de lijst."),
    }

    case: UUID | None = None
    person: UUID | None = None
    staff: UUID | None = None


@pages.show("/audit-log", _officer)
async def show(visit: StaffVisit) -> Response:
    """Show the audit log, the newest first, all services together."""
    params = visit.request.query_params
    asked = {name: read_id(params[name]) for name in _SUBJECTS if params.get(name)}
    wanted = params.get("in")
    logs = [each for each in LOGS if wanted is None or each.service == wanted]
    query = {"limit": "50", **{_SUBJECTS[name]: value for name, value in asked.items()}, **visit.turned_to()}
    listed = asyncio.gather(*(visit.ask(each, query=query) for each in logs if asked))
    names, found = await asyncio.gather(names_of_staff(visit), listed)
    everybody = sorted(((str(id_), name) for id_, name in names.items()), key=lambda each: each[1])
    options = [("", visit.say(_("Niemand in het bijzonder"))), *everybody]
    if not asked:
        return visit.page("audit_log.html", AuditLogPage(staff=options, asked={}, entries=None, more=[]))
    entries = [(entry, log.service) for log, each in zip(logs, found, strict=True) for entry in each.items]
    entries.sort(key=lambda each: (each[0].at, each[0].entry_id), reverse=True)
    dates = await visit.dates()
    model = AuditLogPage(
        staff=options,
        asked=asked,
        entries=[
            ShownEntry(
                when=dates.time(entry.at),
                who=_who(visit, entry, names),
                role=", ".join(visit.word(ROLES, role) for role in entry.roles),
                read=entry.action == "read",
                what=visit.listed(visit.word(AUDITED, each) for each in entry.what),
                where=visit.word(SERVICES_ABOUT, service),
                case_id=entry.case_id,
                break_glass_id=entry.break_glass_id,
            )
            for entry, service in entries
        ],
        more=[
            (visit.word(SERVICES_ABOUT, log.service), further)
            for log, each in zip(logs, found, strict=True)
            if (further := visit.next_page(each.next, **asked, **{"in": log.service}))
        ],
    )
    return visit.page("audit_log.html", model)


def _who(visit: StaffVisit, entry: Entry, names: dict[UUID, str]) -> str:
    if entry.actor_kind == "staff" and entry.actor is not None:
        return names.get(entry.actor, visit.say(GONE))
    return visit.say(_("Iemand met een eigen link") if entry.actor_kind == "person" else _("Kring zelf"))


@pages.send("/audit-log", _officer)
async def search(visit: StaffVisit) -> Response:
    """Redirect to the results: addresses contain only ids."""
    given = visit.read(AuditLogForm).model_dump(exclude_none=True)
    if not given:
        raise Unacceptable({"case": _("Kies een zaak, een persoon of een medewerker.")})
    return visit.go(f"/audit-log?{urlencode(given)}")
