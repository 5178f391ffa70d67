"""Colleagues of an organisation: their roles and addresses, adding, changing, leaving."""

import asyncio
from typing import ClassVar
from uuid import UUID

from pydantic import Field
from starlette.responses import Response

from services.portal.client import Answer, Items, NamedAnswer, Operation, ServiceRefused
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.coordinators import all_coordinators
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import STAFF_NAMES
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import EmailAddress, LastName, Name

pages = Pages()
_administrator = staff(Role.ADMINISTRATOR)
section("/settings/staff", _("Medewerkers"), Role.ADMINISTRATOR)


class Colleague(NamedAnswer):
    """Somebody with an account, as the organisation knows them."""

    staff_id: UUID
    organisation_id: UUID
    roles: list[str]
    email: str
    language: str
    version: int


COLLEAGUES = Operation("intake", "GET", "/v1/staff", Items[Colleague])
ENTER_COLLEAGUE = Operation("intake", "POST", "/v1/staff", Answer)
ERASE_COLLEAGUE = Operation("intake", "POST", "/v1/staff/{staff_id}/erase", Answer)

ROLES: dict[str, str] = {
    "coordinator": _("Coördinator"),
    "regional-manager": _("Regiomanager"),
    "referrer": _("Verwijzer"),
    "trainer": _("Trainer"),
    "finance": _("Boekhouding"),
    "administrator": _("Beheerder"),
    "dpo": _("Functionaris voor gegevensbescherming"),
    "ops": _("Wie het platform draait"),
    "integration": _("Een ander systeem"),
}
GONE = _("Iemand die er niet meer is")


class ColleagueRow(PageModel):
    """A colleague in a table."""

    id: UUID
    name: str
    roles: str
    email: str


class ColleaguesPage(PageModel):
    """The colleagues of an organisation."""

    rows: list[ColleagueRow]


class ColleaguePage(PageModel):
    """The form of one colleague; `known` is empty for a new one."""

    known: Colleague | None
    version: int | None
    roles: list[tuple[str, str]]
    correspondence: list[tuple[str, str]]


async def all_colleagues(visit: StaffVisit) -> list[Colleague]:
    """Return every colleague in the organisation's register."""
    found = await visit.ask_all(COLLEAGUES)
    return sorted(found, key=lambda each: each.name)


async def names_of_staff(visit: StaffVisit) -> dict[UUID, str]:
    """Return the name of everybody who works for the organisation, by their id."""
    colleagues, coordinators = await asyncio.gather(all_colleagues(visit), all_coordinators(visit))
    names = {each.coordinator_id: each.name for each in coordinators}
    return names | {each.staff_id: each.name for each in colleagues}


@pages.show("/settings/staff", _administrator)
async def show_all(visit: StaffVisit) -> Response:
    """List them, with their roles."""
    rows = [
        ColleagueRow(
            id=each.staff_id,
            name=each.name,
            roles=", ".join(visit.word(ROLES, role) for role in each.roles),
            email=each.email,
        )
        for each in await all_colleagues(visit)
    ]
    return visit.page("colleagues.html", ColleaguesPage(rows=rows))


class ColleagueForm(Form):
    """The data of a colleague."""

    WANTED: ClassVar = {
        "first_name": _("Schrijf de voornaam."),
        "email": _("Schrijf het mailadres waarop deze persoon mails leest."),
        "roles[]": _("Kies minstens één rol."),
        "account": _("Schrijf het nummer van het account zoals jullie aanmelddienst het geeft."),
    }

    first_name: Name
    last_name: LastName = ""
    email: EmailAddress
    mail_language: str = "nl"
    roles: str = Field(alias="roles[]", min_length=1)
    account: UUID | None = None
    version: int | None = None

    def body(self, *, staff_id: UUID | None, organisation_id: UUID) -> dict[str, object]:
        """Return intake's request body."""
        known = {} if staff_id is None else {"staff_id": str(staff_id)}
        version = {} if self.version is None else {"version": self.version}
        return {
            **self.model_dump(include={"first_name", "last_name", "email"}),
            **known,
            **version,
            "language": self.mail_language,
            "roles": self.roles.split(","),
            "organisation_id": str(organisation_id),
        }


async def _known(visit: StaffVisit) -> Colleague:
    wanted = read_id(visit.request.path_params["staff_id"])
    found = [each for each in await all_colleagues(visit) if str(each.staff_id) == wanted]
    if not found:
        raise ServiceRefused(404, "colleague-not-found")
    return found[0]


@pages.show("/settings/staff/new", _administrator)
async def show_new(visit: StaffVisit) -> Response:
    """Show an empty form."""
    return _form(visit, None)


@pages.send("/settings/staff/new", _administrator)
async def enter(visit: StaffVisit) -> Response:
    """Add a colleague."""
    form = visit.read(ColleagueForm)
    await visit.ask(ENTER_COLLEAGUE, body=form.body(staff_id=form.account, organisation_id=visit.tenant))
    return visit.go("/settings/staff")


@pages.show("/settings/staff/{staff_id}", _administrator)
async def show(visit: StaffVisit) -> Response:
    """Show a colleague's data."""
    return _form(visit, await _known(visit))


@pages.send("/settings/staff/{staff_id}", _administrator)
async def change(visit: StaffVisit) -> Response:
    """Change a colleague's data, unless somebody else did meanwhile."""
    form, known = visit.read(ColleagueForm), await _known(visit)
    body = form.body(staff_id=known.staff_id, organisation_id=known.organisation_id)
    await visit.ask(ENTER_COLLEAGUE, body=body)
    return visit.go("/settings/staff")


def _form(visit: StaffVisit, known: Colleague | None) -> Response:
    model = ColleaguePage(
        known=known,
        version=None if known is None else known.version,
        roles=[(code, visit.say(text)) for code, text in ROLES.items()],
        correspondence=list(STAFF_NAMES.items()),
    )
    return visit.page("colleague.html", model)


class LeavingPage(PageModel):
    """The effect of erasing a colleague who left."""

    id: UUID
    name: str


class LeavingForm(Form):
    """Confirms that a colleague left."""

    WANTED: ClassVar = {"understood": _("Zet hier een vinkje als je weet wat er gebeurt.")}

    understood: str


@pages.show("/settings/staff/{staff_id}/leave", _administrator)
async def show_leaving(visit: StaffVisit) -> Response:
    """Explain what will happen."""
    known = await _known(visit)
    return visit.page("colleague_leave.html", LeavingPage(id=known.staff_id, name=known.name))


@pages.send("/settings/staff/{staff_id}/leave", _administrator)
async def leave(visit: StaffVisit) -> Response:
    """Erase a colleague who left."""
    visit.read(LeavingForm)
    staff_id = read_id(visit.request.path_params["staff_id"])
    await visit.ask(ERASE_COLLEAGUE, body={"reason": "asked"}, staff_id=staff_id)
    return visit.go("/settings/staff")
