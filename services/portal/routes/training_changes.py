"""Changing or cancelling a planned session: everyone registered is told by email."""

from datetime import date, time
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Operation
from services.portal.pages import Pages
from services.portal.routes.announcing import WhenForm
from services.portal.routes.courses import SESSION, Session
from services.portal.routes.trainings import ANNOUNCERS, LIST, can_change, session_id_of
from services.portal.staff import StaffVisit, staff
from services.portal.visits import PageModel

pages = Pages()
_PATH = f"{LIST}/sessions/{{session_id}}"

CHANGE = Operation("training", "PUT", "/v1/sessions/{session_id}", Session)
CANCEL = Operation("training", "POST", "/v1/sessions/{session_id}/cancel", Session)


class ChangePage(PageModel):
    """A planned session, to change or to cancel."""

    id: UUID
    title: str
    when: str
    version: int
    day: date
    begins: time
    ends: time
    place: str
    capacity: int
    is_open: bool


async def _page(visit: StaffVisit, template: str) -> Response:
    found = await visit.ask(SESSION, session_id=session_id_of(visit))
    dates = await visit.dates()
    local = visit.profile.calendar.local
    model = ChangePage(
        id=found.session_id,
        title=found.title,
        when=dates.period(found.starts_at, found.ends_at),
        version=found.version,
        day=local(found.starts_at).date(),
        begins=local(found.starts_at).time(),
        ends=local(found.ends_at).time(),
        place=found.place,
        capacity=found.capacity,
        is_open=can_change(found, await visit.parts.clock.now()),
    )
    return visit.page(template, model)


@pages.show(f"{_PATH}/change", staff(*ANNOUNCERS))
async def show_change(visit: StaffVisit) -> Response:
    """Show the time and place of a session, to change it."""
    return await _page(visit, "trainings_change.html")


@pages.send(f"{_PATH}/change", staff(*ANNOUNCERS))
async def change(visit: StaffVisit) -> Response:
    """Change the time or place of a session."""
    form = visit.read(WhenForm)
    session_id = session_id_of(visit)
    body = {**form.body_by(visit.profile.calendar), "version": visit.version}
    await visit.ask(CHANGE, body=body, session_id=session_id)
    return visit.go(f"{LIST}/sessions/{session_id}?changed=1")


@pages.show(f"{_PATH}/cancel", staff(*ANNOUNCERS))
async def show_cancel(visit: StaffVisit) -> Response:
    """Ask whether to cancel a session, and explain the consequences."""
    return await _page(visit, "trainings_call_off.html")


@pages.send(f"{_PATH}/cancel", staff(*ANNOUNCERS))
async def cancel(visit: StaffVisit) -> Response:
    """Cancel a session."""
    session_id = session_id_of(visit)
    await visit.ask(CANCEL, body={"version": visit.version}, session_id=session_id)
    return visit.go(f"{LIST}/sessions/{session_id}")
