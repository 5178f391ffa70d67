"""Coordinators of an organisation: load and languages; adding and changing them."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BeforeValidator, Field, StringConstraints
from starlette.responses import Response

from services.portal.client import Answer, Items, NamedAnswer, Operation, ServiceRefused
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import STAFF_NAMES, language_name
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import EmailAddress, LanguageCode, LastName, Line, Name, Phone

pages = Pages()


class Coordinator(NamedAnswer):
    """A coordinator, and how many cases they have now."""

    coordinator_id: UUID
    email: str
    phone: str | None
    language: str
    languages: list[str]
    gender: str | None
    cultures: list[str]
    region: str | None
    max_load: int
    load: int
    tied_to: list[UUID]
    version: int


COORDINATORS = Operation("intake", "GET", "/v1/coordinators", Items[Coordinator])
ENTER = Operation("intake", "POST", "/v1/coordinators", Answer)

section("/coordinators", _("Coördinatoren"), Role.REGIONAL_MANAGER, Role.ADMINISTRATOR)
_readers = staff(Role.REGIONAL_MANAGER, Role.ADMINISTRATOR)


class Row(PageModel):
    """A coordinator in a table."""

    id: UUID
    name: str
    region: str | None
    languages: str
    load: int
    max_load: int


class CoordinatorsPage(PageModel):
    """The coordinators of an organisation."""

    rows: list[Row]


class CoordinatorPage(PageModel):
    """The form of one coordinator; `known` is empty for a new one."""

    known: Coordinator | None
    correspondence: list[tuple[str, str]]
    # Whether the reader can erase coordinators.
    may_erase: bool


async def all_coordinators(visit: StaffVisit) -> list[Coordinator]:
    """Return every coordinator of the organisation."""
    found = await visit.ask_all(COORDINATORS)
    return sorted(found, key=lambda each: each.name)


def row_of(visit: StaffVisit, each: Coordinator) -> Row:
    """Return a coordinator as tables show them."""
    return Row(
        id=each.coordinator_id,
        name=each.name,
        region=each.region,
        languages=visit.listed(language_name(code, visit.language) for code in each.languages),
        load=each.load,
        max_load=each.max_load,
    )


@pages.show("/coordinators", _readers)
async def show_all(visit: StaffVisit) -> Response:
    """List them, with their load."""
    rows = [row_of(visit, each) for each in await all_coordinators(visit)]
    return visit.page("coordinators.html", CoordinatorsPage(rows=rows))


_Culture = Annotated[Line, StringConstraints(max_length=60)]


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


class CoordinatorForm(Form):
    """A coordinator's data. Lists are separated by commas."""

    WANTED: ClassVar = {
        "first_name": _("Schrijf de voornaam."),
        "email": _("Schrijf het mailadres: daar komen de vragen om een zaak op te nemen."),
        "languages": _("Schrijf minstens één taal, in twee letters: nl, fr, en."),
        "max_load": _("Schrijf hoeveel zaken tegelijk kunnen: een getal."),
    }

    first_name: Name
    last_name: LastName = ""
    email: EmailAddress
    phone: Phone | None = None
    # Not `language`: a form with that field asks for the page in another language.
    mail_language: str = "nl"
    languages: Annotated[list[LanguageCode], Field(min_length=1), BeforeValidator(_list)]
    gender: Literal["female", "male", "other"] | None = None
    cultures: Annotated[list[_Culture], BeforeValidator(_list)] = Field(default_factory=list)
    region: Annotated[Line, StringConstraints(max_length=60)] | None = None
    max_load: int = Field(ge=0, le=1000)
    version: int | None = None

    def body(self, known: Coordinator | None) -> dict[str, object]:
        """Return intake's request body; what the form does not show stays as it was."""
        given = self.model_dump(exclude_none=True, exclude={"mail_language"})
        given["language"] = self.mail_language
        if known is None:
            return given
        return {
            **given,
            "coordinator_id": str(known.coordinator_id),
            "tied_to": [str(each) for each in known.tied_to],
        }


async def _known(visit: StaffVisit) -> Coordinator | None:
    given = visit.request.path_params.get("coordinator_id")
    if given is None:
        return None
    found = [each for each in await all_coordinators(visit) if str(each.coordinator_id) == read_id(given)]
    if not found:
        raise ServiceRefused(404, "coordinator-not-found")
    return found[0]


@pages.show("/coordinators/new", _readers)
async def show_new(visit: StaffVisit) -> Response:
    """Show an empty form."""
    return _form(visit, None)


@pages.send("/coordinators/new", _readers)
async def enter(visit: StaffVisit) -> Response:
    """Add a coordinator."""
    await visit.ask(ENTER, body=visit.read(CoordinatorForm).body(None))
    return visit.go("/coordinators")


@pages.show("/coordinators/{coordinator_id}", _readers)
async def show(visit: StaffVisit) -> Response:
    """Show a coordinator's data."""
    return _form(visit, await _known(visit))


@pages.send("/coordinators/{coordinator_id}", _readers)
async def change(visit: StaffVisit) -> Response:
    """Change a coordinator's data, unless somebody else did meanwhile."""
    form = visit.read(CoordinatorForm)
    await visit.ask(ENTER, body=form.body(await _known(visit)))
    return visit.go("/coordinators")


def _form(visit: StaffVisit, known: Coordinator | None) -> Response:
    model = CoordinatorPage(
        known=known, correspondence=list(STAFF_NAMES.items()), may_erase=visit.has(Role.ADMINISTRATOR)
    )
    return visit.page("coordinator.html", model)
