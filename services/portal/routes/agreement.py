"""How it goes with what was promised: a tap in an email opens this page with the answer chosen, and answers nothing."""

from typing import ClassVar, Literal
from uuid import UUID

from starlette.responses import Response

from services.portal.client import Answer, Operation
from services.portal.forms import read_id
from services.portal.pages import Pages
from services.portal.people import PersonVisit, person
from services.portal.routes.plan import DONE, plan_read_by
from services.portal.visits import Form, PageModel
from services.portal.wording import mark as _

pages = Pages()

NOTE_PROGRESS = Operation("plans", "POST", "/v1/agreements/{agreement_id}/progress", Answer)
ANSWERS = {
    "done": _("Het is gelukt"),
    "nearly": _("Het is bijna gelukt"),
    "not-yet": _("Nog niet"),
    "changed": _("Het is anders gelopen"),
    "help": _("Ik heb hulp nodig"),
}


class Promised(PageModel):
    """What was promised, and by when."""

    id: UUID
    what: str
    due: str


class AgreementPage(PageModel):
    """The promises about which the reader can say how it goes, what is due first, first."""

    promises: list[Promised]
    answers: list[tuple[str, str, None]]
    chosen: str | None


@pages.show("/me/agreement", person)
async def show(visit: PersonVisit) -> Response:
    """Ask how it goes; the answer that was tapped is chosen."""
    plan = await plan_read_by(visit)
    me, dates = visit.person.person_id, await visit.dates()
    promises = [
        Promised(id=each.agreement_id, what=each.what, due=dates.day(each.due_on))
        for each in sorted(plan.agreements if plan else [], key=lambda each: each.due_on)
        if each.state == "open" and plan and me in (*each.who_person_ids, plan.monitor_person_id)
    ]
    chosen = visit.request.query_params.get("answer")
    model = AgreementPage(
        promises=promises,
        answers=[(code, visit.say(label), None) for code, label in ANSWERS.items()],
        chosen=chosen if chosen in ANSWERS else None,
    )
    return visit.page("agreement.html", model)


class AgreementForm(Form):
    """Which promise, and how it goes."""

    WANTED: ClassVar = {"agreement": _("Kies waarover het gaat."), "answer": _("Kies hoe het gaat.")}

    agreement: str
    answer: Literal["done", "nearly", "not-yet", "changed", "help"]


@pages.send("/me/agreement", person)
async def answer(visit: PersonVisit) -> Response:
    """Keep how it goes."""
    form = visit.read(AgreementForm)
    agreement_id = read_id(form.agreement)
    if form.answer == "done":
        await visit.ask(DONE, agreement_id=agreement_id)
    else:
        await visit.ask(NOTE_PROGRESS, body={"progress": form.answer}, agreement_id=agreement_id)
    return visit.go(f"/me/thanks/{form.answer}")
