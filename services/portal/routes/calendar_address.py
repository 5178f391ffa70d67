"""Where a coordinator creates and renews the secret address that their own calendar reads."""

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel
from shared.auth import Role

pages = Pages()
PATH = "/calendar"


class Secret(Answer):
    """The secret in a calendar address."""

    secret: str


RENEW = Operation("scheduling", "POST", "/v1/me/calendar-feed", Secret)


class CalendarPage(PageModel):
    """The address, once it was created."""

    address: str | None


@pages.show(PATH, staff(Role.COORDINATOR))
async def show(visit: StaffVisit) -> Response:
    """Explain the address."""
    return visit.page("calendar_address.html", CalendarPage(address=None))


@pages.send(PATH, staff(Role.COORDINATOR))
async def renew(visit: StaffVisit) -> Response:
    """Create a new address, and show it once."""
    made = await visit.ask(RENEW)
    address = f"{visit.parts.settings.public_url}/calendar/{visit.principal.tenant}/{made.secret}"
    return visit.page("calendar_address.html", CalendarPage(address=address))
