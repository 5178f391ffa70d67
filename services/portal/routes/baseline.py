"""The baseline of a case: the questions for the circle, and the bottom lines that every plan holds to."""

from typing import Annotated, Any, ClassVar
from uuid import UUID

from pydantic import BeforeValidator, Field
from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.pages import Pages
from services.portal.road import BASELINE
from services.portal.routes.cases import READERS
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit, staff
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _
from shared.auth import Role
from shared.fields import Text

pages = Pages()
WRITE_BASELINE = Operation("intake", "PUT", "/v1/cases/{case_id}/baseline", Answer)


class BaselinePage(PageModel):
    """The questions and the bottom lines, one per line."""

    case_id: UUID
    version: int
    questions: str
    bottom_lines: str
    resources: str | None
    asks: bool
    sets: bool


def _lines(text: str) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()]


# A text per line.
Lines = Annotated[list[Text], BeforeValidator(_lines)]


class BaselineForm(Form):
    """The author's words: the coordinator's questions, or the referrer's bottom lines."""

    WANTED: ClassVar = {"": _("Schrijf elke vraag op een regel.")}

    version: int
    questions: Lines = Field(default_factory=list)
    bottom_lines: Lines = Field(default_factory=list)
    resources: Text | None = None


@pages.show("/cases/{case_id}/baseline", staff(*READERS))
async def show_baseline(visit: StaffVisit) -> Response:
    """Show the questions and the bottom lines."""
    case_id = case_of(visit)
    found = await visit.ask(BASELINE, case_id=case_id)
    model = BaselinePage(
        case_id=UUID(case_id),
        version=found.version,
        questions="\n".join(found.questions),
        bottom_lines="\n".join(each.text for each in found.bottom_lines),
        resources=found.resources,
        asks=visit.has(Role.COORDINATOR),
        sets=visit.has(Role.REFERRER),
    )
    return visit.page("baseline.html", model)


@pages.send("/cases/{case_id}/baseline", staff(Role.COORDINATOR, Role.REFERRER))
async def write_baseline(visit: StaffVisit) -> Response:
    """Save them; the service refuses if another changed them meanwhile."""
    case_id = case_of(visit)
    form = visit.read(BaselineForm)
    change: dict[str, Any] = {"version": form.version}
    if visit.has(Role.COORDINATOR) and "questions" in visit.form:
        change["questions"] = form.questions
    if visit.has(Role.REFERRER) and "bottom_lines" in visit.form:
        before = {each.text: each for each in (await visit.ask(BASELINE, case_id=case_id)).bottom_lines}
        # An unchanged line keeps its id: plans refer to it.
        change["bottom_lines"] = [
            {"text": line, "bottom_line_id": str(before[line].bottom_line_id)}
            if line in before
            else {"text": line}
            for line in form.bottom_lines
        ]
        change["resources"] = form.resources
    await visit.ask(WRITE_BASELINE, body=change, case_id=case_id)
    return visit.go(f"/cases/{case_id}")
