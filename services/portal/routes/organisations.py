"""The register of organisations that refer, or get plans: listing and adding."""

from typing import ClassVar
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import KboNumber, Line

pages = Pages()
PATH = "/settings/organisations"
_administrator = staff(Role.ADMINISTRATOR)
section(PATH, _("Andere organisaties"), Role.ADMINISTRATOR)


class Organisation(Answer):
    """An organisation of the register."""

    organisation_id: UUID
    name: str
    kbo_number: str
    is_tenant: bool
    superseded_by: UUID | None


REGISTER = Operation("intake", "GET", "/v1/organisations", Items[Organisation])
ENTER = Operation("intake", "POST", "/v1/organisations", Answer)


class Row(PageModel):
    """An organisation in a table."""

    name: str
    number: str
    runs_conferences: bool


class RegisterPage(PageModel):
    """The organisations of the register."""

    rows: list[Row]
    more: str | None


class NewPage(PageModel):
    """An empty form."""


class OrganisationForm(Form):
    """An organisation that is not in the register yet."""

    WANTED: ClassVar = {
        "name": _("Schrijf hoe de organisatie heet."),
        "kbo_number": _("Schrijf het ondernemingsnummer: tien cijfers."),
    }

    name: Line
    kbo_number: KboNumber


@pages.show(PATH, _administrator)
async def show(visit: StaffVisit) -> Response:
    """Show the other organisations in the register."""
    found = await visit.ask(REGISTER, query=visit.turned_to())
    model = RegisterPage(
        rows=[
            Row(name=each.name, number=in_groups(each.kbo_number), runs_conferences=each.is_tenant)
            for each in found.items
            if each.superseded_by is None and each.organisation_id != visit.tenant
        ],
        more=visit.next_page(found.next),
    )
    return visit.page("organisations.html", model)


def in_groups(number: str) -> str:
    """Return an enterprise number in the Belgian format: 0403.170.701."""
    return f"{number[:4]}.{number[4:7]}.{number[7:]}" if len(number) == 10 else number


@pages.show(f"{PATH}/new", _administrator)
async def show_new(visit: StaffVisit) -> Response:
    """Ask which organisation."""
    return visit.page("organisation_new.html", NewPage())


@pages.send(f"{PATH}/new", _administrator)
async def enter(visit: StaffVisit) -> Response:
    """Add it to the register."""
    form = visit.read(OrganisationForm)
    await visit.ask(ENTER, body={"name": form.name, "kbo_number": form.kbo_number, "is_tenant": False})
    return visit.go(PATH)
