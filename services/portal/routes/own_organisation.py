"""An organisation's profile: its name, reply address and colours, and the end of its emails."""

from typing import Any, ClassVar

from pydantic import Field
from starlette.responses import Response

from services.portal import logos
from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.permissions import may_manage
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import Form, NotTheirs, PageModel, Unacceptable
from services.portal.wording import mark as _
from shared.auth import Role
from shared.colours import unreadable
from shared.fields import EmailAddress, Line

pages = Pages()
_administrator = staff(Role.ADMINISTRATOR)
PATH = "/settings/organisation"
section(PATH, _("Organisatie"), Role.ADMINISTRATOR)


class Organisation(Answer):
    """The profile of an organisation."""

    name: str
    reply_to: str | None
    languages: list[str]
    country: str
    subdivision: str | None
    time_zone: str
    accent_colour: str | None
    heading_colour: str | None
    background_colour: str | None
    signature: str | None
    version: int


READ = Operation("intake", "GET", "/v1/organisations/{organisation_id}", Organisation)
CHANGE = Operation("intake", "PUT", "/v1/organisations/{organisation_id}", Answer)


class OrganisationPage(PageModel):
    """The profile, to change."""

    known: Organisation


_COLOUR = r"^#[0-9a-fA-F]{6}$"
_WRONG_COLOUR = _("Schrijf een kleur als # en zes cijfers of letters van a tot f, zoals #14594f.")
_NOT_READABLE = _("Deze kleur is te moeilijk te lezen. De dichtste kleur die wel gaat, is %(colour)s.")


class OrganisationForm(Form):
    """The new profile."""

    WANTED: ClassVar = {
        "name": _("Schrijf de naam van je organisatie."),
        "accent_colour": _WRONG_COLOUR,
        "heading_colour": _WRONG_COLOUR,
        "background_colour": _WRONG_COLOUR,
    }

    name: Line
    reply_to: EmailAddress | None = None
    accent_colour: str | None = Field(default=None, pattern=_COLOUR)
    heading_colour: str | None = Field(default=None, pattern=_COLOUR)
    background_colour: str | None = Field(default=None, pattern=_COLOUR)
    signature: str | None = Field(default=None, max_length=300)


_NO_PICTURE = _("Kies een afbeelding als PNG of JPEG, van hoogstens 1 MB.")


@pages.show(PATH, _administrator)
async def show(visit: StaffVisit) -> Response:
    """Show the profile."""
    if "saved" in visit.request.query_params:
        visit.notice = visit.say(_("Bewaard."))
    known = await visit.ask(READ, organisation_id=visit.tenant)
    return visit.page("organisation_profile.html", OrganisationPage(known=known))


@pages.send(PATH, _administrator)
async def change(visit: StaffVisit) -> Response:
    """Change the profile; what is not on the page stays."""
    form = visit.read(OrganisationForm)
    nearest = unreadable(
        accent=form.accent_colour, heading=form.heading_colour, background=form.background_colour
    )
    if nearest:
        words = visit.say(_NOT_READABLE)
        raise Unacceptable({f"{name}_colour": words % {"colour": each} for name, each in nearest.items()})
    known = await visit.ask(READ, organisation_id=visit.tenant)
    body: dict[str, Any] = {**known.model_dump(exclude={"version"}), **form.model_dump()}
    await visit.ask(CHANGE, body={**body, "version": visit.version}, organisation_id=visit.tenant)
    return visit.go(f"{PATH}?saved=1")


@pages.send(f"{PATH}/logo", _administrator, shown_by=show, max_body_size=2 * logos.MAX_FILE)
async def change_logo(visit: StaffVisit) -> Response:
    """Change or remove the logo. Raises: NotTheirs for staff of another organisation, since no service is asked."""
    if not may_manage(visit.principal, Role.ADMINISTRATOR):
        raise NotTheirs
    if "without" in visit.form:
        await logos.forget(visit.session, tenant=visit.tenant)
        return visit.go(f"{PATH}?saved=1")
    try:
        image = await logos.draw(visit.file or b"")
    except logos.NoPicture:
        raise Unacceptable({"file": _NO_PICTURE}) from None
    await logos.keep(visit.session, tenant=visit.tenant, image=image, now=await visit.parts.clock.now())
    return visit.go(f"{PATH}?saved=1")
