"""What is late over all organisations, for ops: kinds, counts and times, and nothing of anybody."""

from starlette.responses import Response

from services.portal import todos
from services.portal.boards import SOMETHING_TO_DO, TO_DO
from services.portal.pages import Pages
from services.portal.staff import StaffVisit, section, staff
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
section("/ops", _("Wat te laat is"), Role.OPS)


class LateKind(PageModel):
    """How many deadlines of a kind are late."""

    service: str
    kind: str
    what: str
    day: int
    week: int
    longer: int
    oldest: str


class OpsPage(PageModel):
    """What is late."""

    late: list[LateKind]


@pages.show("/ops", staff(Role.OPS))
async def show(visit: StaffVisit) -> Response:
    """Show what is late by kind and age, what has been late longest first."""
    dates = await visit.dates()
    found = await todos.late_by_kind(visit.session, now=await visit.parts.clock.now())
    late = [
        LateKind(
            service=each.service,
            kind=each.kind,
            what=visit.say(TO_DO.get(each.kind, SOMETHING_TO_DO)),
            day=each.day,
            week=each.week,
            longer=each.longer,
            oldest=dates.time(each.oldest),
        )
        for each in found
    ]
    return visit.page("ops.html", OpsPage(late=late))
