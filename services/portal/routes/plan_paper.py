"""The plan on paper: a PDF that a family can hang on its fridge."""

import asyncio
from collections.abc import Mapping
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Items
from services.portal.pages import Pages
from services.portal.paper import paper
from services.portal.people import ME, PersonVisit, person
from services.portal.resources import Asked, asked_of_others
from services.portal.routes.case_plan import COORDINATOR, plan_of
from services.portal.routes.dates import CIRCLE, Member
from services.portal.routes.of_case import case_of, everyone
from services.portal.routes.plan import (
    Otherwise,
    Plan,
    otherwise,
    plan_read_by,
    who_convenes,
    who_does,
)
from services.portal.staff import StaffVisit
from services.portal.visits import PageModel, Visit
from services.portal.wording import language_name
from services.portal.wording import mark as _
from shared.languages import direction

pages = Pages()


class PaperPromise(PageModel):
    """An agreement on paper."""

    what: str
    how: str | None
    who: str
    due: str
    done: bool


class PaperPage(PageModel):
    """The content of the paper: first names, and nothing that only an office needs."""

    version: int
    recorded: str
    agreed_in: str
    words_language: str
    words_direction: str
    goals: list[str]
    promises: list[PaperPromise]
    plan_b: list[Otherwise]
    resources: list[Asked]
    decisions: list[str]
    for_children: str | None
    monitor: str
    review: str
    convener: str


async def _page(visit: Visit, plan: Plan, names: Mapping[UUID, str], *, language: str) -> PaperPage:
    dates, agreed = await visit.dates(), language_name(plan.language, visit.language)
    plan, written = plan.in_language(language), plan
    somebody = visit.say(_("iemand van de kring"))
    return PaperPage(
        version=plan.version,
        recorded=dates.day(plan.recorded_at),
        agreed_in="" if plan is written else agreed,
        words_language=plan.language,
        words_direction=direction(plan.language),
        goals=plan.goals,
        promises=[
            PaperPromise(
                what=each.what,
                how=each.known_done_how,
                who=who_does(visit, each, names, unnamed=somebody),
                due=dates.day(each.due_on),
                done=each.state == "done",
            )
            for each in plan.agreements
            if each.state in ("open", "done")
        ],
        plan_b=otherwise(plan, names, unnamed=somebody),
        resources=asked_of_others(visit, plan.resources, dates),
        decisions=plan.decisions_of_circle,
        for_children=plan.for_children,
        monitor=names.get(plan.monitor_person_id, somebody) if plan.monitor_person_id else "",
        review=dates.day(plan.review_on),
        convener=who_convenes(visit, plan, names, unnamed=somebody),
    )


@pages.show("/me/plan.pdf", person)
async def show_own(visit: PersonVisit) -> Response:
    """Return the plan to print, for a person of the circle."""
    plan, circle, me = await asyncio.gather(
        plan_read_by(visit), visit.ask_or(CIRCLE, Items[Member](items=[])), visit.ask(ME)
    )
    if plan is None or not plan.parts:
        return visit.go("/me/plan")
    names = {member.person_id: member.first_name for member in circle.items} | {me.person_id: me.first_name}
    own = visit.request.query_params.get("words") == "own"
    page = await _page(visit, plan, names, language=plan.language if own else visit.language)
    return await paper(
        visit, visit.profile, "plan_paper.html", page, name="plan", reader=visit.person.person_id
    )


@pages.show("/cases/{case_id}/plan.pdf", COORDINATOR)
async def show(visit: StaffVisit) -> Response:
    """Return the plan to print, for a coordinator."""
    case_id = case_of(visit)
    plan, people = await asyncio.gather(plan_of(visit, case_id), everyone(visit, case_id))
    if plan is None:
        return visit.go(f"/cases/{case_id}/plan")
    names = {each.person_id: each.first_name for each in people.values() if each.first_name}
    language = visit.request.query_params.get("words", plan.language)
    page = await _page(visit, plan, names, language=language)
    return await paper(visit, visit.profile, "plan_paper.html", page, name="plan", reader=visit.member.id)
