"""Erasing one person, a registration, a coordinator or a colleague for good, and its progress."""

import asyncio
from typing import Any, ClassVar

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import NotThere, read_id
from services.portal.pages import Pages
from services.portal.routes.colleagues import ERASE_COLLEAGUE, all_colleagues
from services.portal.routes.coordinators import all_coordinators
from services.portal.routes.keeping import (
    ERASURE_REASONS,
    EraseForm,
    Erasure,
    Number,
    ShownErasure,
    shown_erasure,
)
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
LIST = "/privacy/erase"
ONE = f"{LIST}/{{kind}}/{{subject}}"
_officer = staff(Role.DPO)
# Administrators, too, erase coordinators and colleagues.
_erasers = staff(Role.DPO, Role.ADMINISTRATOR)

ERASE = {
    "person": Operation("network", "POST", "/v1/persons/{person_id}/erase", Answer),
    "registration": Operation("training", "POST", "/v1/registrations/{registration_id}/erase", Answer),
    "coordinator": Operation("intake", "POST", "/v1/coordinators/{coordinator_id}/erase", Answer),
    "staff": ERASE_COLLEAGUE,
}
ERASURE = {
    "person": Operation("network", "GET", "/v1/persons/{person_id}/erasure", Erasure),
    "registration": Operation("training", "GET", "/v1/registrations/{registration_id}/erasure", Erasure),
    "coordinator": Operation("intake", "GET", "/v1/coordinators/{coordinator_id}/erasure", Erasure),
    "staff": Operation("intake", "GET", "/v1/staff/{staff_id}/erasure", Erasure),
}
TITLES = {
    "person": _("Iemand van een kring wissen"),
    "registration": _("Een inschrijving wissen"),
    "coordinator": _("Een coördinator wissen"),
    "staff": _("Een medewerker wissen"),
}
CONSEQUENCES = {
    "person": _("Alles over deze persoon wordt voorgoed onleesbaar, overal. De zaak gaat verder."),
    "registration": _(
        "Wie zich inschreef en wie betaalde, wordt voorgoed onleesbaar. Bedragen en dagen blijven."
    ),
    "coordinator": _(
        "We wissen naam en mailadres voorgoed. Wat die persoon deed, blijft bewaard zonder naam."
    ),
    "staff": _("We wissen naam en mailadres voorgoed. Wat die persoon deed, blijft bewaard zonder naam."),
}


class WhomPage(PageModel):
    """The people to choose from."""

    contacts: list[tuple[str, str]]


class WhomForm(Form):
    """The person to erase: one of these."""

    WANTED: ClassVar = {
        "person": _("Dat is geen nummer van een persoon."),
        "registration": _("Dat is geen nummer van een inschrijving."),
        "contact": _("Kies iemand uit de lijst."),
    }

    person: Number | None = None
    registration: Number | None = None
    contact: str = ""


class ErasingPage(PageModel):
    """What erasing does, or its progress; `name`: if the organisation knows one."""

    back: tuple[str, str]
    title: str
    consequence: str
    name: str | None
    erasure: ShownErasure | None
    reasons: list[tuple[str, str, None]]


async def _contacts(visit: StaffVisit) -> dict[str, str]:
    """Return the names of colleagues and coordinators, by their kind in this page's address."""
    colleagues, coordinators = await asyncio.gather(all_colleagues(visit), all_coordinators(visit))
    found = {f"staff/{each.staff_id}": each for each in colleagues}
    known = found | {f"coordinator/{each.coordinator_id}": each for each in coordinators}
    return {place: each.name for place, each in known.items()}


@pages.show(LIST, _officer)
async def show_all(visit: StaffVisit) -> Response:
    """Ask whom to erase."""
    contacts = sorted((await _contacts(visit)).items(), key=lambda each: each[1])
    nobody = ("", visit.say(_("Niemand in het bijzonder")))
    return visit.page("erase_whom.html", WhomPage(contacts=[nobody, *contacts]))


@pages.send(LIST, _officer, shown_by=show_all)
async def choose(visit: StaffVisit) -> Response:
    """Redirect to the confirmation: addresses contain only ids."""
    form = visit.read(WhomForm)
    places = [
        f"{kind}/{given}"
        for kind, given in (("person", form.person), ("registration", form.registration))
        if given is not None
    ]
    places += [form.contact] if form.contact in await _contacts(visit) else []
    if len(places) != 1:
        raise Unacceptable({"contact": _("Kies één persoon of één inschrijving.")})
    return visit.go(f"{LIST}/{places[0]}")


def _named(visit: StaffVisit) -> tuple[str, dict[str, Any]]:
    """Return the kind in an address, and the id for services. Raises: NotThere."""
    kind = visit.request.path_params["kind"]
    if kind not in ERASE:
        raise NotThere
    return kind, {f"{kind}_id": read_id(visit.request.path_params["subject"])}


@pages.show(ONE, _erasers)
async def show(visit: StaffVisit) -> Response:
    """Explain what erasing does, or show its progress."""
    kind, ids = _named(visit)
    (subject,) = ids.values()
    is_contact = kind in ("staff", "coordinator")
    progress = visit.ask_or(ERASURE[kind], None, **ids)
    erasure, names = await asyncio.gather(progress, _contacts(visit)) if is_contact else (await progress, {})
    back = ("/privacy/files", _("Bewaren en wissen"))
    if not visit.has(Role.DPO):
        back = ("/coordinators", _("Alle coördinatoren"))
    model = ErasingPage(
        back=(back[0], visit.say(back[1])),
        title=visit.word(TITLES, kind),
        consequence=visit.word(CONSEQUENCES, kind),
        name=names.get(f"{kind}/{subject}"),
        erasure=None if erasure is None else await shown_erasure(visit, erasure),
        reasons=[
            (code, visit.say(text), None) for code, text in ERASURE_REASONS.items() if code != "retention"
        ],
    )
    return visit.page("erase.html", model)


@pages.send(ONE, _erasers, shown_by=show)
async def erase(visit: StaffVisit) -> Response:
    """Erase, once the reader has confirmed the consequences."""
    kind, ids = _named(visit)
    form = visit.read(EraseForm)
    await visit.ask(ERASE[kind], body={"reason": form.erasure_reason}, **ids)
    return visit.go(visit.request.url.path)
