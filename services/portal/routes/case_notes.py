"""The coordinator's own notes for the day: what was agreed about safety, and how the children take part."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints
from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.routes.of_case import case_of, latest
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from shared.auth import Role
from shared.fields import Text

pages = Pages()


class Notes(Answer):
    """The notes of a preparation."""

    version: int = 1
    safety_plan: str | None = None
    child_participation: str | None = None


NOTES = Operation("scheduling", "GET", "/v1/conferences/{conference_id}/notes", Notes)
WRITE = Operation("scheduling", "PUT", "/v1/conferences/{conference_id}/notes", Notes)
_OVER = ("held", "cancelled")
_Note = Annotated[Text, StringConstraints(max_length=4000)]
_coordinator = staff(Role.COORDINATOR)


class NotesPage(PageModel):
    """The form, as it was written before."""

    case_id: str
    over: bool
    notes: Notes


class NotesForm(Form):
    """What the coordinator writes down; what is left empty is nothing."""

    safety_plan: _Note | None = None
    child_participation: _Note | None = None


async def notes_of(visit: StaffVisit, conference_id: UUID | None) -> Notes:
    """Return the notes of a conference's preparation; empty ones if there is none."""
    return Notes() if conference_id is None else await visit.ask(NOTES, conference_id=conference_id)


@pages.show("/cases/{case_id}/conference/notes", _coordinator)
async def show(visit: StaffVisit) -> Response:
    """Show the notes in a form."""
    case_id = case_of(visit)
    conference = await latest(visit, case_id)
    over = conference is None or conference.state in _OVER
    notes = await notes_of(visit, None if conference is None or over else conference.conference_id)
    return visit.page("case_notes.html", NotesPage(case_id=case_id, over=over, notes=notes))


@pages.send("/cases/{case_id}/conference/notes", _coordinator)
async def write(visit: StaffVisit) -> Response:
    """Save the notes; the service refuses if they were changed meanwhile."""
    case_id, form = case_of(visit), visit.read(NotesForm)
    conference = await latest(visit, case_id)
    await visit.ask(
        WRITE,
        body={"version": visit.version, **{name: said or None for name, said in form}},
        conference_id=conference.conference_id if conference else read_id(""),
    )
    return visit.go(f"/cases/{case_id}/conference")
