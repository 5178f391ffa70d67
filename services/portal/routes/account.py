"""The reader's account: what their provider says about them, and what the organisation entered."""

from starlette.responses import Response

from services.portal.client import NamedAnswer, Operation
from services.portal.pages import Pages
from services.portal.routes.colleagues import ROLES
from services.portal.routes.daily_mail import READERS
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel

pages = Pages()
PATH = "/account"


class Account(NamedAnswer):
    """The calling account."""

    organisation: str | None
    roles: list[str]
    entered_roles: list[str]
    is_coordinator: bool
    email: str | None
    language: str | None


ME = Operation("intake", "GET", "/v1/me", Account)


class AccountPage(PageModel):
    """What is known of the reader; `entered`: the organisation entered them, so emails reach them."""

    name: str
    email: str | None
    employer: str | None
    roles: str
    entered: bool


@pages.show(PATH, staff(*READERS))
async def show(visit: StaffVisit) -> Response:
    """Show who the reader is here."""
    me = await visit.ask(ME)
    model = AccountPage(
        name=me.name,
        email=me.email,
        employer=me.organisation,
        roles=", ".join(visit.word(ROLES, role) for role in me.roles),
        entered=me.email is not None,
    )
    return visit.page("account.html", model)
