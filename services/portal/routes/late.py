"""Why a deadline was missed, as whoever is responsible for it says."""

from typing import ClassVar
from uuid import UUID

from starlette.responses import Response

from services.portal import todos
from services.portal.boards import SOMETHING_TO_DO, TO_DO
from services.portal.client import Operation
from services.portal.forms import NotThere, read_id
from services.portal.models import Todo
from services.portal.pages import Pages
from services.portal.staff import HOME, StaffVisit, staff
from services.portal.staff_words import LATE_REASONS
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.events.base import LateReason
from shared.services import SERVICES

pages = Pages()
EXPLAIN = {
    service: Operation(service, "PUT", "/v1/clocks/{clock_id}/late-reason", type(None))
    for service in SERVICES
}
_responsible = staff(Role.COORDINATOR, Role.REGIONAL_MANAGER, Role.REFERRER, Role.FINANCE, Role.DPO)


class LatePage(PageModel):
    """What was late, and the reasons to choose from."""

    what: str
    due: str
    back: tuple[str, str]
    reasons: list[tuple[str, str, None]]
    chosen: str | None


class LateForm(Form):
    """Why."""

    WANTED: ClassVar = {"reason": _("Kies wat het best past.")}

    reason: LateReason


@pages.show("/late/{clock_id}", _responsible)
async def show(visit: StaffVisit) -> Response:
    """Ask why."""
    todo, dates = await _missed(visit), await visit.dates()
    model = LatePage(
        what=visit.say(TO_DO.get(todo.kind, SOMETHING_TO_DO)),
        due=dates.until(todo.due_at),
        back=_back(visit, todo),
        reasons=[(code, visit.say(text), None) for code, text in LATE_REASONS.items()],
        chosen=todo.late_reason,
    )
    return visit.page("late.html", model)


@pages.send("/late/{clock_id}", _responsible)
async def explain(visit: StaffVisit) -> Response:
    """Record why."""
    todo, reason = await visit.apart(lambda: _missed(visit)), visit.read(LateForm).reason
    await visit.ask(EXPLAIN[todo.service], body={"reason": reason}, clock_id=todo.id)
    await todos.note_reason(visit.session, todo, reason)
    return visit.go(_back(visit, todo)[0])


async def _missed(visit: StaffVisit) -> Todo:
    """Return what is in the address. Raises: NotThere if it was not missed, or another must say why."""
    clock_id = UUID(read_id(visit.request.path_params["clock_id"]))
    todo = await todos.missed(visit.session, visit.principal, clock_id=clock_id)
    if todo is None:
        raise NotThere
    return todo


def _back(visit: StaffVisit, todo: Todo) -> tuple[str, str]:
    """Return the page that lists it, and the text of its link."""
    if todo.state == "stopped" and todo.case_id is not None:
        return f"/cases/{todo.case_id}", visit.say(_("Terug naar de zaak"))
    return HOME, visit.say(_("Terug naar Vandaag"))
