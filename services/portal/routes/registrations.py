"""A registration, for those who give the training: mailing its link again, and cancelling it."""

from typing import ClassVar, Literal
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.trainings import (
    COMING,
    LIST,
    ORGANISERS,
    Participant,
    Registration,
    participant_of,
)
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _

pages = Pages()

REGISTRATION = Operation("training", "GET", "/v1/registrations/{registration_id}", Registration)
MAIL = Operation("training", "POST", "/v1/registrations/{registration_id}/mail", Answer)
CANCEL = Operation("training", "POST", "/v1/registrations/{registration_id}/cancel", Answer)


class CancelPage(PageModel):
    """A registration; `mailed`: its link was sent just now."""

    session_id: UUID
    person: Participant
    is_over: bool
    mailed: bool


class CancelForm(Form):
    """Which side cancels a registration."""

    WANTED: ClassVar = {"by": _("Kies wie er annuleert.")}

    by: Literal["participant", "organiser"]


@pages.show(f"{LIST}/registrations/{{registration_id}}", staff(*ORGANISERS))
async def show_cancel(visit: StaffVisit) -> Response:
    """Offer to mail the link again or to cancel, and explain the consequences."""
    return await _page(visit, mailed=False)


async def _page(visit: StaffVisit, *, mailed: bool) -> Response:
    found = await visit.ask(
        REGISTRATION, registration_id=read_id(visit.request.path_params["registration_id"])
    )
    model = CancelPage(
        session_id=found.session_id,
        person=participant_of(visit, found),
        is_over=found.state not in COMING,
        mailed=mailed,
    )
    return visit.page("trainings_cancel.html", model)


@pages.send(f"{LIST}/registrations/{{registration_id}}", staff(*ORGANISERS))
async def cancel(visit: StaffVisit) -> Response:
    """Cancel a registration."""
    form = visit.read(CancelForm)
    registration_id = read_id(visit.request.path_params["registration_id"])
    found = await visit.ask(REGISTRATION, registration_id=registration_id)
    await visit.ask(CANCEL, body={"by": form.by}, registration_id=registration_id)
    return visit.go(f"{LIST}/sessions/{found.session_id}")


@pages.send(f"{LIST}/registrations/{{registration_id}}/mail", staff(*ORGANISERS), shown_by=show_cancel)
async def mail_again(visit: StaffVisit) -> Response:
    """Mail the participant their link once more."""
    await visit.ask(MAIL, registration_id=read_id(visit.request.path_params["registration_id"]))
    return await _page(visit, mailed=True)
