"""The first page of members of staff: what waits for them today."""

from starlette.responses import Response

from services.portal.pages import PageModel, Pages
from services.portal.staff import HOME, StaffVisit, staff

pages = Pages()


class TodayPage(PageModel):
    """What waits."""


@pages.show(HOME, staff())
async def show(visit: StaffVisit) -> Response:
    """Show what waits."""
    return visit.page("today.html", TodayPage())
