"""A central person writes down the answer to what the circle asked of somebody outside it."""

from typing import ClassVar, Literal

from pydantic import Field
from starlette.responses import Response

from services.portal.forms import NotThere, read_id
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.resources import RESOURCES
from services.portal.routes.case_plan import ANSWER
from services.portal.routes.plan import plan_read_by
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _

pages = Pages()


class AskedForm(Form):
    """The answer."""

    WANTED: ClassVar = {
        "state": _("Kies wat het antwoord was."),
        "answer": _("Schrijf het wat korter."),
    }

    state: Literal["asked", "granted", "refused"]
    answer: str | None = Field(default=None, max_length=1000)


class AskedPage(PageModel):
    """What the circle asked, and the answer as it stands."""

    what: str
    asked_of: str | None
    state: str
    answer: str
    answered_version: int
    answers: list[tuple[str, str, None]]


@pages.show("/me/plan/asked/{resource_id}", person)
async def ask(visit: PersonVisit) -> Response:
    """Ask for the answer."""
    plan, wanted = await plan_read_by(visit), read_id(visit.request.path_params["resource_id"])
    found = next((each for each in (plan.resources if plan else []) if str(each.resource_id) == wanted), None)
    if found is None or visit.person.role != "central":
        raise NotThere
    model = AskedPage(
        what=found.what,
        asked_of=found.asked_of,
        state=found.state,
        answer=found.answer or "",
        answered_version=found.version,
        answers=[(state, visit.say(words), None) for state, words in RESOURCES.items()],
    )
    return visit.page("plan_asked.html", model)


@pages.send("/me/plan/asked/{resource_id}", person)
async def answer(visit: PersonVisit) -> Response:
    """Record the answer."""
    form = visit.read(AskedForm)
    body = {"state": form.state, "answer": form.answer, "version": visit.version or None}
    await visit.ask(ANSWER, body=body, resource_id=read_id(visit.request.path_params["resource_id"]))
    return visit.go("/me/plan")
