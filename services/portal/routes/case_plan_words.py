"""A plan in another language, written beside the words on which the circle agreed."""

from collections.abc import Iterator

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import NotThere
from services.portal.pages import Pages
from services.portal.routes.case_plan import COORDINATOR, Plan, plan_of
from services.portal.routes.of_case import case_of
from services.portal.staff import StaffVisit
from services.portal.visits import PageModel
from services.portal.wording import language_name
from shared.languages import LANGUAGES, direction

pages = Pages()

WORD = Operation("plans", "PUT", "/v1/plans/{plan_id}/wordings/{language}", Answer)


class InLanguage(PageModel):
    """A language, and how much of the plan is written in it."""

    code: str
    name: str
    written: int


class WordsPage(PageModel):
    """The texts of the plan beside those in a language: number, the circle's words, the other; or the choice of one."""

    case_id: str
    plan_version: int
    agreed_in: str
    languages: list[InLanguage]
    to: str
    to_name: str
    to_direction: str
    rows: list[tuple[int, str, str]]
    count: int


def _texts(plan: Plan) -> list[str]:
    """Return every text of a plan that is said in the words of the circle, once each, in order."""
    return list(dict.fromkeys(text for text in _all_texts(plan) if text))


def _all_texts(plan: Plan) -> Iterator[str | None]:
    yield from plan.goals
    for agreement in plan.agreements:
        yield from (agreement.what, agreement.known_done_how)
    for line in plan.plan_b:
        yield from (line.when, line.then)
    yield from plan.decisions_of_circle
    for resource in plan.resources:
        yield resource.what
    yield plan.for_children


def _language(visit: StaffVisit, plan: Plan) -> str:
    """Return the language that was chosen; empty if none of those in which the plan can be written was."""
    chosen = visit.form.get("to") or visit.request.query_params.get("to", "")
    return chosen if chosen in LANGUAGES and chosen != plan.language else ""


@pages.show("/cases/{case_id}/plan/words", COORDINATOR)
async def ask(visit: StaffVisit) -> Response:
    """Ask for a language, then for the plan in it."""
    case_id = case_of(visit)
    plan = await plan_of(visit, case_id)
    if plan is None:
        raise NotThere
    to, texts = _language(visit, plan), _texts(plan)
    said = plan.wording(to)
    model = WordsPage(
        case_id=case_id,
        plan_version=plan.version,
        agreed_in=language_name(plan.language, visit.language),
        languages=[
            InLanguage(
                code=each,
                name=language_name(each, visit.language),
                written=sum(text in plan.wording(each) for text in texts),
            )
            for each in LANGUAGES
            if each != plan.language
        ],
        to=to,
        to_name=language_name(to, visit.language) if to else "",
        to_direction=direction(to) if to else "ltr",
        rows=[(number, text, said.get(text, "")) for number, text in enumerate(texts)] if to else [],
        count=len(texts),
    )
    return visit.page("case_plan_words.html", model)


@pages.send("/cases/{case_id}/plan/words", COORDINATOR)
async def write(visit: StaffVisit) -> Response:
    """Write the plan in that language; the service refuses if the plan changed meanwhile."""
    case_id = case_of(visit)
    plan = await plan_of(visit, case_id)
    to = _language(visit, plan) if plan else ""
    if plan is None or not to:
        raise NotThere
    said = [
        {"in_plan": text, "wording": wording}
        for number, text in enumerate(_texts(plan))
        if (wording := visit.form.get(f"wording-{number}", "").strip())
    ]
    await visit.ask(WORD, body={"version": visit.version, "texts": said}, plan_id=plan.plan_id, language=to)
    return visit.go(f"/cases/{case_id}/plan/words")
