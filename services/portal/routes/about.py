"""The first page: what an Eigen Kracht-conferentie is, and where to go from here."""

from uuid import UUID

from starlette.responses import Response

from services.portal.pages import Pages, anyone, failure
from services.portal.queries import organisations
from services.portal.readers import whoever
from services.portal.visits import PageModel, Visit

pages = Pages()
# For addresses without a page.
nowhere = Pages()


class Organisation(PageModel):
    """An organisation that gives courses."""

    id: UUID
    name: str


class StartPage(PageModel):
    """What anyone sees first."""

    organisations: list[Organisation]


@pages.show("/", anyone)
async def start(visit: Visit) -> Response:
    """Show what this site is."""
    known = await organisations(visit.session)
    return visit.page(
        "start.html", StartPage(organisations=[Organisation(id=id_, name=name) for id_, name in known])
    )


@nowhere.show("/{path:path}", whoever)
async def missing(visit: Visit) -> Response:
    """Say that there is no such page."""
    return failure(visit, 404)
