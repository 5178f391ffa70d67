"""What a regional manager reads of a file while it is open to them by break-glass access: they change nothing here.

Each page asks for the case's people or plan, which the services give for the time of the access only, and record.
"""

import asyncio
from datetime import datetime
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Items, Operation
from services.portal.pages import Pages
from services.portal.routes.case_plan import PlanText, lines_of, names_of, plan_of, text_of
from services.portal.routes.circle import Row, people_of, rows_of
from services.portal.routes.circle_person import KnownPage, known_of
from services.portal.routes.circle_person_data import ShownAnswer, said_by
from services.portal.routes.conference import Attending, attending, state_in_words
from services.portal.routes.of_case import case_of, everyone, latest
from services.portal.staff import StaffVisit, staff
from services.portal.visits import MustGo, PageModel
from services.portal.wording import mark as _
from shared.auth import Role

pages = Pages()
FILE = "/cases/{case_id}/open-file"
_manager = staff(Role.REGIONAL_MANAGER)


class BreakGlass(Answer):
    """The opening of a file."""

    break_glass_id: UUID
    case_id: UUID
    opened_by: UUID
    until: datetime
    closed_at: datetime | None


OPENED = Operation("intake", "GET", "/v1/break-glass", Items[BreakGlass])


class FilePage(PageModel):
    """A page of a file, and until when it can be read."""

    id: str
    until: str


class FileCirclePage(FilePage):
    """The people of the case."""

    rows: list[Row]


class FilePersonPage(KnownPage, FilePage):
    """What is known of one of them, and to what they agreed."""

    said: list[ShownAnswer]


class FileConferencePage(FilePage):
    """When and where the circle meets, and who comes."""

    state_in_words: str
    when: str | None
    venue_name: str | None
    venue_address: str | None
    held: bool
    people: list[Attending]


class FilePlanPage(FilePage):
    """The plan."""

    plan: PlanText | None


async def opening_of(visit: StaffVisit) -> BreakGlass | None:
    """Return the reader's access to the file of the case in the address; None if it is closed to them."""
    opened, now = await visit.ask(OPENED), await visit.parts.clock.now()
    for each in opened.items:
        mine = (str(each.case_id), each.opened_by) == (case_of(visit), visit.member.id)
        if mine and each.closed_at is None and each.until > now:
            return each
    return None


async def _open(visit: StaffVisit) -> FilePage:
    """Return until when a file is open to its reader. Raises: MustGo to where it is opened if it is closed."""
    access = await opening_of(visit)
    if access is None:
        raise MustGo(FILE.format(case_id=case_of(visit)))
    return FilePage(id=case_of(visit), until=(await visit.dates()).until(access.until))


@pages.show(f"{FILE}/circle", _manager)
async def show_circle(visit: StaffVisit) -> Response:
    """Show the circle, and how its people are reached."""
    page = await _open(visit)
    rows = rows_of(visit, await visit.dates(), await people_of(visit))
    return visit.page("open_file_circle.html", FileCirclePage(**dict(page), rows=rows))


@pages.show(f"{FILE}/circle/{{person_id}}", _manager)
async def show_person(visit: StaffVisit) -> Response:
    """Show somebody of the circle."""
    page = await _open(visit)
    (known, _people), said = await asyncio.gather(known_of(visit), said_by(visit))
    return visit.page("open_file_person.html", FilePersonPage(**dict(page), **dict(known), said=said))


@pages.show(f"{FILE}/conference", _manager)
async def show_conference(visit: StaffVisit) -> Response:
    """Show the newest conference, and how who comes is reached."""
    page = await _open(visit)
    people, conference = await asyncio.gather(everyone(visit, page.id), latest(visit, page.id))
    starts, ends = (conference.starts_at, conference.ends_at) if conference else (None, None)
    model = FileConferencePage(
        **dict(page),
        state_in_words=state_in_words(visit, conference),
        when=(await visit.dates()).period(starts, ends) if starts and ends else None,
        venue_name=conference.venue.name if conference and conference.venue else None,
        venue_address=conference.venue.address if conference and conference.venue else None,
        held=conference is not None and conference.state == "held",
        people=attending(visit, await visit.dates(), conference, people),
    )
    return visit.page("open_file_conference.html", model)


@pages.show(f"{FILE}/plan", _manager)
async def show_plan(visit: StaffVisit) -> Response:
    """Show the plan, and the mandated side's judgement."""
    page = await _open(visit)
    plan, people, lines = await asyncio.gather(
        plan_of(visit, page.id), everyone(visit, page.id), lines_of(visit, page.id)
    )
    somebody = visit.say(_("iemand van de kring"))
    text = await text_of(visit, plan, names_of(people), lines, unnamed=somebody) if plan else None
    return visit.page("open_file_plan.html", FilePlanPage(**dict(page), plan=text))
