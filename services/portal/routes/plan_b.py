"""Invoking plan B, behind a link: things turned out differently, and the agreed alternative is needed now."""

from collections.abc import Mapping
from typing import ClassVar
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import NotThere, read_id, read_number
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.routes.plan import Plan, may_change, otherwise, plan_read_by
from services.portal.routes.plan_changes import names_known_to
from services.portal.visits import Form, PageModel, Visit
from services.portal.wording import mark as _
from shared.fields import Text

pages = Pages()

INVOKE = Operation("plans", "POST", "/v1/plans/{plan_id}/plan-b", Answer)


class PlanBForm(Form):
    """Which agreement it replaces, and why."""

    WANTED: ClassVar = {
        "instead_of": _("Laad de pagina opnieuw."),
        "reason": _("Zeg waarom het nu nodig is."),
    }

    instead_of: str | None = None
    reason: Text


class PlanBPage(PageModel):
    """One line of plan B, to be invoked."""

    when: str
    then: str
    who: str
    runs: bool
    plan_version: int
    promises: list[tuple[str, str]]


def asked_to_invoke(visit: Visit, plan: Plan | None, names: Mapping[UUID, str]) -> PlanBPage:
    """Return a form's request for the line in an address. Raises: NotThere."""
    number, somebody = read_number(visit.request.path_params["line"]), visit.say(_("iemand van de kring"))
    lines = otherwise(plan, names, unnamed=somebody) if plan else []
    found = next((each for each in lines if each.line == number), None)
    if plan is None or found is None:
        raise NotThere
    nothing = [("", visit.say(_("geen: alles blijft gelden")))]
    return PlanBPage(
        when=found.when,
        then=found.then,
        who=found.who,
        runs=found.runs,
        plan_version=plan.version,
        promises=nothing
        + [(str(each.agreement_id), each.what) for each in plan.agreements if each.state == "open"],
    )


async def invoke_as_sent(visit: Visit, plan: Plan | None) -> None:
    """Invoke the line in an address, as a form says. Raises: NotThere, Unacceptable."""
    form = visit.read(PlanBForm)
    if plan is None:
        raise NotThere
    body = {
        "version": visit.version,
        "line": read_number(visit.request.path_params["line"]),
        "instead_of": read_id(form.instead_of) if form.instead_of else None,
        "reason": form.reason,
    }
    await visit.ask(INVOKE, body=body, plan_id=plan.plan_id)


@pages.show("/me/plan-b/{line}", person)
async def ask(visit: PersonVisit) -> Response:
    """Ask why plan B is needed, and which agreement it replaces."""
    plan = await plan_read_by(visit)
    if plan is not None and not may_change(visit, plan):
        raise NotThere
    return visit.page("plan_b.html", asked_to_invoke(visit, plan, await names_known_to(visit)))


@pages.send("/me/plan-b/{line}", person)
async def invoke(visit: PersonVisit) -> Response:
    """Invoke it."""
    await invoke_as_sent(visit, await plan_read_by(visit))
    return visit.go("/me/thanks/plan-b")
