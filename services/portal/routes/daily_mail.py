"""Whether the reader gets the mail that says each working day how much waits for them."""

from typing import ClassVar

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
PATH = "/daily-mail"
# Roles in the register.
READERS = frozenset(Role) - {Role.OPS, Role.INTEGRATION}


class DailyMail(Answer):
    """Whether the mail is sent."""

    wanted: bool


WANTED = Operation("intake", "GET", "/v1/me/daily-mail", DailyMail)
SET_WANTED = Operation("intake", "PUT", "/v1/me/daily-mail", DailyMail)


class DailyMailPage(PageModel):
    """Whether it is sent, and the answers there are."""

    wanted: str
    options: list[tuple[str, str, None]]


class DailyMailForm(Form):
    """Whether it is to be sent."""

    WANTED: ClassVar = {"wanted": _("Kies of je de mail wil.")}

    wanted: bool


@pages.show(PATH, staff(*READERS))
async def show(visit: StaffVisit) -> Response:
    """Show how it is now."""
    known = await visit.ask(WANTED)
    options = [("true", visit.say(_("Ja")), None), ("false", visit.say(_("Nee")), None)]
    return visit.page(
        "daily_mail.html", DailyMailPage(wanted="true" if known.wanted else "false", options=options)
    )


@pages.send(PATH, staff(*READERS), shown_by=show)
async def change(visit: StaffVisit) -> Response:
    """Turn it on or off."""
    await visit.ask(SET_WANTED, body={"wanted": visit.read(DailyMailForm).wanted})
    return visit.go("/today")
