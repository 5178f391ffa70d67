"""Places where circles can meet: listed, added, changed, and closed."""

from typing import Any, ClassVar, get_args
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation, ServiceRefused
from services.portal.codes import NEEDS
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.events.network import AccessNeed
from shared.fields import EmailAddress, Line, Name, Phone

pages = Pages()

ACCESS: tuple[str, ...] = get_args(AccessNeed)
_WEEK = {
    "mon": _("Maandag"),
    "tue": _("Dinsdag"),
    "wed": _("Woensdag"),
    "thu": _("Donderdag"),
    "fri": _("Vrijdag"),
    "sat": _("Zaterdag"),
    "sun": _("Zondag"),
}
_PARTS = {"morning": _("voormiddag"), "afternoon": _("namiddag"), "evening": _("avond")}


class Venue(Answer):
    """A place where circles can meet."""

    venue_id: UUID
    name: str
    address: str
    neutral: bool
    reached_by: str | None
    meets: list[str]
    open_at: list[str]
    contact_name: str | None
    contact_phone: str | None
    contact_email: str | None
    version: int


class Venues(Answer):
    """The places that an organisation uses."""

    venues: list[Venue]


VENUES = Operation("scheduling", "GET", "/v1/venues", Venues)
ENTER = Operation("scheduling", "POST", "/v1/venues", Answer)
CHANGE = Operation("scheduling", "PUT", "/v1/venues/{venue_id}", Answer)
CLOSE = Operation("scheduling", "POST", "/v1/venues/{venue_id}/close", type(None))

section("/venues", _("Plaatsen"), Role.REGIONAL_MANAGER, Role.ADMINISTRATOR)
_keepers = staff(Role.REGIONAL_MANAGER, Role.ADMINISTRATOR)


class VenuesPage(PageModel):
    """The places of an organisation, each with its features in words."""

    venues: list[tuple[Venue, list[str]]]


class VenuePage(PageModel):
    """The form of one place; `known` is empty for a new one."""

    known: Venue | None
    all_access: list[tuple[str, str]]
    week: list[tuple[str, list[tuple[str, str]]]]


class VenueForm(Form):
    """The data of a place."""

    WANTED: ClassVar = {
        "name": _("Schrijf hoe de plaats heet."),
        "address": _("Vul het adres in, dan vindt iedereen de weg."),
    }

    name: Line
    address: Line
    reached_by: Line | None = None
    contact_name: Name | None = None
    contact_phone: Phone | None = None
    contact_email: EmailAddress | None = None


def access_in_words(visit: StaffVisit, codes: list[str]) -> str:
    """Return access needs in the reader's words, separated by commas."""
    return visit.listed(visit.say(NEEDS[code]).lower() for code in ACCESS if code in codes)


@pages.show("/venues", _keepers)
async def show_all(visit: StaffVisit) -> Response:
    """List the places."""
    found = (await visit.ask(VENUES)).venues
    neutral = {True: visit.say(_("Een neutrale plaats")), False: visit.say(_("Geen neutrale plaats"))}
    model = VenuesPage(
        venues=[(each, [neutral[each.neutral], access_in_words(visit, each.meets)]) for each in found]
    )
    return visit.page("venues.html", model)


@pages.show("/venues/new", _keepers)
async def show_new(visit: StaffVisit) -> Response:
    """Show an empty form."""
    return _form(visit, None)


@pages.send("/venues/new", _keepers)
async def enter(visit: StaffVisit) -> Response:
    """Add a place."""
    await visit.ask(ENTER, body=_body(visit))
    return visit.go("/venues")


@pages.show("/venues/{venue_id}", _keepers)
async def show(visit: StaffVisit) -> Response:
    """Show a place's data."""
    found = [each for each in (await visit.ask(VENUES)).venues if str(each.venue_id) == _id(visit)]
    if not found:
        raise ServiceRefused(404, "venue-not-found")
    return _form(visit, found[0])


@pages.send("/venues/{venue_id}", _keepers)
async def change(visit: StaffVisit) -> Response:
    """Change a place's data, or close it."""
    if visit.form.get("do") == "close":
        await visit.ask(CLOSE, venue_id=_id(visit))
    else:
        await visit.ask(CHANGE, body=_body(visit) | {"version": visit.version}, venue_id=_id(visit))
    return visit.go("/venues")


def _id(visit: StaffVisit) -> str:
    return read_id(visit.request.path_params["venue_id"])


def _form(visit: StaffVisit, known: Venue | None) -> Response:
    parts = [(part, visit.say(label)) for part, label in _PARTS.items()]
    model = VenuePage(
        known=known,
        all_access=[(code, visit.say(NEEDS[code])) for code in ACCESS],
        week=[
            (visit.say(label), [(f"{day}-{part}", words) for part, words in parts])
            for day, label in _WEEK.items()
        ],
    )
    return visit.page("venue.html", model)


def _body(visit: StaffVisit) -> dict[str, Any]:
    open_at = [f"{day}-{part}" for day in _WEEK for part in _PARTS]
    return visit.read(VenueForm).model_dump() | {
        "neutral": visit.form.get("neutral") == "yes",
        "meets": [code for code in ACCESS if code in visit.ticked("meets")],
        "open_at": [part for part in open_at if part in visit.ticked("open_at")],
    }
