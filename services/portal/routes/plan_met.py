"""A circle met by itself, without a coordinator: somebody says on which day, and whether the plan changes."""

from datetime import date
from typing import Any, ClassVar, Literal

from starlette.responses import Response

from services.portal.client import Answer, Operation, ServiceRefused
from services.portal.forms import NotThere
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.routes.plan import may_change, plan_read_by
from services.portal.visits import Form, PageModel, Unacceptable, Visit
from services.portal.wording import mark as _

pages = Pages()

MET = Operation("plans", "POST", "/v1/plans/{plan_id}/own-meetings", Answer)


class MetForm(Form):
    """The day, and whether something changes."""

    WANTED: ClassVar = {
        "met_on": _("Zeg op welke dag."),
        "changed": _("Kies of er iets verandert."),
    }

    met_on: date
    changed: Literal["yes", "no"]


class MetPage(PageModel):
    """The question."""


async def met_as_sent(visit: Visit, plan_id: Any) -> bool:
    """Say that the circle met, as a form says; return whether the plan changes. Raises: Unacceptable."""
    form = visit.read(MetForm)
    body = {"met_on": form.met_on.isoformat(), "changed": form.changed == "yes"}
    try:
        await visit.ask(MET, body=body, plan_id=plan_id)
    except ServiceRefused as refused:
        if refused.code != "date-out-of-range":
            raise
        wrong = _("Kies een dag na het begin van het plan, ten laatste vandaag.")
        raise Unacceptable({"met_on": wrong}) from None
    return form.changed == "yes"


@pages.show("/me/plan/met", person)
async def ask(visit: PersonVisit) -> Response:
    """Ask on which day the circle met, and whether the plan changes."""
    plan = await plan_read_by(visit)
    if plan is None or not may_change(visit, plan):
        raise NotThere
    return visit.page("plan_met.html", MetPage())


@pages.send("/me/plan/met", person)
async def tell(visit: PersonVisit) -> Response:
    """Say that the circle met."""
    plan = await plan_read_by(visit)
    if plan is None:
        raise NotThere
    changes = await met_as_sent(visit, plan.plan_id)
    return visit.go(f"/me/thanks/{'met-changed' if changes else 'met'}")
