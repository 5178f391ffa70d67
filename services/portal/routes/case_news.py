"""Late changes, after the circle was told: it is told again, or the date is moved; no surprises on the day."""

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.of_case import Conference, case_of, latest
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()

INFORM_AGAIN = Operation("scheduling", "POST", "/v1/conferences/{conference_id}/inform-again", Answer)

# What changed, by the step that tells it.
_CHANGED = {
    "questions-shared": _("De vragen aan de kring zijn veranderd."),
    "bottom-lines-shared": _("De ondergrenzen, of waar de kring op kan rekenen, zijn veranderd."),
    "information-givers": _("Wie wat komt vertellen, is veranderd."),
}
# The reasons for moving the date because of it.
_BOTTOM_LINES = "bottom-lines-shared"
_LIVE = ("preparing", "polling", "ready-to-schedule", "scheduled")
_coordinator = staff(Role.COORDINATOR)


class News(PageModel):
    """A late change, and whether the circle knows."""

    what: str
    state: str
    since: str


class NewsPage(PageModel):
    """The late changes, and what can be done."""

    case_id: str
    news: list[News]
    can_move: bool
    reason: str


async def news_of(visit: StaffVisit, conference: Conference | None) -> list[News]:
    """Return what the circle was not told in time, or not yet."""
    if conference is None or conference.preparation is None:
        return []
    dates = await visit.dates()
    shown = ("open", "informing") if conference.state in _LIVE else ("on-the-day",)
    return [
        News(what=visit.word(_CHANGED, each.code), state=each.state, since=dates.day(each.created_at))
        for each in conference.preparation.late_news
        if each.state in shown
    ]


@pages.show("/cases/{case_id}/conference/news", _coordinator)
async def show(visit: StaffVisit) -> Response:
    """Show the late changes, and ask what to do."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    late = conference.preparation.late_news if conference and conference.preparation else []
    codes = {each.code for each in late if each.state == "open"}
    model = NewsPage(
        case_id=case_id,
        news=await news_of(visit, conference),
        can_move=conference is not None and conference.state == "scheduled",
        reason="bottom-line-late" if _BOTTOM_LINES in codes else "information-late",
    )
    return visit.page("case_news.html", model)


@pages.send("/cases/{case_id}/conference/news", _coordinator)
async def inform_again(visit: StaffVisit) -> Response:
    """Decide that everybody is told again."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    await visit.ask(INFORM_AGAIN, conference_id=conference.conference_id if conference else read_id(""))
    return visit.go(f"/cases/{case_id}/conference")
